"""One parity run: record in every lane, switch artifacts, compare, blame."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from keras3_lab.errors import UsageError
from keras3_lab.parity import blame, trace
from keras3_lab.parity.checks import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    UNJUDGED,
    Check,
)
from keras3_lab.parity.gates import compare
from keras3_lab.parity.lanes import Lane, LaneProcess, Show, Skipped
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.rounding import OVER_SEEDS
from keras3_lab.parity.trace import Trace


@dataclass
class Outcome:
    """What came out for one problem.

    Args:
        subject: Recipe or `MODULE:FUNCTION`, as the worker takes it.
        traces: One per lane.
        checks: All comparisons.
        blames: Where the first difference arises, one per pair of lanes that differ.
        seconds: How long it took.
    """

    subject: dict[str, Any]
    traces: list[Trace]
    checks: list[Check]
    blames: list[blame.Blame] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def title(self) -> str:
        """Name and variant."""
        name = str(self.subject["name"])
        if ":" in name:
            return name
        arm = f": {self.subject['arm']}" if self.subject["arm"] else ""
        options = "".join(f", {k} {v}" for k, v in self.subject.get("options", {}).items())
        return f"{name}{arm} ({self.subject['variant']}{options})"


class Session:
    """The lanes of a parity run, kept alive from one problem to the next.

    Args:
        lanes: Which lanes. Those that cannot run here are skipped, and named in `skipped`.
        show: Told about progress.

    Raises:
        UsageError: If fewer than two of them can run.
    """

    def __init__(self, lanes: Sequence[Lane], show: Show) -> None:
        self.processes: list[LaneProcess] = []
        self.skipped: list[str] = []
        for lane in sorted(lanes, key=lambda lane: not lane.trains):  # the first is the yardstick
            try:
                self.processes.append(LaneProcess(lane, show))
            except Skipped as reason:
                self.skipped.append(str(reason))

    def require(self, count: int) -> None:
        """Refuse to go on with too few lanes.

        Raises:
            UsageError: If fewer lanes than `count` can train here.
        """
        training = [p for p in self.processes if p.lane.trains]
        if len(training) < count:
            there = ", ".join(str(p.lane) for p in training) or "none"
            raise UsageError(
                f"parity needs {count} lanes that can train; here: {there}. "
                + " ".join(f"{reason}." for reason in self.skipped)
                + " Or record in two environments, `parity record`, and compare: `parity compare`."
            )

    def close(self) -> None:
        """End all lanes."""
        for process in self.processes:
            process.stop()

    def run(self, subject: dict[str, Any], plan: Plan, folder: Path | None = None) -> Outcome:
        """Check one problem at every gate.

        Args:
            subject: The fields of a `keras3_lab.parity.problem.Subject`.
            plan: How much to run.
            folder: Where to keep the traces. Defaults to nowhere.
        """
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as scratch:
            place = folder or Path(scratch)
            files = {str(p.lane): place / f"{p.lane.file_name}.npz" for p in self.processes}

            def record(process: LaneProcess) -> Trace:
                own = plan if process is self.processes[0] else _without_ulps(plan)
                file = files[str(process.lane)]
                process.do("record", subject=subject, plan=own.to_json(), out=str(file))
                return trace.load(file)

            traces = self._everywhere(record)
            dtype = plan.dtypes[0]
            sources = [t for t in traces if dtype in t.artifacts]

            def resume(process: LaneProcess) -> list[Trace]:
                made = []
                for number, source in enumerate(sources):
                    out = Path(scratch) / f"{process.lane.file_name}-{number}"
                    process.do(
                        "resume", subject=subject, plan=plan.to_json(), dtype=dtype,
                        source=str(files[source.lane]), out=str(out),
                    )  # fmt: skip
                    made.append(trace.load(out))
                return made

            for own, resumed in zip(traces, self._everywhere(resume), strict=True):
                adopt(own, resumed)
            checks = compare_beside_rounding(self.processes[0], subject, plan, traces)
        outcome = Outcome(subject, traces, checks)
        outcome.blames = self._blame(outcome, plan)
        outcome.seconds = time.perf_counter() - started
        return outcome

    def _everywhere(self, job: Callable[[LaneProcess], Any]) -> list[Any]:
        with ThreadPoolExecutor(len(self.processes)) as pool:
            return list(pool.map(job, self.processes))

    def _blame(self, outcome: Outcome, plan: Plan) -> list[blame.Blame]:
        found = []
        by_lane = {str(p.lane): p for p in self.processes if p.lane.trains}
        schedules = {t.lane: t.header["schedule"] for t in outcome.traces if t.lane in by_lane}
        first = outcome.traces[0].lane
        for other in list(by_lane)[1:]:
            lanes = (first, other)
            where = blamed_step(outcome.checks, lanes, schedules[first]["steps"])
            if where is None or where[0] not in plan.dtypes:
                continue
            dtype, step = where
            replays = [by_lane[lane].replay(outcome.subject, plan, dtype) for lane in lanes]
            tolerance = FLOAT64_TOLERANCE if dtype == "float64" else 10 * FLOAT32_TOLERANCE
            culprit = blame.find(replays[0], replays[1], step, tolerance, lanes)
            for lane in lanes:
                by_lane[lane].do("close")
            if culprit is not None:
                found.append(culprit)
        return found


def compare_all(traces: list[Trace]) -> list[Check]:
    """Compare the first lane with each other one."""
    return list(dict.fromkeys(c for a, b in trace.pairs(traces) for c in compare(a, b)))


def compare_beside_rounding(
    process: LaneProcess, subject: dict[str, Any], plan: Plan, traces: list[Trace]
) -> list[Check]:
    """Compare the first lane with each other one, and with itself where rounding may part them.

    Args:
        process: The first lane: runs once more, from weights moved by one ulp, where lanes differ
            in float64 that were together at first.
        subject: What was run.
        plan: How much of it.
        traces: One per lane, the first lane's first; the new runs are added to it.
    """
    checks = compare_all(traces)
    differing = [c for c in checks if c.verdict == DIFFER and c.gate in ("G1", "G3")]
    together_at_first = all(check.step != 0 for check in differing)
    can_tell = process.lane.trains and plan.dtypes[0] == "float64"
    if can_tell and differing and together_at_first:
        with tempfile.TemporaryDirectory() as folder:
            own, out = Path(folder) / "own.npz", Path(folder) / "moved.npz"
            trace.save(traces[0], own)
            process.do("perturb", subject=subject, plan=plan.to_json(), own=str(own), out=str(out))
            adopt(traces[0], [trace.load(out)])
        checks = compare_all(traces)
    return checks


def adopt(own: Trace, resumed: list[Trace]) -> None:
    """Add the runs that a lane resumed to its trace."""
    for other in resumed:
        own.runs |= other.runs
        own.header.setdefault("failed", {}).update(other.header.get("failed", {}))


def merge(traces: list[Trace]) -> list[Trace]:
    """Put the traces of each lane together: what it recorded and what it resumed.

    Args:
        traces: Traces of one problem, in any order.

    Returns:
        One trace per lane, in the order of their recordings.

    Raises:
        UsageError: If they are not of one problem, or fewer than two lanes.
    """
    recorded = [t for t in traces if t.header.get("plan")]
    subjects = {(t.header["subject"], t.header["variant"]) for t in recorded}
    lanes = [t.lane for t in recorded]
    if len(subjects) > 1:
        raise UsageError(
            f"traces of different problems: {', '.join(' '.join(s) for s in subjects)}"
        )
    if len(recorded) < 2 or len(set(lanes)) < len(lanes):
        raise UsageError(
            "compare needs recordings of two lanes or more, each once; "
            f"received: {', '.join(lanes)}"
        )
    for trace_ in recorded:
        adopt(trace_, [t for t in traces if t.lane == trace_.lane and t is not trace_])
    return recorded


def blamed_step(checks: list[Check], lanes: tuple[str, str], steps: int) -> tuple[str, int] | None:
    """Return the dtype to replay in, and a step by which two lanes have parted.

    Args:
        checks: All comparisons.
        lanes: The two lanes.
        steps: Steps of the run: where only its end differs, it is the last.
    """
    # Too few seeds are no difference that could be looked for.
    own = [
        c
        for c in checks
        if c.lanes == lanes
        and c.verdict != AGREE
        and not (c.verdict == UNJUDGED and c.what.endswith(OVER_SEEDS))
    ]
    if not own or all(c.gate == "G3" for c in own):
        return None
    exact = any(c.gate == "G1" or (c.gate == "G0" and c.what.endswith("float64")) for c in own)
    dtype, gate = ("float64", "G1") if exact else ("float32", "G2")
    known = [c.step for c in own if c.step is not None and c.gate == gate]
    return dtype, min([*known, steps - 1])


def _without_ulps(plan: Plan) -> Plan:
    return Plan.from_json({**plan.to_json(), "ulps": 0})
