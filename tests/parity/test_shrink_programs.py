"""What a program of a few lines looks like, and each step that makes a model smaller."""

from __future__ import annotations

import re
from dataclasses import replace

import keras
import numpy as np
import pytest
from shrink_chains import DENSE, RELU, chain

from keras3_lab.parity.shrink import steps
from keras3_lab.parity.shrink.candidate import Layer, Made, Node, Numbers, Ref
from keras3_lab.parity.shrink.decomposition import take_apart
from keras3_lab.parity.shrink.program import Shown, cost, program


def test_a_program_is_what_one_would_write() -> None:
    text = program(chain(RELU), Shown("loss"), [])
    assert text.splitlines()[-3:] == [
        "model = keras.Sequential([keras.Input((3,)), keras.layers.ReLU()])",
        'model.compile("sgd", "mse")',
        "print(model.train_on_batch(np.ones((4, 3)), np.zeros((4, 3))))",
    ] or text.count("float64")


def test_several_steps_are_a_fit() -> None:
    candidate = replace(chain(RELU), steps=3, dtype="float32")
    text = program(candidate, Shown("nothing"), [])
    assert (
        "model.fit(np.ones((4, 3)), np.zeros((4, 3)), epochs=3, shuffle=False, verbose=0)" in text
    )


def test_weights_are_written_in_the_models_order() -> None:
    candidate = chain(DENSE, DENSE)
    layers = {
        0: Layer(DENSE, (Numbers(np.ones((3, 3)), "ones"), Numbers(np.array([0.5, 0.0, 1.0])))),
        1: Layer(DENSE, (Numbers(np.zeros((3, 3)), "zeros"), Numbers(np.ones(3), "ones"))),
    }
    order = [(1, 0), (1, 1), (0, 0), (0, 1)]
    text = program(replace(candidate, layers=layers), Shown("nothing"), order)
    joined = re.sub(r"\s+", " ", text)
    assert (
        "model.set_weights([np.zeros((3, 3)), np.ones(3), np.ones((3, 3)), "
        "np.array([0.5, 0., 1.])])"
    ) in joined


def test_branches_shared_layers_and_operations_are_written() -> None:
    nodes = (
        Node(0, "Input", ((3,), "float32")),
        Node(1, 0, (Ref(0),)),
        Node(2, 0, (Ref(1),)),
        Node(3, "ops.maximum", (Ref(2), Ref(0)), {}),
        Node(4, "getitem", (Ref(3), (slice(None), slice(None, 2)))),
    )
    candidate = replace(chain(DENSE), nodes=nodes, outputs=(Ref(4),), dtype="float32")
    text = program(candidate, Shown("prediction"), [], train=False)
    assert 'shared = keras.layers.Dense(3, activation="tanh")\n' in text
    assert "keras.ops.maximum(shared(shared(a)), a)[:, :2]" in text
    assert text.endswith("print(model.predict(np.ones((4, 3)), verbose=0))\n")


def test_long_lines_are_broken() -> None:
    text = program(chain(*[DENSE] * 6), Shown("nothing"), [])
    assert max(map(len, text.splitlines())) <= 100
    compile(text, "program", "exec")


@pytest.mark.parametrize("step", [*steps.STRUCTURE, *steps.DETAILS])
def test_every_step_leads_to_less(step: steps.Step) -> None:
    rng = np.random.default_rng(0)
    x, y = (Numbers(rng.normal(size=(8, 3))) for _ in range(2))
    candidate = replace(
        chain(DENSE, RELU, x=x, y=y),
        steps=2,
        metrics=(("mae",),),
        losses=(Made("losses.Huber", {"delta": 0.123}),),
        optimizer=Made("optimizers.Adam", {"learning_rate": 0.0123}),
    )
    made = list(step(candidate))
    assert made
    if step is not steps.smaller_shapes:  # a lane makes the data of them
        assert any(cost(one, []) < cost(candidate, []) for one in made)
    for one in made:
        numbers = [node.number for node in one.nodes]
        assert numbers == sorted(set(numbers))
        assert len(one.x) == sum(node.is_input for node in one.nodes)


def test_what_is_before_a_node_is_cut_off_with_what_it_put_out() -> None:
    put_out = np.full((4, 3), 0.25)
    (smaller,) = steps.cut_off(chain(DENSE, RELU), lambda candidate: {1: put_out, 2: put_out})
    assert [node.of for node in smaller.nodes] == ["Input", 1]
    assert np.array_equal(smaller.x[0].values, put_out)


@pytest.mark.parametrize(
    ("shape", "values"),
    [((2,), [5.0, 6.0]), ((4,), [5.0, 6.0, 7.0, 1.0]), ((2, 2), [[5.0, 6.0], [7.0, 5.0]])],
)
def test_numbers_fit_another_shape(shape: tuple[int, ...], values: list[float]) -> None:
    fitted = Numbers(np.array([5.0, 6.0, 7.0])).fit(shape)
    assert np.array_equal(fitted.values, np.array(values))
    assert Numbers(np.ones(3), "ones").fit(shape).fill == "ones"


def test_a_model_is_taken_apart_into_what_is_not_by_default() -> None:
    from keras3_lab.parity.problem import Problem

    inner = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, "relu")])
    x = keras.Input((4,), name="x")
    h = inner(x)
    y = keras.layers.Bidirectional(keras.layers.GRU(2, return_sequences=True))(h[:, None])
    model = keras.Model(x, keras.ops.maximum(y, 0.5) * 2.0)
    model.compile(keras.optimizers.SGD(0.5), keras.losses.MeanSquaredError())
    data = np.zeros((8, 4)), np.zeros((8, 1, 4))
    candidate = take_apart(Problem(model, *data), 2, 0)
    made = [layer.made for layer in candidate.layers.values()]
    assert made == [
        Made("layers.Dense", {"units": 3, "activation": "relu"}),
        Made("layers.Bidirectional",
             {"layer": Made("layers.GRU", {"return_sequences": True, "units": 2,
                                            "zero_output_for_mask": True})}),
    ]  # fmt: skip
    assert [node.of for node in candidate.nodes] == [
        "Input", 0, "getitem", 1, "ops.maximum", "ops.multiply",
    ]  # fmt: skip
    assert candidate.optimizer == Made("optimizers.SGD", {"learning_rate": 0.5})
    assert candidate.losses == (Made("losses.MeanSquaredError"),)
    assert candidate.rows == 16
