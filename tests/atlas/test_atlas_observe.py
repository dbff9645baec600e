"""What is observed of a case, on the backend at hand."""

from __future__ import annotations

import time
from functools import partial

import keras
import numpy as np
import pytest
from keras import ops

from keras3_lab.atlas import observe as observing
from keras3_lab.atlas.case import Call, LayerCall, Procedure, numbers
from keras3_lab.atlas.observe import observe
from keras3_lab.atlas.outcome import Raised


def arrays(result) -> dict[str, np.ndarray]:
    assert not isinstance(result, Raised), result
    return {value.path: value.array for value in result}


X = np.array([0.5, -2.0, 3.0])


def test_a_call_is_made_eagerly_compiled_and_backwards() -> None:
    case = Call("ops.square", "x", function=ops.square, inputs=(X,))
    made = observe(case, "float32").results
    assert set(made) == {"eager", "compiled", "gradient"}
    np.testing.assert_allclose(arrays(made["eager"])[""], X**2)
    np.testing.assert_allclose(arrays(made["compiled"])[""], X**2)
    factors = 0.1 + numbers(3, seed=100)
    np.testing.assert_allclose(arrays(made["gradient"])["0"], 2 * X * factors, rtol=1e-6)


def test_float64_is_float64_and_ends_with_the_case() -> None:
    case = Call("ops.square", "x", function=ops.square, inputs=(X,))
    made = observe(case, "float64").results
    assert [value.dtype for value in made["eager"]] == ["float64"]
    assert (keras.config.floatx(), keras.config.dtype_policy().name) == ("float32", "float32")
    assert [value.dtype for value in observe(case, "bfloat16").results["eager"]] == ["bfloat16"]
    assert set(observe(case, "bfloat16").results) == {"eager"}


def test_inputs_that_are_no_floats_stay_as_they_are() -> None:
    case = Call("ops.x", "x", function=lambda a, b: (a, b), inputs=(np.array([1], "int8"), "b"))
    dtypes = [value.dtype for value in observe(case, "float32").results["eager"]]
    assert dtypes == ["int8", "str"]


def test_a_layer_is_called_both_ways_and_its_state_read() -> None:
    def make() -> keras.Layer:
        return keras.layers.BatchNormalization(momentum=0.5, epsilon=1e-3)

    made = observe(
        LayerCall("layers.BatchNormalization", "x", make=make, inputs=(X[:, None],)), "float32"
    )
    results = made.results
    assert set(results) == {"inference", "training", "state", "compiled", "gradient"}
    state = arrays(results["state"])
    assert state["batch_normalization/moving_mean"] == pytest.approx(0.5 * X.mean())
    (training,), (inference,) = results["training"], results["inference"]
    assert np.abs(training.array - inference.array).max() > 0.1
    np.testing.assert_allclose(results["compiled"][0].array, training.array, rtol=1e-5)
    gradients = arrays(results["gradient"])
    assert set(gradients) == {
        "inputs.0", "weights.batch_normalization/gamma", "weights.batch_normalization/beta"
    }  # fmt: skip
    factors = 0.1 + numbers(3, 1, seed=100)
    assert gradients["weights.batch_normalization/beta"] == pytest.approx(factors.sum())


def test_weights_are_fixed_numbers_not_drawn_ones() -> None:
    case = LayerCall("layers.Dense", "x", make=lambda: keras.layers.Dense(2), inputs=(X[None],))
    once, again = (observe(case, "float32").results["inference"][0].array for _ in range(2))
    np.testing.assert_array_equal(once, again)
    kernel, bias = 0.5 * numbers(3, 2, seed=1), 0.5 * numbers(2, seed=2)
    np.testing.assert_allclose(once, X[None] @ kernel + bias, rtol=1e-5)


def test_what_is_drawn_has_a_shape_alone() -> None:
    case = Call(
        "random.normal", "x", random=True, function=lambda: keras.random.normal((2, 3)), inputs=()
    )
    (value,) = observe(case, "float32").results["eager"]
    assert (value.shape, value.array.size) == ((2, 3), 0)


def test_an_error_is_an_outcome() -> None:
    def fail() -> None:
        raise KeyError("why\nand more")

    made = observe(Procedure("fit.x", "x", function=fail), "float32")
    assert made.results == {"result": Raised("KeyError", "'why\\nand more'")}


def test_what_takes_too_long_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observing, "LONGEST_S", 1)
    case = Procedure("fit.x", "x", function=lambda: time.sleep(30))
    raised = observe(case, "float32").results["result"]
    assert isinstance(raised, Raised)
    assert raised.error == "TimeoutError"


def test_structures_are_named_by_where_they_are() -> None:
    case = Procedure("fit.x", "x", function=lambda: {"a": [np.ones(2), 3], "b": None})
    (first, second) = observe(case, "float32").results["result"]
    assert (first.path, first.dtype, second.path, second.dtype) == ("a.0", "float64", "a.1", "int")


def told(x, *, value: float):
    """Return another number for each type and sign of an argument."""
    return x * {float: 1, int: 2, bool: 3}[type(value)] * (-1 if np.signbit(value) else 1)


def test_cases_of_one_program_are_compiled_once_and_keep_their_own_numbers() -> None:
    traced = []

    def function(x, n):
        traced.append(keras.config.backend())
        return keras.ops.power(x, n)

    gone = []
    for x, n in (([2.0, 3.0], [1, 2]), ([5.0, 7.0], [1, 2]), ([5.0, 7.0], [2, 3])):
        inputs = (np.array(x), np.array(n, "int32"))
        made = observe(Call("ops.x", "x", function=function, inputs=inputs), "float32").results
        expected = inputs[0] ** inputs[1]
        np.testing.assert_allclose(arrays(made["compiled"])[""], expected)
        factors = 0.1 + numbers(2, seed=100)
        by_base = inputs[1] * inputs[0] ** (inputs[1] - 1.0) * factors
        np.testing.assert_allclose(arrays(made["gradient"])["0"], by_base, rtol=1e-5)
        gone.append(len(traced))
    first, second, third = np.diff([0, *gone])
    assert second < first  # the exponents are constants of the gradient: it is made anew for others
    assert third <= first


@pytest.mark.parametrize("value", [0.0, -0.0, 1, True, 1.0])
def test_what_a_function_is_told_makes_another_program_of_it(value: float) -> None:
    function = partial(told, value=value)
    made = observe(Call("ops.x", "x", function=function, inputs=(X,)), "float32").results
    np.testing.assert_array_equal(arrays(made["compiled"])[""], told(X, value=value))
