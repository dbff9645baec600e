"""Make a model that differs between two lanes as small as it gets."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.process import LaneError, LaneProcess, SkippedLane
from keras3_lab.parity.shrink import steps
from keras3_lab.parity.shrink.candidate import Candidate
from keras3_lab.parity.shrink.jobs import TakeApart, Tried, Try
from keras3_lab.parity.shrink.judge import Difference, first_difference, gradients_are_rounding
from keras3_lab.parity.shrink.program import cost
from keras3_lab.parity.shrink.running import print_otherwise, run_program
from keras3_lab.parity.shrink.showing import fitted_candidate, weight_order, written
from keras3_lab.parity.subject import Subject

WORKER = "keras3_lab.parity.shrink.worker"
STEPS = 8
MOST_LINES = 15
"""Lines of a program that people read."""
MODES = (("float64", True), ("float64", False), ("float32", True), ("float32", False))
"""In what a difference is looked for: dtype, and whether operation by operation."""


Show = Callable[[str], None]
Run = Callable[[str, Lane], str]


@dataclass(frozen=True)
class Shrunk:
    """The smallest model that still differs.

    Args:
        program: The program that shows it.
        said: What the program prints, by lane.
        difference: In what the lanes differ.
        candidate: It, as it can be made smaller or trained once more.
        tried: How many models were tried.
        seconds: How long it took.
    """

    program: str
    said: dict[str, str]
    difference: Difference
    candidate: Candidate
    tried: int
    seconds: float

    @property
    def lines(self) -> int:
        """Number of lines of the program, blank ones included."""
        return len(self.program.splitlines())


@dataclass
class _Best:
    candidate: Candidate
    difference: Difference
    results: tuple[Tried, Tried]
    cost: float


class Shrinker:
    """Two lanes, kept alive, in which models are made smaller.

    Args:
        lanes: Two lanes that train.
        show: Called with how far it is, in a few words.
        run: Runs a program in a lane, and returns what it says.

    Raises:
        UsageError: If there are not two such lanes here.
    """

    def __init__(
        self, lanes: Sequence[Lane], show: Show = lambda text: None, run: Run | None = None
    ) -> None:
        if len(lanes) != 2 or not all(lane.trains and lane.count == 1 for lane in lanes):
            raise UsageError(
                "shrink needs two lanes that train, each of one device, such as "
                "--lanes jax:cpu,tensorflow:cpu; "
                f"received: {', '.join(map(str, lanes)) or 'none'}"
            )
        self.processes: list[LaneProcess] = []
        self._show, self._run, self._tried = show, run or run_program, 0
        try:
            self.processes += [LaneProcess(lane, worker=WORKER) for lane in lanes]
            for process in self.processes:
                process.wait()
        except SkippedLane as reason:
            self.close()
            raise UsageError(f"shrink needs both lanes: {reason}") from reason
        self._pool = ThreadPoolExecutor(2)

    def __enter__(self) -> Shrinker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End both lanes."""
        for process in self.processes:
            process.stop()

    def take_apart(self, subject: Subject, steps: int = STEPS, seed: int = 42) -> Candidate:
        """Return a subject as a candidate.

        Raises:
            UsageError: If it cannot be made, has a class that is not Keras's own, or other data in
                one lane than in the other.
        """
        job = TakeApart(subject, steps, seed)

        def one(process: LaneProcess) -> Candidate | UsageError:
            try:
                return process.do(job)
            except UsageError as error:
                return error
            except LaneError as error:
                return UsageError(f"{subject.name}: {error.failure.message}")

        made = list(self._pool.map(one, self.processes))
        candidates = [each for each in made if isinstance(each, Candidate)]
        if not candidates:  # where one lane alone refuses it, that is a difference
            raise next(each for each in made if isinstance(each, UsageError))
        first, last = candidates[0], candidates[-1]
        for ours, theirs in zip((*first.x, *first.y), (*last.x, *last.y), strict=True):
            if not np.array_equal(ours.values, theirs.values, equal_nan=True):
                raise UsageError(
                    f"{subject.name} returns other data in one lane than in the other; draw them "
                    "with NumPy from a fixed seed"
                )
        return first

    def attempt(
        self, candidate: Candidate, *, values: bool = False, brief: bool = False, until: str = ""
    ) -> tuple[Tried, Tried]:
        """Train a candidate in both lanes; see `Try`."""

        def one(process: LaneProcess) -> Tried:
            try:
                return process.do(Try(candidate, values, brief, until))
            except LaneError as error:
                return Tried(candidate, stage="process", error=error.failure.message)

        self._tried += 1
        first, second = self._pool.map(one, self.processes)
        return first, second

    def is_rounding(self, difference: Difference, results: tuple[Tried, Tried]) -> bool:
        """Whether the first lane differs as much from itself, by weights moved by one ulp.

        A gradient that is 0 but for rounding becomes a step of full size where an optimizer divides
        it by itself, or takes its sign.
        """
        if difference.kind not in ("optimizer slot", "weight", "state"):
            return False
        if gradients_are_rounding(*results):
            return True
        try:
            moved = self.processes[0].do(Try(results[0].candidate.moved()))
        except LaneError:
            return False
        alone = first_difference(results[0], moved)
        return alone is not None and alone.relative >= difference.relative / 10

    def shrink(self, candidate: Candidate) -> Shrunk | None:
        """Make a candidate smaller, as long as it differs in the same kind.

        Args:
            candidate: What.

        Returns:
            The smallest that was found; nothing if the lanes agree on the first.
        """
        started, self._tried = time.perf_counter(), 0
        best = self._first(candidate)
        if best is None:
            return None
        history = [best]
        while True:
            before = best.cost
            for step in self._steps():
                best = self._exhaust(best, step, history)
            if best.cost >= before:
                break
        text, said = self._confirmed(history)
        seconds = time.perf_counter() - started
        return Shrunk(text, said, best.difference, best.candidate, self._tried, seconds)

    def _first(self, candidate: Candidate) -> _Best | None:
        for dtype, eager in MODES:
            tried = replace(candidate, dtype=dtype, eager=eager)
            results = self.attempt(tried)
            found = first_difference(*results)
            if found is not None and not self.is_rounding(found, results):
                fitted = fitted_candidate(results)
                return _Best(fitted, found, results, cost(fitted, weight_order(results)))
            if all(result.error for result in results):
                raise UsageError(f"it cannot be trained: {results[0].error}")
        return None

    def _steps(self) -> Iterator[steps.Step]:
        yield from steps.STRUCTURE
        yield lambda candidate: steps.cut_off(candidate, self._values)
        yield from steps.DETAILS

    def _values(self, candidate: Candidate) -> dict[int, np.ndarray]:
        first, _ = self.attempt(candidate, values=True)
        return {int(item.name): item.value for item in first.items if item.kind == "node"}

    def _exhaust(self, best: _Best, step: steps.Step, history: list[_Best]) -> _Best:
        """Take a kind of step as often as it helps."""
        refused: set[str] = set()
        while True:
            for smaller in step(best.candidate):
                key = repr(smaller)
                if key in refused:
                    continue
                refused.add(key)
                if (found := self._accepted(smaller, history[0], best)) is not None:
                    best = found
                    history.append(best)
                    break
            else:
                return best

    def _accepted(self, smaller: Candidate, first: _Best, best: _Best) -> _Best | None:
        until = first.difference.kind
        if until == "error" and first.difference.name != "train":
            until = "prediction"
        results = self.attempt(smaller, until=until)
        layers = len(best.candidate.layers)
        self._show(f"{self._tried} models tried, {layers} layers left")
        found = first_difference(*results)
        if found is None or not found.is_like(first.difference):
            return None
        fitted = fitted_candidate(results)
        price = cost(fitted, weight_order(results))
        if price >= best.cost or self.is_rounding(found, results):
            return None
        return _Best(fitted, found, results, price)

    def _confirmed(self, history: list[_Best]) -> tuple[str, dict[str, str]]:
        """Return the program of the smallest candidate that differs as a program, too."""
        # The last one nearly always does; a half and the whole model are tried where it does not.
        for best in (history[-1], history[len(history) // 2], history[0]):
            for dtype in dict.fromkeys(("float32", best.candidate.dtype)):
                text = written(replace(best.candidate, dtype=dtype), best.results, best.difference)
                one, other = self._said(text)
                if print_otherwise(one, other):
                    return text, dict(zip(self._names(), (one, other), strict=True))
        raise UsageError(
            "the lanes differ, but not as programs of Keras and NumPy alone: the difference is in "
            "what keras3_lab does"
        )

    def _said(self, text: str) -> tuple[str, str]:
        lanes = [process.lane for process in self.processes]
        one, other = self._pool.map(self._run, [text] * 2, lanes)
        return one, other

    def _names(self) -> list[str]:
        return [str(process.lane) for process in self.processes]
