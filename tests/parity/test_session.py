"""Traces put together by lane, and where to look for the first difference."""

from __future__ import annotations

import pytest
import traces
from traces import LANES, ONE, OTHER

from keras3_lab.errors import UsageError
from keras3_lab.parity.compare.blame import step_to_search
from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED, Check
from keras3_lab.parity.compare.gates import compare_all
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import join

pytestmark = pytest.mark.once

STEPS = 50


def check(gate: str, what: str = "", step: int | None = None, verdict: str = DIFFER) -> Check:
    return Check(gate, what, LANES, verdict, step=step)


@pytest.mark.parametrize(
    ("checks", "expected"),
    [
        ([], None),
        ([check("G1", step=7, verdict=AGREE)], None),
        ([check("G1", step=7)], ("float64", 7)),
        ([check("G1", step=7, verdict=UNJUDGED)], ("float64", 7)),
        ([check("G1", step=7), check("G1", "final weights")], ("float64", 7)),
        ([check("G1", step=9), check("G1", step=3)], ("float64", 3)),
        ([check("G1", "final weights")], ("float64", STEPS - 1)),  # the end alone
        ([check("G0", "data, float64")], ("float64", STEPS - 1)),
        ([check("G0", "data, float64"), check("G0", "data, float32")], ("float64", STEPS - 1)),
        ([check("G0", "data, float32")], ("float32", STEPS - 1)),  # with --dtype float32
        ([check("G0", "data, float32"), check("G2", step=0)], ("float32", 0)),
        ([check("G2", step=7)], ("float32", 7)),
        ([check("G2", "final val_loss over seeds")], ("float32", STEPS - 1)),
        # Too few seeds are no difference that could be looked for.
        ([check("G2", "final val_loss over seeds", verdict=UNJUDGED)], None),
        ([check("G2", "final val_loss over seeds", verdict=UNJUDGED), check("G2", step=7)],
         ("float32", 7)),
        # A model that was saved and loaded is another matter.
        ([check("G3", "steps after the switch, float64", step=30)], None),
        ([check("G3", step=3), check("G1", step=7)], ("float64", 7)),
        ([check("G3", step=3), check("G2", step=7)], ("float32", 7)),
        # A step of the other dtype says nothing.
        ([check("G1", "metrics of every epoch"), check("G2", step=0)], ("float64", STEPS - 1)),
    ],
)  # fmt: skip
def test_the_step_by_which_lanes_have_parted(
    checks: list[Check], expected: tuple[str, int] | None
) -> None:
    elsewhere = Check("G1", "steps", (ONE, "c:cpu"), DIFFER, step=1)
    found = step_to_search([elsewhere, *checks], LANES, STEPS)
    assert (found and (found.dtype, found.step)) == expected
    if found:
        assert found.tolerance == (1e-9 if found.dtype == "float64" else 1e-4)


def test_what_a_lane_resumed_is_put_with_what_it_recorded() -> None:
    one, other = traces.trace(ONE), traces.trace(OTHER)
    resumed = [
        traces.resumed_alone(target, "float64", source) for source in LANES for target in LANES
    ]
    traces.cannot_load(resumed[0], "c:cpu", "ValueError")
    merged = join([resumed[0], one, *resumed[1:], other])
    assert merged == [one, other]
    assert traces.sources_of(one) == traces.sources_of(other) == set(LANES)
    assert {check.lanes for check in compare_all(merged) if check.gate == "G3"} == {
        (source, target) for source in LANES for target in LANES
    }
    failed = traces.trace("c:cpu")
    found = [check for check in compare_all([one, failed]) if check.verdict != AGREE]
    assert [(check.what, check.lanes) for check in found] == [
        ("load a saved model", ("c:cpu", ONE))
    ]


def test_adopted_runs_leave_those_that_are_there() -> None:
    one = traces.trace(ONE)
    before = dict(one.runs)
    one.adopt(traces.resumed_alone(ONE, "float64", OTHER))
    assert {name: run for name, run in one.runs.items() if name in before} == before
    assert traces.sources_of(one) == {OTHER}


@pytest.mark.parametrize(
    ("lanes", "subjects", "message"),
    [
        ([ONE], [None], f"recordings of two lanes or more, each once; received: {ONE}"),
        ([ONE, ONE], [None, None], f"received: {ONE}, {ONE}"),
        ([ONE, OTHER], [None, "another:one"], "traces of different problems: "),
    ],
)
def test_traces_that_cannot_be_compared_are_refused(
    lanes: list[str], subjects: list[str | None], message: str
) -> None:
    recorded = [traces.trace(lane) for lane in lanes]
    for trace, subject in zip(recorded, subjects, strict=True):
        if subject:
            traces.set_subject(trace, subject)
    with pytest.raises(UsageError, match=message) as error:
        join(recorded)
    assert "\n" not in str(error.value)


def test_what_a_lane_resumed_is_not_dropped_where_its_recording_is_missing() -> None:
    resumed = traces.resumed_alone("c:cpu", "float64", ONE)
    with pytest.raises(UsageError, match="lane c:cpu has resumed a model, and its own recording"):
        join([traces.trace(ONE), traces.trace(OTHER), resumed])


def test_what_was_only_resumed_is_no_recording() -> None:
    with pytest.raises(UsageError, match="recordings of two lanes"):
        join([traces.trace(ONE), traces.resumed_alone(OTHER, "float64", ONE)])


@pytest.mark.parametrize(
    ("subject", "title"),
    [
        (Subject("module:function"), "module:function"),
        (Subject("a/b"), "a/b (corrected)"),
        (
            Subject("a/b", "as-noted", "adam", options={"size": "32"}),
            "a/b: adam (as-noted, size 32)",
        ),
    ],
)
def test_a_subject_has_a_title(subject: Subject, title: str) -> None:
    assert subject.title == title
