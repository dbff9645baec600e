"""What parity trains is what `keras3_lab.fit` trains, bit for bit."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import forked
import keras
import numpy as np
import pytest
from keras import layers, optimizers

import keras3_lab
from keras3_lab.layers import Dropout
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.training import Training, indexed, weight_variables
from keras3_lab.parity.trace import Run
from keras3_lab.portable import initialize

SEED = 7
RUNS = 11
"""So many that loops are worth compiling."""
RNG = np.random.default_rng(0)
X = RNG.normal(size=(45, 6)).astype("float32")
LABELS = (X @ RNG.normal(size=(6, 3))).argmax(axis=1)
WEIGHTS = np.linspace(0.1, 2.0, 45)


def classifier(optimizer=None, **more) -> Problem:
    """State and random masks; an epoch is 11 batches of 4 and a partial one of 1."""
    model = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(8, activation="relu"),
            layers.BatchNormalization(momentum=0.8),
            Dropout(0.3),
            layers.Dense(3),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or optimizers.Adam(0.02), loss, metrics=["accuracy"])
    held_out = (X[:13] + 0.1, LABELS[:13])
    settings = {"validation_data": held_out, "batch_size": 4, "epochs": 6}
    return Problem(model, X, LABELS, **settings | more)


def halving(epoch: int, rate: float) -> float:
    return rate / 2


def called_back() -> Problem:
    """Callbacks change the rate, stop the training early, and put the best weights back."""

    def callbacks(folder: Path) -> list[keras.callbacks.Callback]:
        return [
            keras.callbacks.LearningRateScheduler(halving),
            keras.callbacks.EarlyStopping("val_loss", patience=1, restore_best_weights=True),
            keras.callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True),
        ]

    return classifier(optimizers.SGD(0.3, momentum=0.9), epochs=12, callbacks=callbacks)


def two_headed() -> Problem:
    """Several inputs and outputs with sample weights, a penalty, and averaged weights."""
    left, right = keras.Input((6,), name="left"), keras.Input((6,), name="right")
    hidden = layers.Dense(4, activation="tanh", kernel_regularizer="l2")(right)
    joined = layers.Concatenate()([left, hidden])
    outputs = {
        "label": layers.Dense(3, activation="softmax", name="label")(joined),
        "target": layers.Dense(1, name="target")(joined),
    }
    model = keras.Model({"left": left, "right": right}, outputs)
    model.compile(
        optimizers.RMSprop(0.01, use_ema=True, ema_momentum=0.8),
        {"label": keras3_lab.losses.SparseCategoricalCrossentropy(), "target": "mse"},
        loss_weights={"label": 0.7, "target": 0.3},
        metrics={"label": ["accuracy"]},
    )
    x, y = {"left": X, "right": -X}, {"label": LABELS, "target": X[:, :1]}
    sample_weight = {"label": WEIGHTS, "target": WEIGHTS[::-1].copy()}
    held_out = keras.tree.map_structure(lambda array: array[:13], (x, y, sample_weight))
    return Problem(model, x, y, sample_weight, held_out, batch_size=8, epochs=2)


def fitted(problem: Problem, folder: Path, **arguments) -> tuple[keras.Model, dict]:
    """Train a problem by `fit`."""
    model = problem.model
    initialize(model, SEED)
    history = keras3_lab.fit(
        model, problem.x, problem.y, problem.batch_size, problem.epochs, 0,
        problem.callbacks(folder), validation_data=problem.validation_data,
        sample_weight=problem.sample_weight, seed=SEED, **arguments,
    )  # fmt: skip
    return model, history.history


def assert_equal(ours: dict, others: dict, rounding: float = 0.0) -> None:
    assert ours.keys() == others.keys()
    for name, values in ours.items():
        np.testing.assert_allclose(
            values, others[name], rtol=rounding, atol=rounding / 10, err_msg=name
        )


def rounding_of(training: Training) -> float:
    """No bit differs, unless XLA compiles the one and not the other: single steps on TensorFlow."""
    return 2e-6 if training.is_short and keras.config.backend() == "tensorflow" else 0.0


def assert_same_training(training: Training, run: Run, model: keras.Model, history: dict) -> None:
    rounding = rounding_of(training)
    assert_equal(
        indexed(weight_variables(training.model)), indexed(weight_variables(model)), rounding
    )
    assert_equal(run.optimizer, indexed(model.optimizer.variables), rounding)
    history = {name: values for name, values in history.items() if name != "learning_rate"}
    assert run.epochs.keys() == history.keys()
    for name, values in run.epochs.items():
        if name.startswith("val_"):
            np.testing.assert_allclose(values, history[name], rtol=rounding, err_msg=name)
        # Parity averages the metrics of the steps, in float64; `fit` has the model add them up, in
        # float32. Keras 3.15 on TensorFlow averages the losses of several outputs as if a partial
        # batch were a full one.
        elif name not in ("label_loss", "target_loss") or keras.config.backend() != "tensorflow":
            np.testing.assert_allclose(values, history[name], rtol=1e-6, err_msg=name)


@dataclass
class Trained:
    """A training that has been run, what it did, and how it left its variables."""

    training: Training
    run: Run
    state: list[np.ndarray]
    ticks: list[int]


@pytest.fixture(scope="module")
def trained() -> Trained:
    ticks: list[int] = []
    training = Training(classifier(), SEED, tick=ticks.append)
    training.runs = RUNS
    return Trained(training, training.run(), training.state(), ticks.copy())


def again(trained: Trained, **arguments) -> Run:
    """Run the training once more from its start."""
    trained.training.reset()
    return trained.training.run(**arguments)


STREAMED = {"mode": "step", "memory": 4 * 4 * (X[:1].nbytes + LABELS[:1].nbytes)}


@pytest.mark.long
@pytest.mark.parametrize("arguments", [{}, STREAMED], ids=["whole epochs", "streamed, by steps"])
def test_a_run_is_what_fit_trains(trained: Trained, arguments: dict, tmp_path: Path) -> None:
    trained.training.restore(trained.state)
    fit = fitted(classifier(), tmp_path, **arguments)
    assert_same_training(trained.training, trained.run, *fit)


@pytest.mark.long
@pytest.mark.parametrize("make", [called_back, two_headed])
def test_other_problems_are_trained_as_fit_does(
    make: Callable[[], Problem], tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    if make is two_headed and "fusion_emitters" in os.environ.get("XLA_FLAGS", ""):
        # By the older emitters, which compile the suite faster, its two programs round differently.
        changed = {
            "XLA_FLAGS": "--xla_backend_optimization_level=0",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }
        test = f"{request.config.rootpath}/{request.node.nodeid}"
        done = forked.python("-m", "pytest", "-q", test, **changed)
        assert (done.returncode, "1 passed" in done.stdout) == (0, True), done.stdout
        return
    training = Training(make(), SEED)
    training.runs = RUNS
    run = training.run()
    if make is called_back:
        assert 2 < len(run.epochs["loss"]) < 12
    assert_same_training(training, run, *fitted(make(), tmp_path))


def test_a_run_is_the_same_again_and_when_it_is_saved(trained: Trained, tmp_path: Path) -> None:
    """Also in the middle of an epoch."""
    path = tmp_path / "model.keras"
    run = again(trained, save_at=29, artifact=path)
    assert_equal(run.steps, trained.run.steps)
    assert_equal(run.epochs, trained.run.epochs)
    assert_equal(dict(enumerate(trained.training.state())), dict(enumerate(trained.state)))
    saved = keras.models.load_model(path)
    assert int(np.asarray(saved.optimizer.iterations)) == 29


def test_a_run_that_was_shortened_goes_step_by_step(trained: Trained) -> None:
    """As a replay does, so that one program is compiled for both; the numbers stay."""
    training, schedule = trained.training, trained.training.schedule
    assert trained.ticks == [11, 1] * 6
    ticks: list[int] = []
    training.schedule, training.tick = replace(schedule, steps=10), ticks.append
    try:
        run, rounding = again(trained), rounding_of(training)
    finally:
        training.schedule = schedule
    assert ticks == [1] * 10
    whole = {name: values[:10] for name, values in trained.run.steps.items()}
    assert_equal(run.steps, whole, rounding)
