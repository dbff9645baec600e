"""What people bring is trained, or refused in one line; what stops a lane is told by whose code."""

from __future__ import annotations

import sys
from copy import deepcopy
from dataclasses import replace

import forked
import keras
import numpy as np
import pytest
from brought import ROWS, X, Y

from keras3_lab.errors import UsageError
from keras3_lab.parity import jobs
from keras3_lab.parity.compare.checks import AGREE, UNJUDGED
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.process import LaneError, LaneProcess
from keras3_lab.parity.record.build import build_problem
from keras3_lab.parity.record.culprit import first_line
from keras3_lab.parity.record.layer_outputs import layer_outputs
from keras3_lab.parity.record.recording import prepare
from keras3_lab.parity.record.replay import LocalReplay
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Trace
from keras3_lab.parity.worker import Worker

HERE = keras.config.backend()
QUICK = Plan(steps=3, ulps=1, seeds=1)


def build(name: str):
    return build_problem(Subject(f"brought:{name}"), 0)


def recorded(name: str, plan: Plan = QUICK) -> Trace:
    """Record in this process as a lane does."""
    return Worker("a:cpu", "cpu", lambda answer: None).do(
        jobs.Record(Subject(f"brought:{name}"), plan)
    )


def both(name: str) -> list[Trace]:
    """Record, go on from the saved model, and return that as two lanes."""
    worker, subject = Worker("a:cpu", "cpu", lambda answer: None), Subject(f"brought:{name}")
    trace = worker.do(jobs.Record(subject, QUICK))
    if trace.artifacts:
        trace.adopt(worker.do(jobs.Resume(subject, QUICK, trace, "float64")))
    return [trace, deepcopy(trace)]


@pytest.mark.parametrize(
    "name", ["arrays", "a_list", "frames", "batches", "a_generator", "validated_on_batches"]
)
def test_data_are_taken_as_fit_takes_them(name: str) -> None:
    problem = build(name)
    np.testing.assert_array_equal(problem.x, X)
    np.testing.assert_array_equal(problem.y, Y)
    assert problem.x.dtype.kind == "f"
    assert problem.batch_size == (16 if name in ("batches", "a_generator") else 32)
    if name == "validated_on_batches":
        np.testing.assert_array_equal(problem.validation_data[1], Y)
    prepare(problem, QUICK).run()


def test_labels_that_a_loss_ignores_are_labels() -> None:
    assert (build("ignored_labels").y == -1).any()


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("raises", r"brought:raises raised FileNotFoundError: .*there are no data.*"
                   r" \(brought.py, line \d+\)$"),
        ("needs", "must need no arguments; it needs path, rows"),
        ("alone", "it returned a model without data"),
        ("five", r"it returned tuple of \(Sequential, ndarray, ndarray, NoneType, int\)"),
        ("nothing", r"x must have at least one row; received: shape \(0, 5\)"),
        ("words", "x must be numbers; received: <U1 such as .*'a'"),
        ("uneven", "data must be arrays; received a list of uneven length"),
        ("of_another_length", f"as many rows; received: {ROWS - 1}, {ROWS}"),
        ("label_too_large", "y: 3 in row 7 is no class: the 3 outputs of the model are classes 0"),
        ("label_between", "y: 0.5 in row 5 is no whole number"),
        ("no_batches", "x: it has no batches"),
        ("NO_FUNCTION", "must be a function; received: int"),
    ],
)  # fmt: skip
def test_what_cannot_be_trained_is_refused_in_one_line(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        build(name)
    assert "\n" not in str(error.value)


def test_a_module_that_cannot_be_imported_is_told_with_its_reason(tmp_path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "broken_brought.py").write_text("import keras\n1 / 0\n")
    (tmp_path / "lacking_brought.py").write_text("import no_such_package\n")
    with pytest.raises(UsageError, match=r"ZeroDivisionError: .* \(broken_brought.py, line 2\)"):
        build_problem(Subject("broken_brought:make"), 0)
    with pytest.raises(UsageError, match=r"cannot be imported: ModuleNotFoundError.*no_such_pack"):
        build_problem(Subject("lacking_brought:make"), 0)


def test_data_that_go_on_from_call_to_call_are_the_functions_fault() -> None:
    with pytest.raises(UsageError, match="returned other data, x, when it was called a second"):
        recorded("goes_on")


def test_a_dtype_that_fails_leaves_the_other_one() -> None:
    trace = recorded("fails_in_float64")
    failure = trace.header.failures["float64"]
    assert failure.message.startswith("training in float64 failed in your code (brought.py, line ")
    assert "TypeError" in failure.message
    assert "expects float32" in failure.message
    assert "\n" not in failure.message
    assert "Traceback (most recent call last)" in failure.traceback
    assert "in in_float32_alone" in failure.traceback
    assert trace.main("float64") is None
    assert len(trace.main("float32").steps["loss"]) == QUICK.steps


@pytest.mark.parametrize(
    ("message", "line"),
    [
        ("one\ntwo", "one"),
        (
            "Exception encountered when calling Dense.call().\n\n\x1b[1mtoo narrow\x1b[0m",
            "too narrow",
        ),
        (
            'Graph execution error:\n\nDetected at node a defined at:\n  File "a.py", line 1\n\n'
            "only supports NHWC.\n\t [[{{node a}}]]",
            "only supports NHWC.",
        ),
        ("Exception encountered", "Exception encountered"),
    ],
)
def test_the_reason_of_an_error_is_told_and_not_its_wrapping(message: str, line: str) -> None:
    assert first_line(RuntimeError(message)) == f"RuntimeError: {line}"


def test_a_model_that_cannot_be_made_in_one_dtype_is_judged_in_the_other() -> None:
    trace = recorded("cannot_be_made_in_float64")
    assert trace.header.failures["float64"].message.startswith(
        "in float64 brought:cannot_be_made_in_float64 raised TypeError: expects float32 (brought.py"
    )
    assert trace.main("float32") is not None
    with pytest.raises(UsageError, match="expects float32"):
        recorded("cannot_be_made_in_float64", replace(QUICK, dtypes=("float64",)))


def test_a_lane_whose_process_ends_says_so_and_starts_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forked.start()
    monkeypatch.setattr(sys, "executable", forked.PYTHON)
    process = LaneProcess(Lane.parse(f"{HERE}:cpu"))
    try:
        with pytest.raises(LaneError) as error:
            process.do(jobs.Record(Subject("brought:ends_the_process"), QUICK))
        assert "its process ended with status 7 in Record" in error.value.failure.message
        assert process.do(jobs.Record(Subject("brought:arrays"), QUICK)).main("float64") is not None
    finally:
        process.stop()


@pytest.mark.parametrize(("name", "reason"), [
    ("unregistered", "Keras does not know class `Unknown` when it loads the model: put "
     "@keras.saving.register_keras_serializable() above it"),
    ("cannot_be_saved", "RuntimeError: there is no configuration"),
])  # fmt: skip
def test_a_model_that_cannot_be_saved_or_loaded_is_judged_otherwise(name: str, reason: str) -> None:
    checks = compare(*both(name))
    (found,) = (check for check in checks if check.verdict != AGREE)
    assert (found.gate, found.verdict) == ("G3", UNJUDGED)
    assert reason in found.detail
    assert {check.gate for check in checks} == {"G0", "G1", "G2", "G3"}


@pytest.mark.long
@pytest.mark.parametrize("name", ["recurrent", "vector_metrics"])
def test_models_of_every_kind_agree_with_themselves(name: str) -> None:
    checks = compare(*both(name))
    assert {check.verdict for check in checks} == {AGREE}, checks
    assert {check.gate for check in checks} == {"G0", "G1", "G2", "G3"}


def test_the_outputs_of_layers_in_a_loop_are_left_out() -> None:
    training = prepare(build("recurrent"), QUICK)
    outputs = layer_outputs(training.model, X[:4].reshape(4, 5, 1))
    names = [type(output.layer).__name__ for output in outputs]
    assert {"GRU", "RNN", "Dense"} <= set(names)
    assert ("GRUCell" in names) == (HERE == "tensorflow")  # which runs the loop in Python
    assert {item.kind for item in LocalReplay(training).inspect(1)} > {"gradient", "layer output"}


def test_each_result_of_a_metric_is_one_for_itself() -> None:
    run = recorded("vector_metrics").main("float64")
    assert {f"f1_score[{i}]" for i in range(3)} < set(run.steps)
    assert {f"val_r2_score[{i}]" for i in range(3)} < set(run.epochs)
    assert all(values.ndim == 1 for values in [*run.steps.values(), *run.epochs.values()])


def test_the_rounding_of_a_coarse_policy_is_its_own_yardstick() -> None:
    one, other = both("in_bfloat16")
    assert {check.verdict for check in compare(one, other)} == {AGREE}
    start = one.main("float32").predicted("start")["output 0"]
    (moved,) = one.moved("float32")
    apart = np.abs(moved.predicted("start")["output 0"] - start).max() / np.abs(start).max()
    assert 1e-4 < apart < 0.1  # one ulp of bfloat16 is 1/128; of float32 it is 1e-7
    other.main("float32").predictions["start/0"] = start * (1 + 0.5 * apart)
    assert {check.verdict for check in compare(one, other)} == {AGREE}
    other.main("float32").predictions["start/0"] = start * (1 + 5 * apart)
    assert "differ" in {check.verdict for check in compare(one, other)}
    replayed = LocalReplay(prepare(build("in_bfloat16"), QUICK)).inspect(0)
    assert {item.value.dtype.kind for item in replayed} <= set("fiub")


def test_a_model_that_draws_when_it_predicts_is_not_judged_by_its_predictions() -> None:
    one, other = both("draws_when_it_predicts")
    (rule,) = {finding.rule for finding in one.header.findings if finding.dtype == "float64"}
    assert rule == "random-inference"
    other.main("float64").predictions["start/0"] += 1.0
    verdicts = {check.what: check.verdict for check in compare(one, other) if check.gate == "G1"}
    assert verdicts["forward pass of the initial weights"] == UNJUDGED
