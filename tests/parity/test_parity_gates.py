"""Measures, statistics, schedules and traces: NumPy alone."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras3_lab.errors import UsageError
from keras3_lab.parity import trace as traces
from keras3_lab.parity.checks import AGREE, DIFFER, UNJUDGED, Check
from keras3_lab.parity.figure import Line, differences
from keras3_lab.parity.gates import compare
from keras3_lab.parity.measure import apart, step_differences
from keras3_lab.parity.page import page
from keras3_lab.parity.report import markdown, to_json
from keras3_lab.parity.rounding import rounding
from keras3_lab.parity.schedule import Schedule
from keras3_lab.parity.session import blamed_step
from keras3_lab.parity.statistics import distance, envelope, equivalence, t95
from keras3_lab.parity.trace import Run, Trace


def test_apart_measures_against_the_largest_entry() -> None:
    found = apart(np.array([1e-30, 2.0, 4.0]), np.array([0.0, 2.0, 4.4]))
    assert found.relative == pytest.approx(0.4 / 4.4)
    assert (found.at, found.values) == ((2,), (4.0, 4.4))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ([np.nan, 1], [np.nan, 1], 0.0),
        ([np.nan, 1], [1, 1], np.inf),
        ([np.inf], [np.inf], 0.0),
        ([np.inf], [1.0], np.inf),
        ([1, 2, 3], [1, 2], np.inf),
        ([], [], 0.0),
    ],
)
def test_apart_knows_what_is_not_finite(one, other, expected) -> None:
    assert apart(np.array(one, float), np.array(other, float)).relative == expected


def test_integers_are_the_same_or_not() -> None:
    assert apart(np.array([10**6]), np.array([10**6 + 1])).relative == np.inf


def test_a_loss_next_to_zero_has_no_relative_accuracy() -> None:
    losses = np.array([1.0, 1.0, 1e-9])
    assert step_differences(losses, losses + np.array([0, 0, 1e-12])).max() < 2e-9


@given(st.integers(2, 60), st.integers(1, 20), st.integers(1, 100), st.data())
def test_a_schedule_cut_anywhere_takes_the_same_rows(rows, batch, steps, data) -> None:
    schedule = Schedule(3, rows, min(batch, rows), steps)
    cut = data.draw(st.integers(0, min(steps, schedule.per_epoch)))
    end = min(steps, schedule.per_epoch)
    pieces = [*schedule.between(0, cut, most=2), *schedule.between(cut, end)]
    flat = [row for piece in pieces for row in piece]
    assert len(flat) == end
    for step, taken in enumerate(flat):
        np.testing.assert_array_equal(taken, schedule.batch(step))
    if end == schedule.per_epoch:
        assert sorted(np.concatenate(flat)) == list(range(rows))


def test_quantiles_of_student_t_are_right() -> None:
    from scipy import stats

    for freedom in (*range(1, 30), 100):
        assert t95(freedom) == pytest.approx(stats.t.ppf(0.95, freedom), abs=2e-2 / freedom)


def test_equivalence_must_be_shown() -> None:
    rng = np.random.default_rng(0)
    accuracy = 0.88 + 0.003 * rng.normal(size=8)
    same = equivalence(accuracy, accuracy + 0.002 * rng.normal(size=8), 0.01)
    worse = equivalence(accuracy, accuracy - 0.02, 0.01)
    noisy = equivalence(accuracy[:2], accuracy[:2] + np.array([0.02, -0.02]), 0.01)
    assert (same.shown, same.refuted) == (True, False)
    assert (worse.shown, worse.refuted) == (False, True)
    assert (noisy.shown, noisy.refuted) == (False, False)


def test_envelope_is_the_widest_distance() -> None:
    base = np.ones(100)
    runs = [base, base * 1.001, base * 0.999]
    assert envelope(runs) == pytest.approx(0.002, rel=1e-2)
    assert distance(base, base * np.inf) == np.inf


def lane(name: str, factor: float = 1.0, findings: list | None = None) -> Trace:
    steps = np.linspace(2, 1, 50)
    run = Run(
        steps={"loss": steps * factor},
        epochs={"val_loss": np.array([1.0, 0.5]) * factor},
        weights={"0": np.ones(3) * factor},
        optimizer={"0": np.array(50)},
        predictions={"start/0": np.ones((2, 2)), "saved/0": np.ones((2, 2))},
    )
    resumed = Run(
        start=25, steps={"loss": steps[25:]}, weights=run.weights, optimizer=run.optimizer
    )
    resumed.predictions = {"start/0": np.ones((2, 2))}
    header = {
        "subject": "x:y", "variant": "", "lane": name, "plan": {"seed": 1}, "versions": {},
        "digests": {"float64": {"data": {"x": "1"}, "order": {"epoch 0": "2"}}},
        "names": {"weights": {"0": "dense/kernel"}, "optimizer": {"0": "iterations"}},
        "findings": findings or [], "schedule": {"steps": 50, "of_steps": 50},
    }  # fmt: skip
    return Trace(header, {"float64": run, "float64/from/a:cpu": resumed})


def test_equal_lanes_agree_and_others_differ_at_a_named_step() -> None:
    assert {check.verdict for check in compare(lane("a:cpu"), lane("b:cpu"))} == {AGREE}
    checks = compare(lane("a:cpu"), lane("b:cpu", 1 + 1e-6))
    by_what = {check.what: check for check in checks if check.gate == "G1"}
    steps = by_what["loss and metrics of every step"]
    assert (steps.verdict, steps.step) == (DIFFER, 0)
    assert steps.largest == pytest.approx(1e-6, rel=1e-3)
    assert by_what["final weights"].detail.startswith("dense/kernel")


@pytest.mark.parametrize("start", [0, 25])
@pytest.mark.parametrize(
    ("apart", "alone", "verdict"),
    [
        (2e-15, None, DIFFER),  # nobody has looked what rounding does
        (2e-15, 2e-16, UNJUDGED),  # it grows as fast as the lanes part
        (2e-15, 1e-25, DIFFER),  # it does not
        (1e-11, 2e-16, DIFFER),  # they are further apart than by rounding from the start
    ],
)
def test_training_that_makes_rounding_grow_is_not_judged(
    apart: float, alone: float | None, verdict: str, start: int
) -> None:
    """A decade every two steps: 2e-15 passes 1e-9 at step 12, 2e-16 at step 14.

    From the start, or from where the other lane's model is resumed.
    """

    def grown(trace: Trace, by: float) -> Run:
        losses = trace.runs["float64"].steps["loss"][start:]
        growth = 1 + by * 10 ** (np.arange(len(losses)) / 2)
        return Run(start=start, steps={"loss": losses * growth})

    one, other = lane("a:cpu"), lane("b:cpu")
    if start:
        other.runs["float64/from/a:cpu"] = grown(one, apart)
    else:
        other.runs["float64"].steps = grown(one, apart).steps
    if alone:
        one.runs[f"float64/ulp/{'resumed' if start else 1}"] = grown(one, alone)
    what = "steps after the switch, float64" if start else "loss and metrics of every step"
    lanes = ("a:cpu", "b:cpu")
    (check,) = (c for c in compare(one, other) if (c.what, c.lanes) == (what, lanes))
    assert check.verdict == verdict
    assert (f"parts from itself by step {start + 14}" in check.detail) == (verdict == UNJUDGED)


@pytest.mark.parametrize(
    ("apart", "alone", "verdict"),
    [
        (5e-9, None, DIFFER),
        (5e-9, 2e-9, AGREE),  # rounding moves it as far
        (5e-9, 1e-9, DIFFER),  # not as far
        (2e-6, 1e-2, DIFFER),  # never more than a thousand times the tolerance
    ],
)
def test_final_weights_may_be_as_far_apart_as_rounding_moves_them(
    apart: float, alone: float | None, verdict: str
) -> None:
    one, other = lane("a:cpu"), lane("b:cpu")
    own, theirs = one.runs["float64"], other.runs["float64"]
    theirs.weights = {"0": own.weights["0"] + np.array([0, 0, apart])}
    if alone:
        weights = {"0": own.weights["0"] - np.array([alone, 0, 0])}
        one.runs["float64/ulp/1"] = Run(steps=own.steps, weights=weights, optimizer=own.optimizer)
    (check,) = (check for check in compare(one, other) if check.what == "final weights")
    assert check.verdict == verdict


def parting(at: int | None, by: float = 1e-2) -> np.ndarray:
    losses = np.linspace(2.0, 1.0, 100)
    if at is not None:
        losses[at:] *= 1 + by
    return losses


@pytest.mark.parametrize(
    ("own", "exact", "other", "verdict"),
    [
        (None, None, 50, DIFFER),  # nothing of its own parts by rounding
        (50, None, 50, AGREE),  # a run from weights moved by one ulp does, too
        (50, None, 25, AGREE),  # later, by chance
        (50, None, 15, DIFFER),  # much later
        (None, 50, 50, AGREE),  # the run without rounding does
        (None, 0, 50, DIFFER),  # it does not even start alike: another function
    ],
)
def test_first_steps_may_part_where_rounding_parts_a_lane_from_itself(
    own: int | None, exact: int | None, other: int | None, verdict: str
) -> None:
    def float32(name: str, at: int | None) -> Trace:
        return Trace({"lane": name}, {"float32": Run(steps={"loss": parting(at)})})

    one, there = float32("a:cpu", None), float32("b:cpu", other)
    one.runs["float32/ulp/1"] = Run(steps={"loss": parting(own)})
    one.runs["float64"] = Run(steps={"loss": parting(exact)})
    (check,) = (c for c in rounding(one, there, ("a:cpu", "b:cpu")) if "first" in c.what)
    assert check.verdict == verdict
    assert check.step == (other if verdict == DIFFER else None)


def test_too_few_seeds_are_nothing_to_blame() -> None:
    lanes = ("a:cpu", "b:cpu")
    noisy = Check("G2", "final val_loss over seeds", lanes, UNJUDGED)
    assert blamed_step([noisy], lanes, 50) is None
    parted = Check("G2", "loss of the first 100 steps", lanes, DIFFER, step=7)
    assert blamed_step([noisy, parted], lanes, 50) == ("float32", 7)


def test_a_known_cause_makes_a_difference_not_judged() -> None:
    finding = {"rule": "random-layer", "where": "drop", "message": "differs", "unjudged": True}
    checks = compare(lane("a:cpu", 1.0, [finding]), lane("b:cpu", 1.1))
    verdicts = {check.verdict for check in checks if check.gate == "G1"}
    assert verdicts == {UNJUDGED, AGREE}
    assert any("drop" in check.detail for check in checks)


def test_a_trace_comes_back_as_it_was_and_is_not_overwritten(tmp_path) -> None:
    written = lane("a:cpu")
    written.artifacts["float64"] = b"PK\x00model"
    path = tmp_path / "a.npz"
    traces.save(written, path)
    read = traces.load(path)
    assert read.artifacts == written.artifacts
    assert read.runs["float64/from/a:cpu"].start == 25
    np.testing.assert_array_equal(
        read.runs["float64"].steps["loss"], written.runs["float64"].steps["loss"]
    )
    with pytest.raises(UsageError, match="nothing is overwritten"):
        traces.save(written, path)
    path.write_bytes(b"nonsense")
    with pytest.raises(UsageError, match="is no trace"):
        traces.load(path)


def test_the_page_is_self_contained() -> None:
    one, other = lane("a:cpu"), lane("b:cpu", 1 + 1e-12)
    result = to_json("x:y", [one, other], compare(one, other), [], 1.0)
    lines = [Line("a", np.array([0.0, 1e-12, np.inf]), "lane")]
    text = page([(result, [("caption", differences(lines, 1e-9, "differences"))])], ["gpu skipped"])
    assert "<svg" in text
    assert "gpu skipped" in text
    assert "src=" not in text
    assert "http" not in text


def test_the_table_shows_every_gate() -> None:
    one, other = lane("a:cpu"), lane("b:cpu", 1 + 1e-12)
    result = to_json("x:y", [one, other], compare(one, other), [], 1.0)
    table = markdown([result], ["gpu skipped"])
    row = next(line for line in table.splitlines() if line.startswith("| x:y |"))
    assert row.count("|") == 8
    assert "agree 1.0e-12" in row
    assert "gpu skipped" in table


def test_comparing_imports_neither_keras_nor_a_backend(tmp_path) -> None:
    traces.save(lane("a:cpu"), tmp_path / "a.npz")
    traces.save(lane("b:cpu"), tmp_path / "b.npz")
    code = f"""
import sys
from keras3_lab.parity.command import parity
try:
    parity(["compare", {str(tmp_path / "a.npz")!r}, {str(tmp_path / "b.npz")!r}, "--json"])
except SystemExit as stop:
    assert stop.code == 0, stop.code
assert not {{"keras", "jax", "tensorflow", "scipy", "sklearn"}} & set(sys.modules)
"""
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=Path.cwd()
    )
    assert result.returncode == 0, result.stderr
