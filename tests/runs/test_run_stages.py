"""One model trained several times in succession."""

from __future__ import annotations

from dataclasses import replace

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab import models, recipes
from keras3_lab.portable import weights_digest

TINY = {"base": "MobileNet", "weights": "none", "size": "32"}


def train_from(first: int):
    """Freeze the dense layers before the one of this number."""

    def trainable(model: keras.Model) -> None:
        dense = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)]
        for index, layer in enumerate(dense):
            layer.trainable = index >= first

    return trainable


def functional() -> keras.Model:
    inputs = keras.Input((28, 28))
    x = keras.layers.Flatten()(inputs)
    for units in (8, 6):
        x = keras.layers.Dense(units, activation="relu")(x)
    return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))


def recipe() -> recipes.Recipe:
    """784 - 8 - 6 - 10: the output first, then all but the first layer."""
    return replace(
        recipes.get("fmnist/relu-mlp"),
        name="fmnist/stages",
        model=functional,
        batch_size=240,
        stages={
            "output": {
                "trainable": train_from(2), "epochs": 3,
                "optimizer": lambda steps: keras.optimizers.SGD(0.1),
            },
            "more": {
                "trainable": train_from(1), "epochs": 2,
                "optimizer": lambda steps: keras.optimizers.SGD(0.02),
            },
        },
    )  # fmt: skip


@pytest.fixture(scope="module")
def run(tmp_path_factory) -> keras3_lab.runs.Run:
    return keras3_lab.run(
        recipe(), data="sample", fraction=0.2, seed=1, out=tmp_path_factory.mktemp("runs")
    )


@pytest.fixture(scope="module")
def parts():
    return recipe().data(source="sample", fraction=0.2)[1]


def test_each_stage_has_a_record_and_all_together_one(run) -> None:
    record, stages = run.record, run.record["stages"]
    assert list(stages) == ["output", "more"]
    assert [len(stage["history"]["loss"]) for stage in stages.values()] == [3, 2]
    rates = [stage["settings"]["optimizer"]["learning_rate"] for stage in stages.values()]
    assert rates == pytest.approx([0.1, 0.02])
    for name, values in record["history"].items():
        assert values == [*stages["output"]["history"][name], *stages["more"]["history"][name]]
    assert record["settings"] == stages["output"]["settings"]
    assert record["metrics"] == stages["more"]["metrics"] | {"epochs_trained": 5}
    assert record["parameters"] == 784 * 8 + 8 + 8 * 6 + 6 + 6 * 10 + 10


def test_the_times_of_the_stages_add_up(run) -> None:
    times = run.record["time"]
    for part in ("train_s", "compile_s"):
        total = sum(stage["time"][part] for stage in run.record["stages"].values())
        assert times[part] == pytest.approx(total)
    assert times["features_s"] > 0
    assert times["steps_per_s"] * times["train_s"] == pytest.approx(5 * 4)  # 960 rows by 240


def test_metrics_are_those_of_the_whole_saved_model(run, parts) -> None:
    saved = keras.models.load_model(run.folder / "model.keras")
    assert saved.input_shape == (None, 28, 28)
    for part in ("val", "test"):
        x, y = getattr(parts, f"x_{part}"), getattr(parts, f"y_{part}")
        p = keras3_lab.predict(saved, x, verbose=0)
        metrics = run.record["metrics"]
        assert metrics[f"{part}_accuracy"] == pytest.approx(np.mean(p.argmax(axis=1) == y))
        loss = -np.log(p[np.arange(len(y)), y]).mean()
        assert metrics[f"{part}_loss"] == pytest.approx(loss, rel=1e-4)


def test_a_stage_trains_what_it_leaves_unfrozen(run, parts) -> None:
    start = recipe().trials()["output"].build(parts, seed=1)
    assert run.record["digests"]["weights"] == weights_digest(start)
    moved = [
        not np.array_equal(before, after)
        for before, after in zip(start.get_weights(), run.model.get_weights(), strict=True)
    ]
    assert moved == [False, False, True, True, True, True]


def test_the_first_stage_trains_the_output_alone(parts, tmp_path) -> None:
    """By hand: softmax regression on the frozen layers' output, in one batch an epoch."""
    declared = replace(recipe(), batch_size=960)
    start = declared.trials()["output"].build(parts, seed=1).get_weights()
    run = keras3_lab.run(
        declared, data="sample", fraction=0.2, seed=1, out=tmp_path, pictures=False
    )
    x = parts.x_train.reshape(960, -1)
    for kernel, bias in (start[0:2], start[2:4]):
        x = np.maximum(x @ kernel + bias, 0)
    kernel, bias, losses = start[4].astype("float64"), start[5].astype("float64"), []
    for _ in range(3):
        logits = x @ kernel + bias
        p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        losses.append(-np.log(p[np.arange(960), parts.y_train]).mean())
        delta = (p - np.eye(10)[parts.y_train]) / 960
        kernel, bias = kernel - 0.1 * x.T @ delta, bias - 0.1 * delta.sum(axis=0)
    assert run.record["stages"]["output"]["history"]["loss"] == pytest.approx(losses, rel=1e-4)


def test_nothing_is_left_of_the_features(run) -> None:
    assert [path.name for path in run.folder.iterdir() if path.is_dir()] == ["tensorboard"]


def enliven(model: keras.Model) -> None:
    """Scale random weights up, so that something arrives at the top without normalization."""
    for variable in model.trainable_variables[:-2]:
        if "kernel" in variable.path:
            variable.assign(2.5 * variable)


@pytest.mark.slow
def test_transfer_trains_the_head_and_the_top_of_the_base(tmp_path) -> None:
    recipe = recipes.get("cifar10/transfer").with_options(TINY)
    recipe = replace(recipe, pretrained=enliven)
    run = keras3_lab.run(
        recipe, epochs=1, data="sample", fraction=0.05, seed=1, batch_size=40, out=tmp_path
    )
    _, parts = recipe.data(source="sample", fraction=0.05)
    start = recipe.trials()["head"].build(parts, seed=1)
    models.train_top(start, 1 / 3)
    trained = {id(variable) for variable in start.trainable_variables}
    moved = [
        (id(one) in trained, not np.array_equal(one, other))
        for one, other in zip(start.weights, run.model.weights, strict=True)
    ]
    assert (True, True) in moved[:-2]
    assert all(is_trained == has_moved for is_trained, has_moved in moved)
    assert list(run.record["stages"]) == ["head", "top third"]
    assert len(run.record["history"]["loss"]) == 2
    assert run.record["options"] == TINY
