"""Each check broken once: one thing altered in a sound pair of traces, and nothing else noticed.

Where a check has a tolerance, a value just inside of it agrees and one just outside differs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest
import traces
from traces import LANES, ONE, OTHER, OTHER_SEEDS, SEED, SWITCH

from keras3_lab.parity.compare.blame import step_to_search
from keras3_lab.parity.compare.checks import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    UNJUDGED,
    Check,
)
from keras3_lab.parity.compare.gates import compare, compare_all
from keras3_lab.parity.header import Failure
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


def test_the_sound_pair_agrees_everywhere() -> None:
    checks = compare(*traces.pair())
    assert {check.verdict for check in checks} == {AGREE}
    assert {check.gate for check in checks} == {"G0", "G1", "G2", "G3"}
    lanes = {check.lanes for check in checks if check.gate == "G3"}
    assert lanes == set(product(LANES, LANES))


def test_every_check_is_broken_by_a_case() -> None:
    made = [key(check) for check in compare(*traces.pair())]
    assert len(made) == len(set(made))
    assert set(made) == {case.key for case in CASES}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_what_is_altered_is_what_differs_and_nothing_else(case: Case) -> None:
    one, other = traces.pair()
    case.alter(one, other, 1.1 * (case.limit or 0.0))
    checks = compare(one, other)
    verdicts = {key(check): check.verdict for check in checks}
    assert verdicts.pop(case.key) == DIFFER
    assert set(verdicts.values()) == {AGREE}
    (found,) = (check for check in checks if key(check) == case.key)
    assert case.detail in found.detail
    assert (found.largest is None) == (case.limit is None)
    # What comes after steps that differ is not compared; all else is.
    missing = {case.key for case in CASES} - set(verdicts) - {case.key}
    if case.what.startswith("steps after the switch"):
        assert {(gate, lanes) for gate, _, lanes in missing} == {("G3", case.lanes)}
        assert len(missing) == 2
    else:
        assert not missing


@pytest.mark.parametrize("case", [case for case in CASES if case.limit], ids=str)
def test_a_difference_just_within_the_tolerance_is_none(case: Case) -> None:
    one, other = traces.pair()
    case.alter(one, other, 0.9 * case.limit)
    checks = compare(one, other)
    assert {check.verdict for check in checks} == {AGREE}
    (found,) = (check for check in checks if key(check) == case.key)
    assert found.largest == pytest.approx(0.9 * case.limit, rel=0.05)
    assert found.tolerance == pytest.approx(case.limit, rel=0.01)


def test_a_tolerance_of_ones_own_counts_in_float64_alone() -> None:
    one, other = traces.pair()
    for dtype, by in (("float64", 1e-7), ("float32", 9e-6)):
        for alter in (entry("weights", "0", 1), value("steps", "loss", 3)):
            with_heirs(dtype, alter)(one, other, by)
    assert {check.verdict for check in compare(one, other, tolerance=2e-7)} == {AGREE}
    differing = {check.what for check in compare(one, other, 1e-10) if check.verdict != AGREE}
    assert differing >= {"loss and metrics of every step", "final weights"}
    assert not any("float32" in what for what in differing)


@pytest.mark.parametrize("dtype", traces.DTYPES)
def test_a_row_of_the_data_is_named(dtype: str) -> None:
    one, other = traces.pair()
    traces.set_digest(other, dtype, "data", "y", "another")
    traces.run(other, dtype).rows["y"][[3, 7]] += 1
    (found,) = (check for check in compare(one, other) if check.verdict != AGREE)
    assert "y differs, 1 of 4; row 3 is the first of 2 such rows of 10" in found.detail


@pytest.mark.parametrize("kind", ["data", "weights", "order", "masks"])
@pytest.mark.parametrize("at", [0, 1], ids=LANES)
def test_a_digest_that_only_one_lane_has_is_a_difference(kind: str, at: int) -> None:
    pair = traces.pair()
    name = traces.DIGESTED[kind][0]
    traces.set_digest(pair[at], "float64", kind, name, None)
    (found,) = (check for check in compare(*pair) if check.verdict != AGREE)
    assert (found.gate, found.what) == ("G0", f"{kind}, float64")


def test_a_lane_that_cannot_train_is_compared_in_what_it_has() -> None:
    one, other = traces.trace(ONE), traces.forward_only(OTHER)
    expected = {
        ("G0", f"{kind}, {dtype}") for kind in ("data", "weights") for dtype in traces.DTYPES
    } | {(gate, "forward pass of the initial weights") for gate in ("G1", "G2")}
    for pair in ((one, other), (other, one)):
        checks = compare(*pair)
        assert {(check.gate, check.what) for check in checks} == expected
        assert {check.verdict for check in checks} == {AGREE}
    entry("predictions", "start/0")(traces.run(other, "float32"), 1e-3)
    traces.set_digest(other, "float64", "data", "x", "another")
    differing = {(c.gate, c.what) for c in compare(one, other) if c.verdict == DIFFER}
    assert differing == {
        ("G0", "data, float64"),
        ("G2", "forward pass of the initial weights"),
    }


@pytest.mark.parametrize("dtype", traces.DTYPES)
def test_a_dtype_that_one_lane_did_not_run_is_left_out(dtype: str) -> None:
    gates = {"float64": "G1", "float32": "G2"}
    one, other = traces.trace(ONE), traces.trace(OTHER)
    traces.without_run(other, dtype)
    checks = compare(one, other)
    assert gates[dtype] not in {check.gate for check in checks}
    assert not any(check.what.endswith(dtype) for check in checks if check.gate == "G0")
    assert {check.verdict for check in checks} == {AGREE}


@pytest.mark.parametrize("target", LANES)
def test_a_model_that_a_lane_cannot_load_is_not_judged(target: str) -> None:
    one, other = traces.pair()
    source = OTHER if target == ONE else ONE
    traces.cannot_load(one if target == ONE else other, source, "ValueError: no such layer")
    (found,) = (check for check in compare(one, other) if check.verdict != AGREE)
    assert found == Check(
        "G3", "load a saved model", (source, target), UNJUDGED,
        detail="ValueError: no such layer",
    )  # fmt: skip


def test_one_reason_for_which_no_lane_can_load_or_save_is_told_once() -> None:
    pair = traces.pair()
    for trace in pair:
        traces.cannot_save(trace, "TypeError: no config")
        for source in LANES:
            traces.cannot_load(trace, source, "ValueError: no such layer")
    found = [check for check in compare(*pair) if check.verdict != AGREE]
    assert [(c.what, c.detail) for c in found] == [
        ("load a saved model", "ValueError: no such layer"),
        ("save", "TypeError: no config"),
    ]


@pytest.mark.parametrize(("dtype", "gate"), [("float64", "G1"), ("float32", "G2")])
@pytest.mark.parametrize("at", [0, 1], ids=LANES)
def test_a_dtype_that_a_lane_cannot_train_in_is_not_judged_and_the_other_one_is(
    dtype: str, gate: str, at: int
) -> None:
    pair = traces.pair()
    traces.without_run(pair[at], dtype)
    pair[at].header.failures[dtype] = Failure("it failed in Keras", "Traceback …")
    checks = compare(*pair)
    (found,) = (check for check in checks if check.verdict != AGREE)
    assert found == Check(
        gate, f"training in {dtype}", LANES, UNJUDGED, detail=f"{LANES[at]}: it failed in Keras"
    )
    other = {"G1": "G2", "G2": "G1"}[gate]
    assert other in {check.gate for check in checks}
    assert step_to_search(checks, LANES, traces.STEPS) is None


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_a_loss_that_both_lanes_lose_in_one_step_is_not_judged_from_there(value: float) -> None:
    one, other = traces.pair()
    for trace in (one, other):
        traces.run(trace, "float64").steps["loss"][9:] = value
    (found,) = (check for check in compare(one, other) if check.gate != "G0")
    assert (found.gate, found.what, found.verdict, found.step) == (
        "G1", "finite loss", UNJUDGED, 9,
    )  # fmt: skip
    assert f"the loss is {value} in both lanes from step 9" in found.detail
    assert step_to_search([found], LANES, traces.STEPS) is None
    # What differs before that step, or is lost in another one, differs.
    traces.run(other, "float64").steps["loss"][8] *= 1 + 2e-9
    assert check_of(compare(one, other), "loss and metrics of every step").step == 8
    one, other = traces.pair()
    for step, trace in ((9, one), (10, other)):
        traces.run(trace, "float64").steps["loss"][step:] = value
    assert check_of(compare(one, other), "loss and metrics of every step").step == 9


def check_of(checks: list[Check], what: str) -> Check:
    (found,) = (check for check in checks if check.what == what)
    return found


def off(trace: Trace, dtype: str, by: float) -> None:
    """Let the first output of a run's first predictions be off by so much of the largest."""
    outputs = traces.run(trace, dtype).predictions["start/0"]
    outputs.flat[0] += by * np.abs(outputs).max()


@pytest.mark.parametrize(
    ("rounding", "fault", "verdict"),
    [
        ((2e-5, 3e-5), 5.9e-5, AGREE),
        ((2e-5, 3e-5), 6.3e-5, DIFFER),
        # The lane that is near to its float64 counts: a fault in float32 excuses nothing.
        ((2e-5, 0.0), 1.1e-5, DIFFER),
        ((0.0, 3e-5), 1.1e-5, DIFFER),
        ((0.0, 0.0), 0.9e-5, AGREE),
    ],
)
def test_a_forward_pass_in_float32_may_be_off_by_its_own_rounding(
    rounding: tuple[float, float], fault: float, verdict: str
) -> None:
    pair = traces.pair()
    for trace, by in zip(pair, rounding, strict=True):
        traces.run(trace, "float64").predictions["start/0"] = (
            traces.run(trace, "float32").predictions["start/0"].astype("float64")
        )
        off(trace, "float64", by)
    off(pair[1], "float32", fault)
    off(pair[1], "float64", fault)
    what = "forward pass of the initial weights"
    found = [check for check in compare(*pair) if (check.gate, check.what) == ("G2", what)]
    assert found[0].verdict == verdict


def test_a_forward_pass_in_float32_may_be_off_by_what_one_ulp_does() -> None:
    one, other = traces.pair()
    off(other, "float32", 5.9e-5)
    what = "forward pass of the initial weights"
    for by, verdict in ((1.9e-5, DIFFER), (2.1e-5, AGREE)):
        predicted = traces.run(one, "float32").predictions["start/0"].copy()
        predicted.flat[0] += by * np.abs(predicted).max()
        traces.moved(one, "float32", 3).predictions["start/0"] = predicted
        found = [check for check in compare(one, other) if (check.gate, check.what) == ("G2", what)]
        assert found[0].verdict == verdict


@pytest.mark.parametrize("at", [0, 1], ids=LANES)
def test_a_model_that_a_lane_cannot_save_is_not_judged(at: int) -> None:
    pair = traces.pair()
    traces.cannot_save(pair[at], "TypeError: no config")
    (found,) = (check for check in compare(*pair) if check.verdict != AGREE)
    assert found == Check(
        "G3", "save", (LANES[at], LANES[at]), UNJUDGED, detail="TypeError: no config"
    )


ONE_EACH = {case.key: case for case in CASES if case.gate != "G0"}.values()
UNTRAINED = ("forward pass", "predictions of the saved", "final val_")


@pytest.mark.parametrize("case", ONE_EACH, ids=str)
def test_a_known_cause_in_the_model_makes_a_difference_of_training_not_judged(case: Case) -> None:
    one, other = traces.pair()
    for lane in (one, other):
        traces.add_finding(lane, "drop", "draws its own", unjudged=True)
    case.alter(one, other, 1.1 * (case.limit or 0.0))
    (found,) = (check for check in compare(one, other) if check.verdict != AGREE)
    if case.what.startswith(UNTRAINED):  # findings are about steps of training
        assert found.verdict == DIFFER
    else:
        assert (found.verdict, found.detail) == (UNJUDGED, "drop: draws its own")
    assert key(found) == case.key


@pytest.mark.parametrize("case", ONE_EACH, ids=str)
def test_what_rounds_in_float64_alone_hides_nothing_in_float32(case: Case) -> None:
    one, other = traces.pair()
    for lane in (one, other):
        traces.add_finding(lane, "ctc", "is float32", unjudged=True, dtype="float64")
    case.alter(one, other, 1.1 * (case.limit or 0.0))
    (found,) = (check for check in compare(one, other) if check.verdict != AGREE)
    in_float64 = case.gate == "G1" or "float64" in case.what
    assert found.verdict == (UNJUDGED if in_float64 else DIFFER)
    assert key(found) == case.key


def test_a_finding_that_proves_nothing_leaves_the_verdict() -> None:
    one, other = traces.pair()
    traces.add_finding(one, "", "differs under data parallelism", unjudged=False)
    main("float64", value("steps", "loss", 3))(one, other, 1e-6)
    assert {check.verdict for check in compare(one, other)} == {AGREE, DIFFER}


def test_the_first_lane_is_compared_with_each_other_one_and_with_itself_once() -> None:
    one, other = traces.pair()
    third = traces.trace("c:cpu")
    value("steps", "loss", 3)(traces.run(third, "float64"), 1e-6)
    checks = compare_all([one, other, third])
    assert len({key(check) for check in checks}) == len(checks)
    assert [check.lanes for check in checks if check.verdict == DIFFER] == [(ONE, "c:cpu")]
    assert (OTHER, "c:cpu") not in {check.lanes for check in checks}
