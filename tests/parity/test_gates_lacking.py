"""What a lane lacks, or could not do: compared in the rest, and not judged where that matters."""

from __future__ import annotations

import pytest
import traces
from broken_checks import entry
from traces import LANES, ONE, OTHER

from keras3_lab.parity.compare.blame import step_to_search
from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED, Check
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.header import Failure

pytestmark = pytest.mark.once


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


@pytest.mark.parametrize("at", [0, 1], ids=LANES)
def test_a_model_that_a_lane_cannot_save_is_not_judged(at: int) -> None:
    pair = traces.pair()
    traces.cannot_save(pair[at], "TypeError: no config")
    (found,) = (check for check in compare(*pair) if check.verdict != AGREE)
    assert found == Check(
        "G3", "save", (LANES[at], LANES[at]), UNJUDGED, detail="TypeError: no config"
    )
