"""From a model that differs to a program of a few lines.

What is wrong in `shrink_problems.py` is so in the lane called `faulty` alone.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import forked
import keras
import numpy as np
import pytest
import shrink_problems

from keras3_lab.errors import UsageError
from keras3_lab.parity.items import Item
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.shrink import steps
from keras3_lab.parity.shrink.apart import take_apart
from keras3_lab.parity.shrink.candidate import Candidate, Layer, Made, Node, Numbers, Ref
from keras3_lab.parity.shrink.jobs import Tried
from keras3_lab.parity.shrink.judge import Difference, first_difference, gradients_are_rounding
from keras3_lab.parity.shrink.program import Shown, cost, program
from keras3_lab.parity.shrink.running import apart, error_in
from keras3_lab.parity.shrink.shrinking import MOST_LINES, Shrinker, Shrunk
from keras3_lab.parity.subject import Subject

HERE = keras.config.backend()
LANES = [Lane(HERE, "cpu"), Lane(HERE, "cpu", "faulty")]


def run_with_faults(text: str, lane: Lane) -> str:
    """Run a program where Keras is imported already, with the faults of its lane."""
    name = {"KERAS3_LAB_LANE": str(lane)}
    done = forked.python("-c", f"{shrink_problems.FAULTS}\n{text}", **name)
    return error_in(done.stderr) if done.returncode else done.stdout


@pytest.fixture(scope="module")
def shrinker() -> Iterator[Shrinker]:
    """Two lanes of the running backend, forked from a process that has imported Keras."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "executable", forked.PYTHON)
        forked.start()
        lanes = Shrinker(LANES, run=run_with_faults)
    with lanes:
        yield lanes


def shrunk_from(shrinker: Shrinker, name: str) -> Shrunk:
    candidate = shrinker.take_apart(Subject(f"shrink_problems:{name}"), steps=2)
    found = shrinker.shrink(candidate)
    assert found is not None
    assert found.lines <= MOST_LINES
    assert apart(*found.said.values())
    return found


def layers_in(text: str) -> list[str]:
    return re.findall(r"keras\.layers\.(\w+)", text)


def test_a_layer_that_puts_out_something_else_is_all_that_is_left(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "prediction")
    assert found.difference.kind == "prediction"
    assert layers_in(found.program) == ["UnitNormalization"]
    assert "compile" not in found.program
    assert np.allclose(float(found.said["faulty"].strip("[] \n")), 1.01)


@pytest.mark.long
def test_an_optimizer_that_differs_is_left_with_one_layer(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "slot")
    assert found.difference.kind == "optimizer slot"
    assert len(layers_in(found.program)) == 1
    assert '"adam", "mse"' in found.program


@pytest.mark.slow
def test_a_gradient_that_differs_is_seen_in_a_weight(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "gradient")
    assert found.difference.kind == "gradient"
    assert "PReLU" in layers_in(found.program)
    assert len(layers_in(found.program)) <= 2
    assert '"sgd", "mse"' in found.program
    assert "get_weights()[" in found.program


@pytest.mark.slow
def test_of_two_losses_the_one_that_differs_is_left(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "loss")
    assert found.difference.kind == "loss"
    assert len(layers_in(found.program)) <= 1
    assert "LogCosh" in found.program or "log_cosh" in found.program
    assert "loss_weights" not in found.program


@pytest.mark.slow
def test_an_error_in_one_lane_is_a_difference(shrinker: Shrinker) -> None:
    found = shrunk_from(shrinker, "error")
    assert found.difference.kind == "error"
    assert layers_in(found.program) == ["UpSampling1D"]
    assert "no time is doubled here" in found.said["faulty"]


def test_lanes_that_agree_have_no_program(shrinker: Shrinker) -> None:
    assert shrinker.shrink(shrinker.take_apart(Subject("shrink_problems:sound"), 2)) is None


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("own_class", "`Mine` is no class or function of Keras's own"),
        ("own_loss", "`mine` is no class or function of Keras's own"),
        ("other_data", "other data in one lane than in the other"),
        ("nothing", "has no function 'nothing'"),
    ],
)
def test_what_cannot_be_made_smaller_is_said(shrinker: Shrinker, name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        shrinker.take_apart(Subject(f"shrink_problems:{name}"))


both = pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("jax", "tensorflow"))), reason="needs both backends"
)


@pytest.fixture(scope="module")
def backends() -> Iterator[Shrinker]:
    """A lane of each backend."""
    with Shrinker([Lane("jax", "cpu"), Lane("tensorflow", "cpu")]) as lanes:
        yield lanes


@both
@pytest.mark.parametrize(
    ("name", "kind", "left"),
    [
        ("embedding", "optimizer slot", ["Embedding"]),
        ("spectral", "gradient", ["SpectralNormalization", "Dense"]),
        ("ties", "gradient", ["Maximum"]),
        ("kink", "gradient", ["LeakyReLU"]),
    ],
)
def test_known_differences_of_backends(
    backends: Shrinker, name: str, kind: str, left: list[str]
) -> None:
    found = shrunk_from(backends, name)
    assert found.difference.kind == kind
    assert set(left) <= set(layers_in(found.program)) <= {*left, "Dense"}


@pytest.mark.parametrize(
    "lanes", [[LANES[0]], [*LANES, Lane(HERE, "cpu", "third")], [LANES[0], Lane("numpy", "cpu")]]
)
def test_two_lanes_that_train_are_needed(lanes: list[Lane]) -> None:
    with pytest.raises(UsageError, match="shrink needs two lanes that train"):
        Shrinker(lanes)


def parity(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "keras3_lab", "parity", "shrink", *arguments],
        capture_output=True, text=True, check=False, env={**os.environ, **variables},
    )  # fmt: skip


@pytest.mark.long
def test_the_command_prints_a_program_and_keeps_it(tmp_path: Path) -> None:
    # In processes of their own, lanes and program find the faults as they start.
    (tmp_path / "sitecustomize.py").write_text(
        "import os\n"
        f"if os.environ.get('KERAS3_LAB_LANE') == 'faulty':\n    exec({shrink_problems.FAULTS!r})\n"
    )
    here = os.pathsep.join([str(tmp_path), str(Path(__file__).parent)])
    path = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    lanes = f"--lanes={HERE}:cpu,faulty={HERE}:cpu"
    done = parity(
        "shrink_problems:prediction", lanes, f"--out={tmp_path}", "--json", PYTHONPATH=path
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert list(found["said"]) == [f"{HERE}:cpu", "faulty"]
    (folder,) = tmp_path.glob("shrink-*")
    assert (folder / "program.py").read_text() == found["program"]
    assert json.loads((folder / "shrunk.json").read_text()) == found
    assert "models tried" in done.stderr

    done = parity("shrink_problems:sound", lanes, PYTHONPATH=path)
    assert done.returncode == 1
    assert done.stdout.count("\n") == 1
    assert "does not differ between" in done.stdout


def test_bad_input_is_said_in_one_line() -> None:
    done = forked.python("-m", "keras3_lab", "parity", "shrink", "fmnist/dropout")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "shrink takes MODULE:FUNCTION" in done.stderr


def chain(*made: Made, x: Numbers | None = None, y: Numbers | None = None) -> Candidate:
    """A candidate of layers in a chain, of one input with three numbers."""
    nodes = [Node(0, "Input", ((3,), "float32"))]
    nodes += [Node(n + 1, n, (Ref(n),)) for n in range(len(made))]
    return Candidate(
        {n: Layer(one, ()) for n, one in enumerate(made)},
        tuple(nodes),
        (Ref(len(made)),),
        (x or Numbers(np.ones((4, 3)), "ones"),),
        (y or Numbers(np.zeros((4, 3)), "zeros"),),
        ("mse",),
        Made("optimizers.SGD"),
        batch=4,
    )


RELU, DENSE = Made("layers.ReLU"), Made("layers.Dense", {"units": 3, "activation": "tanh"})


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


def tried(*items: Item, error: str = "", stage: str = "") -> Tried:
    return Tried(chain(RELU), list(items), stage, error)


def item(kind: str, *values: float) -> Item:
    return Item(kind, "0", np.array(values))


def test_the_first_difference_counts() -> None:
    ours = tried(item("prediction", 1.0), item("loss", 2.0), item("gradient", 3.0))
    theirs = tried(item("prediction", 1.0), item("loss", 2.1), item("gradient", 4.0))
    found = first_difference(ours, theirs)
    assert found is not None
    assert (found.kind, found.told) == ("loss", ("2", "2.1"))
    assert first_difference(ours, ours) is None


def test_rounding_is_no_difference_and_nan_on_one_side_is() -> None:
    one = tried(item("loss", 1.0))
    assert first_difference(one, tried(item("loss", 1.0 + 1e-12))) is None
    tiny = tried(item("gradient", 1e-16)), tried(item("gradient", 2e-16))
    assert first_difference(*tiny) is None
    found = first_difference(one, tried(item("loss", np.nan)))
    assert found is not None and found.lost


def test_a_gradient_of_rounding_is_told_from_one_that_is_alike() -> None:
    one = tried(item("gradient", 1.0, 1e-17))
    assert gradients_are_rounding(one, tried(item("gradient", 1.0, -1e-17)))
    assert not gradients_are_rounding(one, tried(item("gradient", 1.0 + 1e-12, 1e-17)))
    assert not gradients_are_rounding(tried(item("gradient", 0.0)), tried(item("gradient", 0.0)))


def test_an_error_differs_from_none_and_not_from_another() -> None:
    refused, other = (tried(error=error, stage="call") for error in ("A: a", "B: b"))
    assert first_difference(refused, other) is None
    found = first_difference(refused, tried())
    assert found is not None
    assert (found.kind, found.name) == ("error", "call")


def test_only_a_difference_of_the_same_kind_is_like_it() -> None:
    first = Difference("gradient", "0/0", 0.5)
    assert Difference("gradient", "0/1", 0.1).is_like(first)
    assert not Difference("loss", "0", 0.5).is_like(first)
    assert not Difference("gradient", "0/0", np.inf, lost=True).is_like(first)
    assert not Difference("gradient", "0/0", 1e-8).is_like(first)
    refused = Difference("error", "call", np.inf, told=("ValueError: a", "no error"))
    assert Difference("error", "call", np.inf, told=("ValueError: b", "no error")).is_like(refused)
    assert not Difference("error", "call", 0, told=("no error", "ValueError: a")).is_like(refused)


def test_an_error_is_told_in_one_line() -> None:
    framed = (
        "ValueError: Exception encountered when calling A.call().\n\n\x1b[1mno A here\x1b[0m\n\nx"
    )
    assert error_in(f"Traceback\n  File\n{framed}") == "ValueError: no A here"
    assert error_in("a.b.errors_impl.NotFoundError: no b") == "NotFoundError: no b"
    graph = "a.UnimplementedError: Graph execution error:\n\nDetected at node b\nno B\n"
    assert error_in(graph + "\t [[{{node b}}]]") == "UnimplementedError: no B"
    assert error_in("") == "it ended without a word: "


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("[1. 2.]", "[1.  2.0000001]", False),
        ("[1. 2.]", "[1. 2.1]", True),
        ("nan", "1.0", True),
        ("nan", "nan", False),
        ("ValueError: a", "1.0", True),
    ],
)
def test_what_programs_print_is_compared_as_numbers(one: str, other: str, differ: bool) -> None:
    assert apart(one, other) is differ


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
