"""Try cases in several lanes at once."""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TypeVar

from keras3_lab.atlas.compare import parts, within
from keras3_lab.atlas.jobs import Catalogue, Listed, Observe, Symbol, Versions
from keras3_lab.atlas.known import explained
from keras3_lab.atlas.outcome import ASPECTS, Outcome, Raised
from keras3_lab.errors import UsageError, unknown
from keras3_lab.parity.jobs import Job
from keras3_lab.parity.lanes import Lane, ShowProgress, show_nothing
from keras3_lab.parity.process import LaneError, LaneProcess, SkippedLane

T = TypeVar("T")

BATCH = 25
"""Cases asked of a process at once: one that ends it is then looked for among these."""

LIFE = 150
"""Batches that a process is asked for: what a backend compiled for them it never lets go of."""

WORKER, QUICK = "keras3_lab.atlas.worker", "keras3_lab.atlas.quick_worker"


@dataclass
class Swept:
    """What came of a sweep.

    Args:
        symbols: The symbols of the installed Keras.
        listed: All cases there are.
        dtypes: The float dtypes asked for.
        outcomes: By lane, those that were tried.
        versions: By lane.
        skipped: Lanes that could not run, and why.
    """

    symbols: list[Symbol]
    listed: list[Listed]
    dtypes: list[str]
    outcomes: dict[str, list[Outcome]] = field(default_factory=dict)
    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def sweep(
    lanes: Sequence[Lane],
    wanted: Sequence[str] = (),
    kinds: Sequence[str] = (),
    dtypes: Sequence[str] = ("float32",),
    show: ShowProgress = show_nothing,
) -> Swept:
    """Try cases in all lanes, on all cores.

    First with programs that XLA compiles sooner. Where numbers part for no known reason, the case
    is tried once more as Keras runs it, and in float64 as well, which says who is right.

    Args:
        lanes: Where, those to compare first. Those that cannot run here are skipped.
        wanted: Symbols, or cases, by name; all, if none.
        kinds: Kinds such as `"ops"`; all, if none.
        dtypes: Float dtypes.
        show: Called with the progress of each lane.

    Raises:
        UsageError: If a name or kind is not known, or no lane can run here.
    """
    team = _Team(lanes, show, QUICK)
    try:
        if not team.lanes:
            raise UsageError(f"no lane can run here: {'; '.join(team.skipped)}")
        symbols, listed = team.do(team.lanes[0], Catalogue())
        swept = Swept(symbols, listed, list(dtypes), skipped=team.skipped)
        swept.versions = {str(lane): team.do(lane, Versions()) for lane in team.lanes}
        chosen = _chosen(swept.listed, wanted, kinds)
        swept.outcomes = team.observe(
            [(one.name, dtype) for one in chosen for dtype in one.dtypes if dtype in dtypes]
        )
    finally:
        team.stop()
    if doubtful := _doubtful(swept):
        again = [
            (one.name, dtype)
            for one in chosen
            for dtype in one.dtypes
            if one.name in doubtful and dtype in (*dtypes, "float64")
        ]
        team = _Team(team.lanes, show, WORKER)
        try:
            observed = team.observe(again)
        finally:
            team.stop()
        for lane, outcomes in observed.items():
            kept = [one for one in swept.outcomes[lane] if one.case not in doubtful]
            swept.outcomes[lane] = kept + outcomes
    return swept


def _doubtful(swept: Swept) -> set[str]:
    """Return the cases whose numbers part for no known reason: lanes, or compiled from eager."""
    if len(swept.outcomes) < 2:
        return set()
    found = parts(swept.outcomes)
    for lane in list(swept.outcomes)[:2]:
        found += within(swept.outcomes[lane], lane)
    return {part.case for part in explained(found)[1] if part.kind in ("value", "nan")}


def _chosen(listed: list[Listed], wanted: Sequence[str], kinds: Sequence[str]) -> list[Listed]:
    known = {case.kind for case in listed}
    for kind in kinds:
        if kind not in known:
            raise unknown("kind", kind, known)
    for name in wanted:
        if not any(name in case.names for case in listed):
            raise unknown("symbol or case", name, [n for case in listed for n in case.names])
    return [
        case
        for case in listed
        if (not kinds or case.kind in kinds)
        and (not wanted or any(name in case.names for name in wanted))
    ]


class _Team:
    """Processes of some lanes; one more of a lane is started where a core has nothing to do."""

    def __init__(self, lanes: Sequence[Lane], show: ShowProgress, worker: str) -> None:
        self._show, self._lock, self._worker = show, threading.Lock(), worker
        self._batches: dict[LaneProcess, int] = {}
        self._idle: dict[Lane, list[LaneProcess]] = {}
        self.skipped: list[str] = []
        for lane in lanes:
            try:
                self._idle[lane] = [self._start(lane)]
            except SkippedLane as reason:
                self.skipped.append(str(reason))
        for lane, (process,) in list(self._idle.items()):
            try:
                process.wait()
            except SkippedLane as reason:
                self.skipped.append(str(reason))
                del self._idle[lane]

    @property
    def lanes(self) -> list[Lane]:
        """Those that run here."""
        return list(self._idle)

    def do(self, lane: Lane, job: Job[T]) -> T:
        """Have an idle process of a lane do a job."""
        return self._idle[lane][0].do(job)

    def stop(self) -> None:
        """End all processes."""
        for process in self._batches:
            process.stop()

    def observe(self, pairs: Sequence[tuple[str, str]]) -> dict[str, list[Outcome]]:
        """Try cases in every lane."""
        batches = [tuple(pairs[at : at + BATCH]) for at in range(0, len(pairs), BATCH)]
        left = {lane: deque(enumerate(batches)) for lane in self.lanes}
        made: dict[Lane, dict[int, list[Outcome]]] = {lane: {} for lane in self.lanes}

        def work() -> None:
            while True:
                with self._lock:
                    # A lane that waits is served before one is given a second process.
                    open_ = [lane for lane in left if left[lane]]
                    if not open_:
                        return
                    lane = max(open_, key=lambda one: (bool(self._idle[one]), len(left[one])))
                    number, batch = left[lane].popleft()
                    process = self._idle[lane].pop() if self._idle[lane] else self._start(lane)
                made[lane][number] = _observe(process, batch)
                with self._lock:
                    self._batches[process] += 1
                    if self._batches[process] < LIFE:
                        self._idle[lane].append(process)
                    else:
                        process.stop()
                        del self._batches[process]
                    done = sum(map(len, made[lane].values()))
                    self._show(str(lane), "tried", done, len(pairs))

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            for future in [threads.submit(work) for _ in range(os.cpu_count() or 1)]:
                future.result()
        return {
            str(lane): [one for n in sorted(made[lane]) for one in made[lane][n]]
            for lane in self.lanes
        }

    def _start(self, lane: Lane) -> LaneProcess:
        process = LaneProcess(lane, worker=self._worker)
        self._batches[process] = 0
        return process


def _observe(process: LaneProcess, batch: tuple[tuple[str, str], ...]) -> list[Outcome]:
    try:
        return process.do(Observe(batch))
    except LaneError:  # one of them ends the process
        return [_alone(process, pair) for pair in batch]


def _alone(process: LaneProcess, pair: tuple[str, str]) -> Outcome:
    try:
        return process.do(Observe((pair,)))[0]
    except LaneError as error:
        raised = Raised("ProcessEnded", error.failure.message)
        return Outcome(*pair, dict.fromkeys(ASPECTS, raised))
