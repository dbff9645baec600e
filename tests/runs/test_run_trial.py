"""What one training tells: how long it took, and what came out."""

from __future__ import annotations

import time
from dataclasses import replace

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from keras3_lab import recipes
from keras3_lab.callbacks import TensorBoard
from keras3_lab.engine.interface import program
from keras3_lab.portable.order import batch_order
from keras3_lab.runs import trial
from keras3_lab.runs.kept import Part
from keras3_lab.splits import Splits

NAP_S = 0.4
RNG = np.random.default_rng(0)


class SleepyTracing(keras.layers.Layer):
    """Sleeps whenever a program is traced, and never when it runs."""

    sleepy = False

    def call(self, inputs):
        if self.sleepy:
            time.sleep(NAP_S)
        return inputs


class Clock(keras.callbacks.Callback):
    """Sleeps after each epoch where asked to, and notes when the training was over.

    And what the model's programs say that they took to compile until then.
    """

    def __init__(self, nap_s: float = 0.0) -> None:
        super().__init__()
        self.nap_s = nap_s

    def on_epoch_end(self, epoch, logs=None):
        time.sleep(self.nap_s)

    def on_train_end(self, logs=None):
        self.ended = time.perf_counter()
        self.compiled = [program(self.model, kind).compile_s for kind in ("train", "test")]


def rows(count: int) -> tuple[np.ndarray, np.ndarray]:
    x = RNG.normal(size=(count, 3)).astype("float32")
    return x, (x.sum(axis=1, keepdims=True) + RNG.normal(size=(count, 1))).astype("float32")


PARTS = Splits(*rows(50), *rows(20), *rows(30))


def model() -> keras.Model:
    return keras.Sequential([keras.Input((3,)), SleepyTracing(), keras.layers.Dense(1)])


RECIPE = replace(
    recipes.get("linear/regression"), model=model, epochs=3, batch_size=20, findings=None
)


def train(recipe: recipes.Recipe, folder) -> tuple[keras.Model, dict]:
    return trial.train(recipe, PARTS, 1, folder, [], Part(folder))


def timed(recipe: recipes.Recipe, folder, clock: Clock) -> tuple[dict[str, float], float]:
    """Times that are told of a training, and what passed until it was over."""
    model = recipe.build(PARTS, 1)
    started = time.perf_counter()
    record = trial.fit(model, recipe, PARTS, 1, folder, [clock], Part(folder))
    return record["time"], clock.ended - started


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    return train(RECIPE, tmp_path_factory.mktemp("run"))


def test_a_callback_that_sleeps_counts_as_training(tmp_path) -> None:
    times, passed_s = timed(RECIPE, tmp_path, Clock(NAP_S))
    assert times["train_s"] >= 3 * NAP_S
    assert times["train_s"] + times["compile_s"] == pytest.approx(passed_s, abs=NAP_S)


def test_tracing_counts_as_compilation_and_not_as_training(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(SleepyTracing, "sleepy", True)
    clock = Clock()
    times, passed_s = timed(RECIPE, tmp_path, clock)
    # The training step and the validation step.
    assert min(clock.compiled) >= NAP_S
    assert times["compile_s"] == pytest.approx(sum(clock.compiled))
    assert times["train_s"] > 0
    assert times["train_s"] + times["compile_s"] == pytest.approx(passed_s, abs=NAP_S)


def test_steps_a_second_are_all_steps_over_the_time_of_training(trained) -> None:
    times = trained[1]["time"]
    assert times["steps_per_s"] * times["train_s"] == pytest.approx(3 * 3)  # 50 rows by 20


def test_metrics_are_of_the_trained_model_on_each_part(trained) -> None:
    model, record = trained
    kernel, bias = model.get_weights()
    measured = {"val_loss", "val_mae", "test_loss", "test_mae"}
    assert set(record["metrics"]) == measured | {"epochs_trained"}
    assert record["metrics"]["epochs_trained"] == 3
    for part in ("val", "test"):
        x, y = getattr(PARTS, f"x_{part}"), getattr(PARTS, f"y_{part}")
        error = x @ kernel + bias - y
        assert record["metrics"][f"{part}_loss"] == pytest.approx(np.square(error).mean(), rel=1e-5)
        assert record["metrics"][f"{part}_mae"] == pytest.approx(np.abs(error).mean(), rel=1e-5)
    last = record["history"]["val_loss"][-1]
    assert last == pytest.approx(record["metrics"]["val_loss"], rel=1e-5)


def test_history_is_what_gradient_descent_gives(trained, tmp_path) -> None:
    """One batch an epoch, so that three lines of NumPy know every loss."""
    whole = replace(RECIPE, batch_size=50)
    start = whole.build(PARTS, seed=1).get_weights()
    _, record = train(whole, tmp_path)
    weights, losses = np.concatenate([start[0], start[1][None]]).astype("float64"), []
    design = np.c_[PARTS.x_train, np.ones(50)]
    for _ in range(3):
        error = design @ weights - PARTS.y_train
        losses.append(np.square(error).mean())
        weights -= 0.01 * 2 * design.T @ error / 50
    assert record["history"]["loss"] == pytest.approx(losses, rel=1e-5)


def test_batches_come_in_the_order_of_the_seed(trained) -> None:
    start = RECIPE.build(PARTS, seed=1).get_weights()
    weights = np.concatenate([start[0], start[1][None]]).astype("float64")
    design = np.c_[PARTS.x_train, np.ones(50)]
    for epoch in range(3):
        order = batch_order(1, epoch, 50)
        for rows in (order[:20], order[20:40], order[40:]):
            error = design[rows] @ weights - PARTS.y_train[rows]
            weights -= 0.01 * 2 * design[rows].T @ error / len(rows)
    found = np.concatenate([trained[0].get_weights()[0], trained[0].get_weights()[1][None]])
    np.testing.assert_allclose(found, weights, rtol=1e-5)


def test_operations_are_those_of_the_epochs_that_ran(trained) -> None:
    assert trained[1]["operations"] == 3 * 50 * 6 * 3  # rows, and 2 · 3 passes of 3 products


def test_settings_are_those_before_a_callback_changes_them(trained, tmp_path) -> None:
    rate = keras.callbacks.LearningRateScheduler(lambda epoch: 0.5)
    _, record = train(replace(RECIPE, callbacks=lambda folder: [rate]), tmp_path)
    for settings in (record["settings"], trained[1]["settings"]):
        assert settings["optimizer"]["class"] == "SGD"
        assert settings["optimizer"]["learning_rate"] == pytest.approx(0.01)
        assert settings["loss"]["class"] == "MeanSquaredError"
        assert (settings["epochs"], settings["batch_size"]) == (3, 20)
        assert (settings["metrics"], settings["loss_weights"]) == (["mae"], None)
    assert record["history"]["learning_rate"] == pytest.approx([0.5] * 3)


def test_metrics_are_of_the_epoch_that_was_restored(tmp_path) -> None:
    """The rate explodes after two epochs: the second is the best, the fourth the last."""
    recipe = replace(
        RECIPE,
        epochs=9,
        callbacks=lambda folder: [
            keras.callbacks.LearningRateScheduler(lambda epoch: 0.05 if epoch < 2 else 5.0),
            keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
        ],
    )
    _, record = train(recipe, tmp_path)
    losses = record["history"]["val_loss"]
    assert len(losses) == 4
    assert int(np.argmin(losses)) == 1
    assert record["metrics"]["val_loss"] == pytest.approx(losses[1], rel=1e-5)
    assert record["metrics"]["epochs_trained"] == 4
    assert record["metrics"]["restored_epoch"] == 2
    assert record["operations"] == 4 * 50 * 6 * 3


def test_a_training_that_restores_nothing_has_no_restored_epoch(tmp_path) -> None:
    patient = keras.callbacks.EarlyStopping(patience=9)
    _, record = train(replace(RECIPE, callbacks=lambda folder: [patient]), tmp_path)
    assert "restored_epoch" not in record["metrics"]


def test_each_training_is_written_for_tensorboard_once(tmp_path) -> None:
    """Be it that the recipe writes it or that every run does."""
    ours = TensorBoard(tmp_path / "ours")
    for folder, callbacks in (("ours", []), ("theirs", [TensorBoard(tmp_path / "theirs")])):
        recipe = replace(RECIPE, callbacks=lambda folder, own=callbacks: own)
        kept = tmp_path / f"kept {folder}"
        kept.mkdir()
        _, record = trial.train(recipe, PARTS, 1, tmp_path, [ours], Part(kept))
        events = EventAccumulator(str(tmp_path / folder / "validation"))
        events.Reload()
        assert [event.step for event in events.Scalars("epoch_loss")] == [1, 2, 3]
        values = [event.value for event in events.Scalars("epoch_loss")]
        assert values == pytest.approx(record["history"]["val_loss"], rel=1e-6)
