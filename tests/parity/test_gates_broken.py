"""Each check broken once: one thing altered in a sound pair of traces, and nothing else noticed.

Where a check has a tolerance, a value just inside of it agrees and one just outside differs.
"""

from __future__ import annotations

from itertools import product

import pytest
import traces
from broken_checks import CASES, Case, entry, key, main, value, with_heirs
from traces import LANES, ONE, OTHER

from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED
from keras3_lab.parity.compare.gates import compare, compare_all

pytestmark = pytest.mark.once


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
