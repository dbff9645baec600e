"""Try cases in several lanes at once."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from keras3_lab.atlas.jobs import Catalogue, Listed, Observe, Symbol, Versions
from keras3_lab.atlas.outcome import Outcome, Raised
from keras3_lab.parity.lanes import Lane, ShowProgress, show_nothing
from keras3_lab.parity.process import LaneError, LaneProcess, SkippedLane

BATCH = 25
"""Cases asked of a process at once: one that ends it is then looked for among these."""

WORKER = "keras3_lab.atlas.worker"


@dataclass
class Swept:
    """What came of a sweep.

    Args:
        symbols: The symbols of the installed Keras.
        listed: All cases there are.
        outcomes: By lane, those that were tried.
        versions: By lane.
        skipped: Lanes that could not run, and why.
    """

    symbols: list[Symbol]
    listed: list[Listed]
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
    """Try cases in all lanes.

    Args:
        lanes: Where. Those that cannot run here are skipped.
        wanted: Symbols or cases, by name or beginning of it; all, if none.
        kinds: Kinds such as `"ops"`; all, if none.
        dtypes: Float dtypes. Float64 is tried as well: it says which side is right.
        show: Called with the progress of each lane.
    """
    started, skipped = [], []
    for lane in lanes:
        try:
            started.append(LaneProcess(lane, show, WORKER))
        except SkippedLane as reason:
            skipped.append(str(reason))
    processes = []
    for process in started:
        try:
            process.wait()
            processes.append(process)
        except SkippedLane as reason:
            skipped.append(str(reason))
    try:
        swept = Swept(*processes[0].do(Catalogue()), skipped=skipped)
        swept.versions = {str(p.lane): p.do(Versions()) for p in processes}
        pairs = [
            (case.name, dtype)
            for case in swept.listed
            if _is_wanted(case, wanted, kinds)
            for dtype in case.dtypes
            if dtype in (*dtypes, "float64")
        ]
        with ThreadPoolExecutor(len(processes)) as threads:
            every = threads.map(lambda process: _observe(process, pairs, show), processes)
            swept.outcomes = {str(p.lane): o for p, o in zip(processes, every, strict=True)}
    finally:
        for process in processes:
            process.stop()
    return swept


def _is_wanted(case: Listed, wanted: Sequence[str], kinds: Sequence[str]) -> bool:
    if kinds and case.symbol.partition(".")[0] not in kinds:
        return False
    names = (case.name, case.symbol, case.symbol.rpartition(".")[2])
    return not wanted or any(one in names for one in wanted)


def _observe(
    process: LaneProcess, pairs: Sequence[tuple[str, str]], show: ShowProgress
) -> list[Outcome]:
    outcomes: list[Outcome] = []
    for at in range(0, len(pairs), BATCH):
        batch = tuple(pairs[at : at + BATCH])
        try:
            outcomes += process.do(Observe(batch))
        except LaneError:  # one of them ends the process
            outcomes += [_alone(process, pair) for pair in batch]
        show(str(process.lane), "cases", min(at + BATCH, len(pairs)), len(pairs))
    return outcomes


def _alone(process: LaneProcess, pair: tuple[str, str]) -> Outcome:
    try:
        return process.do(Observe((pair,)))[0]
    except LaneError as error:
        raised = Raised("ProcessEnded", error.failure.message)
        aspects = ("eager", "inference", "training", "gradient", "state", "compiled", "result")
        return Outcome(*pair, dict.fromkeys(aspects, raised))
