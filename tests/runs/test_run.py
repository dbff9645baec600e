"""A whole run: each field of its record against what really happened."""

from __future__ import annotations

import io
import json
import re
import time
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import keras
import numpy as np
import pytest
from matplotlib.figure import Figure
from rich.console import Console

import keras3_lab
from keras3_lab import datasets, recipes
from keras3_lab.portable import order_digest, weights_digest
from keras3_lab.runs import Run

HASTY = replace(
    recipes.get("fmnist/early-stopping"), optimizer=lambda steps: keras.optimizers.Adam(0.05)
)


@dataclass(frozen=True)
class Stopped:
    """A run that stopped early, and what was seen of it."""

    run: Run
    text: str
    figures: dict[str, Figure]
    wall_s: float

    @property
    def record(self) -> dict[str, Any]:
        return self.run.record


@pytest.fixture(scope="module")
def stopped(tmp_path_factory, keep_figures) -> Stopped:
    text = io.StringIO()
    started = time.perf_counter()
    with keep_figures() as figures:
        run = keras3_lab.run(
            HASTY, data="sample", batch_size=200, seed=3, out=tmp_path_factory.mktemp("runs"),
            console=Console(file=text, width=200),
        )  # fmt: skip
    return Stopped(run, text.getvalue(), figures, time.perf_counter() - started)


@pytest.fixture(scope="module")
def parts():
    return HASTY.data(source="sample")[1]


def loss_and_accuracy(model: keras.Model, x: np.ndarray, y: np.ndarray) -> tuple[float, float]:
    """By hand, from the weights: 784 - 100 relu - 10 softmax."""
    kernel, bias, last_kernel, last_bias = (w.astype("float64") for w in model.get_weights()[:4])
    hidden = np.maximum(x.reshape(len(x), -1) @ kernel + bias, 0)
    logits = hidden @ last_kernel + last_bias
    logits -= logits.max(axis=1, keepdims=True)
    log_p = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
    return -log_p[np.arange(len(y)), y].mean(), np.mean(logits.argmax(axis=1) == y)


def test_it_stopped_two_epochs_after_the_best(stopped) -> None:
    history, metrics = stopped.record["history"], stopped.record["metrics"]
    losses = history["val_loss"]
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert {len(values) for values in history.values()} == {len(losses)}
    best = int(np.argmin(losses))
    assert metrics["epochs_trained"] == len(losses) == best + 3 < HASTY.epochs
    assert metrics["restored_epoch"] == best + 1


@pytest.mark.parametrize("part", ["val", "test"])
def test_metrics_are_those_of_the_saved_model(stopped, parts, part: str) -> None:
    """Of the restored epoch, on the rows of the part, computed by hand."""
    saved = keras.models.load_model(stopped.run.folder / "model.keras")
    loss, accuracy = loss_and_accuracy(
        saved, getattr(parts, f"x_{part}"), getattr(parts, f"y_{part}")
    )
    assert stopped.record["metrics"][f"{part}_loss"] == pytest.approx(loss, rel=1e-4)
    assert stopped.record["metrics"][f"{part}_accuracy"] == pytest.approx(accuracy, rel=1e-6)


def test_the_saved_model_is_the_checkpoint_of_the_best_epoch(stopped) -> None:
    history, metrics = stopped.record["history"], stopped.record["metrics"]
    best = int(np.argmin(history["val_loss"]))
    assert metrics["val_loss"] == pytest.approx(history["val_loss"][best], rel=1e-6)
    assert metrics["val_accuracy"] == pytest.approx(history["val_accuracy"][best], rel=1e-6)
    loaded = [
        keras.models.load_model(stopped.run.folder / name) for name in ("best.keras", "model.keras")
    ]
    for one, other, ours in zip(*(m.weights for m in (*loaded, stopped.run.model)), strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, ours)


def test_the_record_says_what_ran(stopped) -> None:
    record = stopped.record
    assert (record["schema"], record["recipe"]) == ("keras3_lab.record/2", "fmnist/early-stopping")
    assert (record["variant"], record["seed"], record["dtype"]) == ("corrected", 3, "float32")
    assert (record["backend"], record["options"]) == (keras.config.backend(), {})
    assert record["device"]["platform"] in ("cpu", "gpu")
    settings = record["settings"]
    assert (settings["epochs"], settings["batch_size"]) == (20, 200)
    assert settings["optimizer"]["learning_rate"] == pytest.approx(0.05)
    assert settings["loss"]["class"] == "SparseCategoricalCrossentropy"
    assert settings["metrics"] == ["accuracy"]
    assert record["parameters"] == 79_510
    age = datetime.now().astimezone() - datetime.fromisoformat(record["started"])
    assert 0 <= age.total_seconds() < 600


def test_the_record_says_on_which_data(stopped) -> None:
    sample = datasets.load("fashion_mnist", source="sample")
    assert stopped.record["data"] == {
        "name": "fashion_mnist", "kind": "sample", "synthetic": False, "origin": sample.origin,
        "fraction": 1.0, "sha256": sample.sha256, "counts": {"train": 6_000, "test": 1_000},
        "used": {"train": 4_800, "validation": 1_200, "test": 1_000},
    }  # fmt: skip


def test_digests_are_of_the_data_the_first_weights_and_the_order(stopped, parts) -> None:
    assert stopped.record["digests"] == {
        "data": datasets.load("fashion_mnist", source="sample").sha256,
        "weights": weights_digest(HASTY.build(parts, seed=3)),
        "order": order_digest(3, 4_800, 20),
    }


def test_the_record_repeats_the_notes(stopped) -> None:
    assert stopped.record["notes"] == {
        "source": "N1 7-3",
        "metrics": {"val_loss": 0.3166, "val_accuracy": 0.8863, "epochs_trained": 14},
        "history": {},
        "incomparable": [
            "the sample in the place of the full data set",
            "200 in the place of 32 rows a step",
        ],
    }


def test_times_add_up(stopped) -> None:
    times, epochs = stopped.record["time"], len(stopped.record["history"]["loss"])
    assert set(times) == {"setup_s", "compile_s", "train_s", "steps_per_s"}
    assert min(times.values()) > 0
    assert times["setup_s"] + times["compile_s"] + times["train_s"] < stopped.wall_s
    assert times["steps_per_s"] * times["train_s"] == pytest.approx(epochs * 24)


def test_operations_are_those_of_all_epochs(stopped) -> None:
    rows = len(stopped.record["history"]["loss"]) * 4_800
    assert stopped.record["operations"] == rows * 6 * (784 * 100 + 100 * 10)


def test_files_are_listed_by_what_they_are(stopped) -> None:
    assert stopped.record["files"] == {
        "record": "record.json", "report": "report.html", "model": "model.keras",
        "curves": "curves.png", "confusion": "confusion.png", "best": "best.keras",
        "tensorboard": "tensorboard",
    }  # fmt: skip
    written = json.loads((stopped.run.folder / "record.json").read_text())
    assert written == json.loads(json.dumps(stopped.record))


def test_the_confusion_matrix_is_of_the_test_images(stopped, parts) -> None:
    predicted = np.asarray(stopped.run.model(parts.x_test)).argmax(axis=1)
    matrix = np.zeros((10, 10))
    for true, guess in zip(parts.y_test, predicted, strict=True):
        matrix[true, guess] += 1
    assert (matrix != matrix.T).any()
    (axes,) = stopped.figures["confusion.png"].axes
    np.testing.assert_allclose(axes.images[0].get_array(), matrix / 100)
    assert axes.get_title() == "fmnist/early-stopping: 1,000 test images"
    assert axes.get_yticklabels()[9].get_text() == "Ankle boot"


def test_the_curves_are_the_history(stopped) -> None:
    history = stopped.record["history"]
    for axes, name in zip(stopped.figures["curves.png"].axes, ("loss", "accuracy"), strict=True):
        drawn = {line.get_label(): list(line.get_ydata()) for line in axes.lines}
        assert drawn["training"] == history[name]
        assert drawn["validation"] == history[f"val_{name}"]
        best = int(np.argmin(history["val_loss"])) + 1
        (mark,) = (line for line in axes.lines if line.get_label() == "restored epoch")
        assert list(mark.get_xdata()) == [best, best]


def test_the_report_shows_the_record(stopped) -> None:
    record, text = stopped.record, " ".join(stopped.text.split())
    metrics, history = record["metrics"], record["history"]
    for label, ours, notes in (
        ("training loss, last epoch", history["loss"][-1], "–"),
        ("training accuracy, last epoch", history["accuracy"][-1], "–"),
        ("validation loss", metrics["val_loss"], "0.3166"),
        ("validation accuracy", metrics["val_accuracy"], "0.8863"),
        ("test loss", metrics["test_loss"], "–"),
        ("test accuracy", metrics["test_accuracy"], "–"),
    ):
        assert f"│ {label} │ {ours:.4f} │ {notes} │" in text
    assert f"│ epochs trained │ {len(history['loss'])} │ 14 │" in text
    assert f"│ weights restored of epoch │ {metrics['restored_epoch']} │ – │" in text
    times = record["time"]
    assert f"Trained {len(history['loss'])} epochs in {times['train_s']:.1f} s (" in text
    assert f") after {times['compile_s']:.1f} s of compilation." in text
    last = len(history["loss"])
    values = "  ".join(f"{name} {values[-1]:.4f}" for name, values in history.items())
    assert f"epoch {last:2}/20  {values}" in stopped.text


@pytest.mark.long
def test_a_run_repeats_itself_also_in_float64(tmp_path) -> None:
    arguments = {
        "epochs": 2, "batch_size": 200, "seed": 1, "data": "sample", "out": tmp_path,
        "pictures": False,
    }  # fmt: skip
    one = keras3_lab.run("fmnist/early-stopping", **arguments).record
    other = keras3_lab.run("fmnist/early-stopping", **arguments).record
    for part in ("digests", "history", "metrics"):
        assert other[part] == one[part]
    double = keras3_lab.run("fmnist/early-stopping", dtype="float64", **arguments)
    assert {v.dtype for v in double.model.trainable_variables} == {"float64"}
    assert double.record["dtype"] == "float64"
    assert double.record["digests"] == one["digests"]
    # Rounding is all that differs.
    assert double.record["history"]["loss"] == pytest.approx(one["history"]["loss"], rel=1e-3)


def test_a_fraction_is_said_aloud(tmp_path) -> None:
    text = io.StringIO()
    arguments = {"epochs": 1, "data": "sample", "fraction": 0.1, "out": tmp_path}
    run = keras3_lab.run("fmnist/relu-mlp", console=Console(file=text, width=200), **arguments)
    data = run.record["data"]
    assert data["fraction"] == 0.1
    assert data["used"] == {"train": 480, "validation": 120, "test": 1_000}
    assert data["counts"] == {"train": 600, "test": 1_000}
    assert "600 of its 6,000 training rows" in data["origin"]
    assert "600 of its 6,000 training rows" in text.getvalue()
    assert "sample in the place of the full data set, 0.1 of the training" in text.getvalue()


def test_a_run_never_overwrites_another(tmp_path) -> None:
    chosen = {"epochs": 1, "variant": "as-noted", "seed": 7, "out": tmp_path, "pictures": False}
    folders = {keras3_lab.run("linear/regression", **chosen).folder for _ in range(3)}
    assert len(folders) == 3
    named = rf"\d{{8}}-\d{{6}}-{keras.config.backend()}-as-noted-seed7(-\d)?"
    assert all(re.fullmatch(named, folder.name) for folder in folders)
    assert all((folder / "record.json").exists() for folder in folders)


def test_arms_are_told_one_by_one_and_the_first_for_all(tmp_path, figures) -> None:
    lines = recipes.get("linear/regression")
    recipe = replace(
        lines,
        epochs=4,
        findings=None,
        arms={
            "slow": {"optimizer": lambda steps: keras.optimizers.SGD(0.001)},
            "long": {"optimizer": lambda steps: keras.optimizers.SGD(0.01), "epochs": 6},
        },
    )
    run = keras3_lab.run(recipe, out=tmp_path, seed=5)
    arms = run.record["arms"]
    assert list(arms) == ["slow", "long"]
    rates = [arm["settings"]["optimizer"]["learning_rate"] for arm in arms.values()]
    assert rates == pytest.approx([0.001, 0.01])
    assert [len(arm["history"]["loss"]) for arm in arms.values()] == [4, 6]
    first = arms["slow"]
    for part in ("settings", "history", "metrics", "parameters"):
        assert run.record[part] == first[part]
    assert run.record["digests"]["weights"] == first["digests"]["weights"]
    kernel, bias = (float(weight.ravel()[0]) for weight in run.model.get_weights())
    assert first["metrics"]["test_mae"] == pytest.approx(abs(6 * kernel + bias - 20), rel=1e-5)
    assert run.record["files"] == {
        "record": "record.json", "report": "report.html", "comparison": "comparison.png",
        "tensorboard": "tensorboard",
    }  # fmt: skip
    drawn = [list(line.get_ydata()) for line in figures["comparison.png"].axes[0].lines]
    assert drawn == [arm["history"][name] for arm in arms.values() for name in ("val_loss", "loss")]
    # What the caller chose holds for each.
    again = keras3_lab.run(recipe, out=tmp_path, epochs=2, batch_size=3, pictures=False)
    chosen = again.record["arms"]
    assert [len(arm["history"]["loss"]) for arm in chosen.values()] == [2, 2]
    assert {arm["settings"]["batch_size"] for arm in chosen.values()} == {3}


def test_the_rate_falls_before_training_stops_and_the_record_tells_where_it_began(tmp_path) -> None:
    text = io.StringIO()
    hasty = replace(
        recipes.get("fmnist/early-stopping"),
        optimizer=lambda steps: keras.optimizers.Adam(0.003),
        epochs=100,
        callbacks=recipes.get("cifar10/cnn").callbacks,
    )
    console = Console(file=text, width=200)
    run = keras3_lab.run(
        hasty, data="sample", batch_size=200, out=tmp_path, console=console, pictures=False
    )
    history, record = run.record["history"], run.record
    rates = history["learning_rate"]
    assert record["metrics"]["epochs_trained"] == len(rates)
    assert rates[-2] == pytest.approx(10**0.5 * rates[-1])
    assert record["settings"]["optimizer"]["learning_rate"] == pytest.approx(0.003)
    assert "learning_rate 0.0030" in text.getvalue()
    assert "learning_rate 9.5e-04" in text.getvalue()


def test_the_cpu_is_there_beside_a_gpu(tmp_path, monkeypatch) -> None:
    def listed(device: str | None = None) -> list[str]:
        """As Keras: of all devices, accelerators alone where there are any."""
        return [f"{device or 'gpu'}:0"]

    monkeypatch.setattr(keras.distribution, "list_devices", listed)
    run = keras3_lab.run("linear/regression", epochs=1, device="cpu", out=tmp_path, pictures=False)
    assert run.record["device"]["platform"] == "cpu"
