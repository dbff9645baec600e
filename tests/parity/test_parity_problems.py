"""Anyone's model: the contract, portable twins, and lint."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np
import problems
import pytest

from keras3_lab import recipes
from keras3_lab.errors import UsageError
from keras3_lab.parity.compare.checks import AGREE, known_causes
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.compare.known import OF_ANY, OF_ITS_OWN
from keras3_lab.parity.compare.measure import step_differences
from keras3_lab.parity.header import Header
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record import budget
from keras3_lab.parity.record.build import build_problem
from keras3_lab.parity.record.lint import find_known_differences
from keras3_lab.parity.record.lint_layers import ZEROS_MENDED
from keras3_lab.parity.record.recording import Recording
from keras3_lab.parity.record.saving import configuration
from keras3_lab.parity.selection import SURVEY_ROWS, select_subjects, without_weights
from keras3_lab.parity.subject import Subject
from keras3_lab.portable.seed_state import SavedSeedState
from keras3_lab.portable.twins import TWINS, replace_stock_layers
from keras3_lab.private.parts import release

DOCUMENTED = Path(__file__).parents[2] / "docs" / "parity.md"
PROBLEMS_WARNED_OF = (
    "problems:warned",
    "problems:warned_of_sequences",
    "problems:warned_of_what_is_new",
)
NAMES = [
    (name, variant)
    for name in recipes.names()
    for variant in recipes.VARIANTS
    if variant == "corrected" or recipes.get(name).as_noted
]


@pytest.mark.parametrize(("name", "portable"), [("as_tuple", False), ("subclassed", True)])
def test_a_model_is_recorded_compared_and_resumed(name: str, portable: bool) -> None:
    subject = Subject(f"problems:{name}", portable=portable)
    plan = Plan(("float64",), steps=6)
    make = partial(build_problem, subject)
    here, there = (Recording(make, plan) for _ in range(2))
    one, other = here.record(Header("a:cpu", subject)), there.record(Header("b:cpu", subject))
    other.add(there.resume(one, "float64"), "float64", "resumed", "a:cpu")
    checks = compare(one, other)
    assert {check.verdict for check in checks} == {AGREE}, [c for c in checks if c.verdict != AGREE]
    assert {check.gate for check in checks} == {"G0", "G1", "G3"}
    assert not known_causes(one, "float64")


def test_weights_moved_by_one_ulp_make_a_run_of_their_own() -> None:
    subject, plan = Subject("problems:as_tuple"), Plan(("float64",), steps=40)
    make = partial(build_problem, subject)
    trace = Recording(make, plan).record(Header("a:cpu", subject), moved=True)
    losses = trace.main("float64").steps["loss"]
    (moved,) = trace.moved("float64")
    for run, start in ((moved, 0), (trace.moved_resumed("float64"), 20)):
        apart = step_differences(losses[start:], run.steps["loss"])
        assert len(apart) == 40 - start
        assert 0 < apart.max() < 1e-12


def test_callbacks_of_a_resumed_run_know_the_epochs_before() -> None:
    def make(seed: int) -> Problem:
        problem = build_problem(Subject("problems:as_tuple"), seed)
        # The first epoch's loss stays the largest: training ends after four epochs of six.
        stop = keras.callbacks.EarlyStopping(monitor="loss", mode="max", patience=3)
        slower = keras.callbacks.ReduceLROnPlateau(monitor="loss", mode="max", patience=2)
        return replace(problem, epochs=6, callbacks=lambda folder: [stop, slower])

    recording = Recording(make, Plan(("float64",)))
    trace = recording.record(Header("a:cpu", Subject("early")))
    whole, length = trace.main("float64"), trace.header.length
    assert 2 * len(whole.steps["loss"]) > length.steps > len(whole.steps["loss"])
    resumed = recording.resume(trace, "float64")
    expected = whole.steps["loss"][length.switch :]
    np.testing.assert_allclose(resumed.steps["loss"], expected, rtol=1e-12)


def saved_as_by(backend: int, folder: Path, units: int = 2) -> bytes:
    """Save a model as another process would, on a backend that compiles it otherwise."""
    keras.utils.clear_session()
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(units)], name="saved")
    model.compile("adam", "mse", jit_compile=backend == 1)
    model.save(folder / "model.keras")
    made = io.BytesIO()
    with zipfile.ZipFile(folder / "model.keras") as file, zipfile.ZipFile(made, "w") as copy:
        config = file.read("config.json").decode()
        assert '"shared_object_id"' in config
        number = r'"shared_object_id": \d*(\d)'
        copy.writestr("config.json", re.sub(number, rf'"shared_object_id": {backend}\1', config))
    return made.getvalue()


def test_files_of_one_model_are_known_as_such(tmp_path: Path) -> None:
    """So that a lane compiles one program for its own file and another lane's."""
    first, second = (configuration(saved_as_by(backend, tmp_path)) for backend in (1, 2))
    assert first == second
    assert configuration(saved_as_by(1, tmp_path, units=3)) != first


def test_many_problems_at_once_are_each_less_work() -> None:
    model = keras.Sequential([keras.Input((32, 32, 64)), keras.layers.Conv2D(32, 3)])
    per_row = 30 * 30 * (9 * 64 * 32 + budget.PER_OUTPUT * 32)
    x = np.zeros((200, 32, 32, 64), "uint8")
    problem = Problem(model, x, validation_data=(x, x), batch_size=1000, epochs=3)
    rows = int(budget.SURVEY_WORK / per_row)
    less = budget.in_smaller_batches(problem)
    assert (less.batch_size, less.epochs) == (rows // budget.SURVEY_FEWEST, 3)
    whole = rows // 4 // less.batch_size * less.batch_size
    assert 0 < whole < rows // 4
    assert {len(array) for array in less.validation_data} == {whole}
    few = replace(problem, validation_data=(x[:20], x[:20]))  # less than a batch
    assert len(budget.in_smaller_batches(few).validation_data[0]) == 20
    survey = Plan(survey=True)
    assert budget.affordable_steps(model, less.batch_size, survey) == budget.SURVEY_FEWEST
    assert budget.affordable_steps(model, 1000, Plan()) == budget.FEWEST
    large = keras.Sequential([keras.Input((32, 32, 64)), keras.layers.Conv2D(512, 3)])
    assert budget.in_smaller_batches(Problem(large, x)).batch_size == budget.SURVEY_FEWEST
    small = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    assert budget.in_smaller_batches(Problem(small, x, batch_size=64)).batch_size == 64
    assert budget.affordable_steps(small, 64, survey) == budget.SURVEY_STEPS
    most = int(budget.WORK / (64 * (4 + budget.PER_OUTPUT)))
    assert budget.affordable_steps(small, 64, Plan()) == most


def test_stock_random_layers_are_the_reason_why_g1_is_not_judged() -> None:
    subject = Subject("problems:subclassed")
    make = partial(build_problem, subject)
    plan = Plan(("float64",), steps=2)
    trace = Recording(make, plan).record(Header("a:cpu", subject))
    reasons = known_causes(trace, "float64")
    assert ["Dropout" in reasons[0], "GaussianNoise" in reasons[1]] == [True, True]
    assert "--portable" in reasons[0]


DRAWING = [kind for kind in TWINS if issubclass(TWINS[kind], SavedSeedState)]


@pytest.mark.parametrize("kind", DRAWING, ids=lambda kind: kind.__name__)
def test_a_twin_does_what_the_layer_it_stands_for_does(kind) -> None:
    dimensions = int(kind.__name__[-2]) if kind.__name__.startswith("Spatial") else 1
    shape = (400, *(3,) * dimensions, 6) if dimensions > 1 else (400, 30)
    shape = (400, 5, 6) if kind.__name__ == "SpatialDropout1D" else shape
    x = np.random.default_rng(0).normal(size=shape).astype("float32")
    layer = kind(0.3, seed=1)
    model = keras.Sequential([keras.Input(shape[1:]), layer])
    stock = np.asarray(layer(x, training=True))
    assert replace_stock_layers(model) == [layer.name]
    twin = np.asarray(layer(x, training=True))
    assert type(layer) is TWINS[kind]
    np.testing.assert_array_equal(np.asarray(layer(x, training=False)), x)
    assert not np.array_equal(twin, np.asarray(layer(x, training=True)))
    assert twin.mean() == pytest.approx(stock.mean(), abs=0.08)
    assert twin.std() == pytest.approx(stock.std(), rel=0.08)
    assert (twin == 0).mean() == pytest.approx((stock == 0).mean(), abs=0.05)


def places(name: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for finding in find_known_differences(build_problem(Subject(f"problems:{name}"), 0)):
        found.setdefault(finding.rule, []).append(finding.where)
    return found


NORMALIZED = {"normalized-zeros": ["unit", "CosineSimilarity"]} if release() < ZEROS_MENDED else {}


def test_lint_tells_where_a_known_difference_is() -> None:
    assert places("warned_of_what_is_new") == {
        "random-layer": ["drawing"],
        "lora": ["adapted"],
        "stateful": ["going_on"],
        "backwards-on-cudnn": ["back"],
        **NORMALIZED,
        "layer-metric": ["mean_output"],
        "masked-metrics": ["drawing"],
        "schedule-free": ["free"],
        "sparse-gradients": ["words/embeddings"],
    }


def test_what_ends_without_a_mask_is_measured_alike() -> None:
    words = keras.Input((8,), dtype="int32")
    hidden = keras.layers.Embedding(9, 4, mask_zero=True)(words)
    for output, metrics in ((keras.layers.LSTM(2)(hidden), ["mae"]), (hidden, None)):
        model = keras.Model(words, output)
        model.compile("sgd", "mse", metrics=metrics)
        assert find_known_differences(Problem(model, np.ones((8, 8)), np.ones((8, 2)))) == []


def test_lint_names_all_it_knows() -> None:
    found = {
        finding.rule: finding
        for subject in PROBLEMS_WARNED_OF
        for finding in find_known_differences(build_problem(Subject(subject), 0))
    }
    assert set(found) == {
        "random-layer", "batch-normalization", "dtype", "l1-at-zero", "gradient-at-zero",
        "loss-on-probabilities", "output-losses", "top-k", "resize", "initializer",
        "sparse-gradients", "attention", "pooling-3d", "spectral-normalization", "ctc",
        "lora", "masked-metrics", "layer-metric", "schedule-free", "stateful",
        "backwards-on-cudnn", *NORMALIZED,
    }  # fmt: skip
    assert found["gradient-at-zero"].where == "leaky"
    assert found["dtype"].where == "half"
    assert found["resize"].where == "big"
    assert "own" in found["initializer"].where
    assert found["sparse-gradients"].where == "words/embeddings"
    documented = set(re.findall('<span id="([a-z0-9-]+)">', DOCUMENTED.read_text("utf-8")))
    assert documented - set(found) - {"normalized-zeros"} == {
        "random-inference",
        "assigned-weight",
    }  # seen in runs alone
    assert set(found) <= documented
    assert (OF_ITS_OWN.keys() | OF_ANY.keys()) <= documented
    assert found["ctc"].link == "parity.html#ctc"


@pytest.mark.parametrize(
    "arguments",
    [{"use_cudnn": False}, {"go_backwards": False}, {"return_sequences": False}],
    ids=lambda arguments: next(iter(arguments)),
)
def test_an_lstm_that_cudnn_turns_around_is_told_from_others(arguments: dict) -> None:
    layer = keras.layers.LSTM(2, **{"go_backwards": True, "return_sequences": True} | arguments)
    model = keras.Sequential([keras.Input((4, 3)), layer])
    model.compile("sgd", "mse")
    assert find_known_differences(Problem(model, np.ones((8, 4, 3)), np.ones((8, 2)))) == []


@pytest.mark.parametrize(
    ("optimizer", "regularizer", "known"),
    [
        ("adam", None, True),
        ("rmsprop", None, True),
        (keras.optimizers.SGD(0.1, momentum=0.9), None, False),
        (keras.optimizers.SGD(0.1, clipnorm=1.0), None, True),
        ("lion", None, False),
        (keras.optimizers.Lion(0.1, global_clipnorm=1.0), None, True),
        ("adam", "l2", False),  # whose gradient is dense
    ],
)
def test_sparse_gradients_are_known_where_the_optimizer_does_not_sum_them_first(
    optimizer: Any, regularizer: str | None, known: bool
) -> None:
    embedding = keras.layers.Embedding(9, 2, embeddings_regularizer=regularizer)
    model = keras.Sequential([keras.Input((4,), dtype="int32"), embedding, keras.layers.Flatten()])
    model.compile(optimizer, "mse")
    x = np.ones((8, 4), "int32")
    problem = Problem(model, x, np.ones((8, 8)))
    rules = [finding.rule for finding in find_known_differences(problem)]
    assert rules == (["sparse-gradients"] if known else [])
    replace_stock_layers(model)
    assert find_known_differences(problem) == []


def test_a_sound_model_has_no_findings() -> None:
    model, x, y = problems.as_tuple()
    rows = 96  # no partial batch
    cut = keras.tree.map_structure(lambda array: array[:rows], (x, y))
    assert find_known_differences(Problem(model, *cut)) == []


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("problems:absent", "has no function 'absent'"),
        ("absent_module:f", "there is no module 'absent_module'"),
        ("problems:nothing", "it returned NoneType"),
        ("problems:not_compiled", "must return a compiled model"),
    ],
)
def test_a_wrong_function_is_told_in_one_line(name: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as error:
        build_problem(Subject(name), 0)
    assert "\n" not in str(error.value)


def test_all_recipes_are_checked_once_and_light() -> None:
    asked = {"variant": "all", "data": "sample", "data_dir": None, "fraction": 1.0}
    own = dict.fromkeys(recipes.own_options())
    found = select_subjects((), portable=False, **asked, **own)
    trained = {(name, variant) for name, variant in NAMES if recipes.get(name).trials()}
    assert {(one.name, one.variant) for one in found} == trained
    assert len(found) == len(trained)
    options = {one.name: one.options for one in found if one.options}
    assert options == {"cifar10/transfer": {"size": "32"}}
    assert {one.rows for one in found} == {SURVEY_ROWS}
    (named,) = select_subjects(
        ("cifar10/dense",), portable=False, **asked | {"variant": "corrected"}, **own
    )
    assert (named.options, named.rows) == ({}, None)
    several = select_subjects(("mnist/losses",), portable=False, **asked, **own)
    assert [one.arm for one in several] == list(recipes.get("mnist/losses").arms)
    (whole, *_) = select_subjects(("cifar10/transfer",), portable=False, **asked, **own)
    assert whole.options == {}


@pytest.mark.parametrize(("most", "rows"), [(None, 480), (100, 80), (1000, 480)])
def test_a_survey_takes_a_part_of_the_data(most: int | None, rows: int) -> None:
    """And never more rows than there are; a fifth of them are to validate on."""
    subject = Subject("fmnist/softmax-regression", data="sample", fraction=0.1, rows=most)
    problem = build_problem(subject, 0)
    assert (len(problem.x), len(problem.validation_data[0])) == (rows, rows // 4)
    again = build_problem(subject, 0)
    np.testing.assert_array_equal(problem.x, again.x)


def test_only_a_recipe_with_trained_weights_has_a_dry_run() -> None:
    subject = Subject("cifar10/transfer")
    dry = without_weights(subject)
    assert dry == replace(subject, options={"weights": "none"})
    assert without_weights(dry) is None
    assert without_weights(Subject("fmnist/dropout")) is None
    assert without_weights(Subject("problems:as_tuple")) is None
