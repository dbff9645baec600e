"""One way at least to break each check: what to alter in a sound pair of traces, and how far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import traces
from traces import LANES, ONE, OTHER_SEEDS, SEED, SWITCH

from keras3_lab.parity.compare.checks import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, Check
from keras3_lab.parity.trace import Run, Trace

TOLERANCES = {"float64": FLOAT64_TOLERANCE, "float32": FLOAT32_TOLERANCE}


Key = tuple[str, str, tuple[str, str]]


Alter = Callable[[Trace, Trace, float], None]


@dataclass(frozen=True)
class Case:
    """One way to break one check.

    Args:
        gate: Its gate.
        what: What it compares.
        alter: Alters the second lane's trace, or what came of it, by a relative difference.
        limit: The largest difference that is allowed, or `None` where not one bit may.
        lanes: The lanes of the check.
        detail: What the check has to say of it.
    """

    gate: str
    what: str
    alter: Alter
    limit: float | None
    lanes: tuple[str, str] = LANES
    detail: str = ""

    @property
    def key(self) -> Key:
        return self.gate, self.what, self.lanes

    def __str__(self) -> str:
        return f"{self.gate}, {self.what}, {'→'.join(self.lanes)}, {self.detail}"


def key(check: Check) -> Key:
    return check.gate, check.what, check.lanes


def changed(array: np.ndarray, at: int, by: float) -> np.ndarray:
    """Return a copy in which one entry is off by so much of the array's largest one."""
    copy = np.array(array)
    copy.flat[at] += by * np.abs(array).max()
    return copy


def value(part: str, name: str, at: int) -> Callable[[Run, float], None]:
    """Alter one value of a run in relation to itself."""

    def alter(run: Run, by: float) -> None:
        values = getattr(run, part)
        values[name] = values[name].copy()
        values[name][at] *= 1 + by

    return alter


def entry(part: str, name: str, at: int = 0) -> Callable[[Run, float], None]:
    """Alter one entry of an array of a run in relation to the largest one."""

    def alter(run: Run, by: float) -> None:
        getattr(run, part)[name] = changed(getattr(run, part)[name], at, by)

    return alter


def main(dtype: str, alter: Callable[[Run, float], None]) -> Alter:
    """Alter the second lane's own run."""
    return lambda one, other, by: alter(traces.run(other, dtype), by)


def with_heirs(dtype: str, alter: Callable[[Run, float], None]) -> Alter:
    """Alter the second lane's own run and those that went on from its model."""

    def all_of_them(one: Trace, other: Trace, by: float) -> None:
        for run in traces.with_heirs(one, other, dtype):
            alter(run, by)

    return all_of_them


def digest(dtype: str, kind: str, name: str) -> Alter:
    return lambda one, other, by: traces.set_digest(other, dtype, kind, name, "another")


def inputs() -> Iterator[Case]:
    for dtype, kind in product(traces.DTYPES, traces.KINDS):
        for name in traces.DIGESTED[kind]:
            detail = f"{name} differs, 1 of {len(traces.DIGESTED[kind])}"
            yield Case("G0", f"{kind}, {dtype}", digest(dtype, kind, name), None, detail=detail)


def trajectory() -> Iterator[Case]:
    steps, epochs = "loss and metrics of every step", "metrics of every epoch"
    for name, at in (("loss", 3), ("accuracy", 7), ("loss", 0), ("loss", SWITCH - 1)):
        alter = main("float64", value("steps", name, at))
        yield Case("G1", steps, alter, FLOAT64_TOLERANCE, detail=f"{name} of step {at}: ")
    for name, at in (("loss", 0), ("accuracy", 1), ("val_loss", 3), ("val_accuracy", 2)):
        alter = main("float64", value("epochs", name, at))
        yield Case("G1", epochs, alter, FLOAT64_TOLERANCE, detail=f"{name} of epoch {at + 1}: ")
    for part, what, name in (
        ("weights", "final weights", "dense/kernel at (0, 1): "),
        ("optimizer", "optimizer state", "dense_kernel_momentum at (0, 1): "),
    ):
        index = "0" if part == "weights" else "1"
        alter = with_heirs("float64", entry(part, index, 1))
        yield Case("G1", what, alter, FLOAT64_TOLERANCE, detail=name)
    for what, when in (
        ("predictions of the trained model", "end"),
        ("forward pass of the initial weights", "start"),
    ):
        for output in (0, 1):
            alter = main("float64", entry("predictions", f"{when}/{output}", 5))
            detail = f"output {output} at (2, 1): "
            yield Case("G1", what, alter, FLOAT64_TOLERANCE, detail=detail)


def rounding() -> Iterator[Case]:
    for output in (0, 1):
        yield Case(
            "G2", "forward pass of the initial weights",
            main("float32", entry("predictions", f"start/{output}", 5)), FLOAT32_TOLERANCE,
            detail=f"output {output} at (2, 1): ",
        )  # fmt: skip
    first = "loss of the first 100 steps"
    for at in (0, 5, 99):
        alter = main("float32", value("steps", "loss", at))
        yield Case("G2", first, alter, FLOAT32_TOLERANCE, detail=f"loss of step {at}: ")

    def window(run: Run, by: float) -> None:  # one of 20, behind the first 100 steps
        run.steps["loss"] = run.steps["loss"].astype(np.float64)
        run.steps["loss"][120:140] *= 1 + by

    whole = "mean loss of each 20th of the run, within the envelope"
    yield Case("G2", whole, main("float32", window), FLOAT32_TOLERANCE)
    for name, absolute, margin in (("val_accuracy", True, 0.01), ("val_loss", False, 0.05)):

        def final(one: Trace, other: Trace, by: float, name=name, absolute=absolute) -> None:
            for number in (SEED, *OTHER_SEEDS):
                last = traces.seed(other, number).epochs[name][-1:]
                last += by if absolute else by * last

        yield Case("G2", f"final {name} over seeds", final, margin, detail="5 seeds, ")


def artifacts() -> Iterator[Case]:
    for dtype, source, target in product(traces.DTYPES, LANES, LANES):

        def resumed(alter: Callable[[Run, float], None], dtype=dtype, source=source, target=target):
            def its_run(one: Trace, other: Trace, by: float) -> None:
                lane = one if target == ONE else other
                alter(traces.resumed(lane, dtype, source), by)

            return its_run

        limit, lanes = TOLERANCES[dtype], (source, target)
        for output in (0, 1):
            yield Case(
                "G3", f"predictions of the saved model, {dtype}",
                resumed(entry("predictions", f"start/{output}", 5)), limit, lanes,
                f"output {output} at (2, 1): ",
            )  # fmt: skip
        for name, at in (("loss", 0), ("accuracy", 3)):
            yield Case(
                "G3", f"steps after the switch, {dtype}",
                resumed(value("steps", name, at)), limit, lanes,
                f"{name} of step {SWITCH + at}: ",
            )  # fmt: skip
        yield Case(
            "G3", f"final weights after the switch, {dtype}",
            resumed(entry("weights", "0", 1)), limit, lanes, "dense/kernel at (0, 1): ",
        )  # fmt: skip
        yield Case(
            "G3", f"optimizer state after the switch, {dtype}",
            resumed(entry("optimizer", "1", 1)), limit, lanes, "dense_kernel_momentum at (0, 1): ",
        )  # fmt: skip


CASES = [*inputs(), *trajectory(), *rounding(), *artifacts()]
