"""One parity run: record in every lane, resume what the others saved, compare, blame."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Self, TypeVar

from keras3_lab.errors import UsageError
from keras3_lab.files import write_text
from keras3_lab.parity import trace
from keras3_lab.parity.compare import blame
from keras3_lab.parity.compare.checks import DIFFER, Check
from keras3_lab.parity.compare.gates import compare_all
from keras3_lab.parity.compare.verdict import Result
from keras3_lab.parity.header import Header
from keras3_lab.parity.jobs import ListSources, Perturb, Record, Resume
from keras3_lab.parity.lanes import Lane, ShowProgress, show_nothing
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.process import LaneError, LaneProcess, SkippedLane
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace

T = TypeVar("T")


class TooFewLanes(UsageError):  # noqa: N818  # an environment without a backend is no error of its own
    """Fewer lanes can train here than a comparison needs."""


class Session:
    """The lanes of a parity run, kept alive from one subject to the next.

    Args:
        lanes: Which lanes. Those that cannot run here are skipped, and named in `skipped`.
        show: Called with the progress of each lane's runs.

    Raises:
        TooFewLanes: If there is nothing to compare.
    """

    def __init__(self, lanes: Sequence[Lane], show: ShowProgress = show_nothing) -> None:
        self.processes: list[LaneProcess] = []
        self.skipped = [reason for lane in lanes if (reason := lane.why_not_here())]
        here = [lane for lane in lanes if not lane.why_not_here()]
        self._require_enough(here)  # before they are started
        # The first is the yardstick.
        started = [LaneProcess(lane, show) for lane in sorted(here, key=lambda one: not one.trains)]
        for process in started:
            try:
                process.wait()
            except SkippedLane as reason:
                self.skipped.append(str(reason))
            else:
                self.processes.append(process)
        try:
            self._require_enough([process.lane for process in self.processes])
        except TooFewLanes:
            self.close()
            raise

    def _require_enough(self, lanes: Sequence[Lane]) -> None:
        """Two lanes that train, or one and others that make forward passes."""
        training = [str(lane) for lane in lanes if lane.trains]
        count = 2 if len(training) == len(lanes) else 1
        if len(training) < count:
            raise TooFewLanes(
                f"parity needs {count} lanes that can train; here: "
                f"{', '.join(training) or 'none'}. "
                + " ".join(f"{reason}." for reason in self.skipped)
                + " Or record in two environments, `parity record`, and compare: `parity compare`."
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def sources(self) -> list[Path]:
        """Return the files of all modules that a lane has imported, those of packages left out."""
        return sorted({Path(f) for process in self.processes for f in process.do(ListSources())})

    def close(self) -> None:
        """End all lanes."""
        for process in self.processes:
            process.stop()

    def run(self, subject: Subject, plan: Plan, folder: Path | None = None) -> Result:
        """Check one subject at every gate.

        Args:
            subject: What to check.
            plan: How much to run.
            folder: Where to keep the traces. Defaults to nowhere.

        Returns:
            The traces, all comparisons, and what is to blame for a difference.
        """
        started = time.perf_counter()
        first = self.processes[0]

        early: dict[tuple[LaneProcess, str, str], Trace] = {}

        def record(process: LaneProcess) -> Trace:
            # The first lane alone is the yardstick of rounding.
            own = plan if process is first else replace(plan, ulps=0)
            try:
                made = process.do(Record(subject, own))
            except LaneError as error:
                failures = dict.fromkeys(plan.dtypes, error.failure)
                made = Trace(Header(str(process.lane), subject, plan=own, failures=failures))
            if folder is not None:
                _keep(made, folder / process.lane.file_name)
            # It goes on from its own model while other lanes still record.
            for dtype in list(made.artifacts)[:1]:
                job = Resume(subject, plan, made, dtype)
                early[process, made.lane, dtype] = _resume(process, job)
            return made

        traces = self._everywhere(record)
        recorded = [dtype for dtype in plan.dtypes if all(t.main(dtype) for t in traces)]
        dtype = next(iter(recorded), plan.dtypes[0])
        sources = [made for made in traces if dtype in made.artifacts]

        def resume(process: LaneProcess) -> list[Trace]:
            return [
                early.get((process, source.lane, dtype))
                or _resume(process, Resume(subject, plan, source, dtype))
                for source in sources
            ]

        for own, resumed in zip(traces, self._everywhere(resume), strict=True):
            for more in resumed:
                own.adopt(more)
        checks = compare_beside_rounding(first, subject, plan, traces)
        blames = self._blame(subject, plan, traces, checks)
        return Result(traces, checks, blames, time.perf_counter() - started)

    def _everywhere(self, job: Callable[[LaneProcess], T]) -> list[T]:
        with ThreadPoolExecutor(len(self.processes)) as pool:
            return list(pool.map(job, self.processes))

    def _blame(
        self, subject: Subject, plan: Plan, traces: list[Trace], checks: list[Check]
    ) -> list[blame.Blame]:
        found: list[blame.Blame] = []
        lanes = [process for process in self.processes if process.lane.trains]
        length = traces[0].header.length
        if length is None:
            return found
        for other in lanes[1:]:
            names = (str(lanes[0].lane), str(other.lane))
            where = blame.step_to_search(checks, names, length.steps)
            if where is None:
                continue
            with contextlib.suppress(LaneError):  # that they differ is known; where, is not
                ours, theirs = (p.replay(subject, plan, where.dtype) for p in (lanes[0], other))
                culprit = blame.find(ours, theirs, where.step, where.tolerance, names)
                ours.close()
                theirs.close()
                if culprit is not None:
                    found.append(culprit)
        return found


def _keep(made: Trace, path: Path) -> None:
    trace.save(made, path.with_suffix(".npz"))
    for dtype, failure in made.header.failures.items():
        write_text(path.with_name(f"{path.name}-{dtype}-traceback.txt"), failure.traceback)


def _resume(process: LaneProcess, job: Resume) -> Trace:
    try:
        return process.do(job)
    except LaneError as error:
        failed = {job.source.lane: error.failure.message}
        return Trace(Header(str(process.lane), job.subject, failed=failed))


def compare_beside_rounding(
    process: LaneProcess, subject: Subject, plan: Plan, traces: list[Trace]
) -> list[Check]:
    """Compare the first lane with each other one, and with itself where rounding may part them.

    Args:
        process: The first lane: runs once more, from weights moved by one ulp, where lanes differ
            in float64 that were together at first.
        subject: What was run.
        plan: How much of it.
        traces: One per lane, the first lane's first; the new runs are added to it.

    Returns:
        All comparisons.
    """
    checks = compare_all(traces)
    differing = [c for c in checks if c.verdict == DIFFER and c.gate in ("G1", "G3")]
    together_at_first = all(check.step != 0 for check in differing)
    can_tell = process.lane.trains and plan.dtypes[0] == "float64"
    if can_tell and differing and together_at_first:
        with contextlib.suppress(LaneError):  # then there is no yardstick
            traces[0].adopt(process.do(Perturb(subject, plan, traces[0])))
            checks = compare_all(traces)
    return checks
