"""TensorBoard's event files, read back by TensorBoard."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

import keras3_lab
from keras3_lab.callbacks import TensorBoard


def written(folder: Path) -> dict[str, list[tuple[int, float]]]:
    """Steps and values of every chart in a folder of event files."""
    events = EventAccumulator(str(folder))
    events.Reload()
    return {
        tag: [(event.step, event.value) for event in events.Scalars(tag)]
        for tag in events.Tags()["scalars"]
    }


def test_each_epoch_is_written_to_the_charts_of_its_part(tmp_path) -> None:
    callback = TensorBoard(tmp_path / "logs")
    callback.on_train_begin()
    callback.on_epoch_end(0, {"loss": 4.0, "val_loss": 5.0, "mae": 1.0, "val_mae": 1.5})
    callback.on_epoch_end(1, {"loss": 2.0, "val_loss": 3.0, "mae": 0.5, "val_mae": 0.75})
    callback.on_train_end()
    assert sorted(path.name for path in (tmp_path / "logs").iterdir()) == ["train", "validation"]
    assert written(tmp_path / "logs" / "train") == {
        "epoch_loss": [(1, 4.0), (2, 2.0)],
        "epoch_mae": [(1, 1.0), (2, 0.5)],
    }
    assert written(tmp_path / "logs" / "validation") == {
        "epoch_loss": [(1, 5.0), (2, 3.0)],
        "epoch_mae": [(1, 1.5), (2, 0.75)],
    }


def test_a_training_writes_its_history(tmp_path) -> None:
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    history = keras3_lab.fit(
        model, x, x[:, 0], epochs=3, batch_size=4, verbose=0, callbacks=[TensorBoard(tmp_path)]
    )
    (losses,) = written(tmp_path / "train").values()
    assert [step for step, _ in losses] == [1, 2, 3]
    assert [value for _, value in losses] == pytest.approx(history.history["loss"], rel=1e-6)
    assert not (tmp_path / "validation").exists()
