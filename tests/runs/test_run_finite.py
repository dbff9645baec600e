"""Runs whose loss is lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import keras
import numpy as np
import pytest

import keras3_lab
from keras3_lab import recipes
from keras3_lab.errors import LostLossError, UsageError
from keras3_lab.runs import trial
from keras3_lab.runs.finite import StopOnLostLoss
from keras3_lab.runs.kept import Part
from keras3_lab.splits import Splits

X = np.linspace(-1, 1, 64, dtype="float32")[:, None]
HUGE = np.where(np.arange(64) == 45, 1e30, X[:, 0])[:, None].astype("float32")
"""Targets of which the twelfth batch of four makes the loss infinite, finite as they are."""
EPOCHS = {"batch_size": 4, "steps_per_epoch": 8, "epochs": 2, "shuffle": False, "verbose": 0}


def model() -> keras.Model:
    made = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, kernel_initializer="ones")])
    made.compile("sgd", "mse")
    return made


@pytest.mark.parametrize("mode", ["epoch", "step"])
def test_a_lost_loss_ends_the_run_at_its_step_and_keeps_the_best_weights(
    tmp_path: Path, mode: str
) -> None:
    lost, sound = model(), model()
    wanted = "the loss is inf from step 4 of epoch 2; before that, loss .* until step 3; "
    with pytest.raises(LostLossError, match=f"{wanted}the best epoch, 1 with ") as error:
        keras3_lab.fit(lost, X, HUGE, callbacks=[StopOnLostLoss(tmp_path)], mode=mode, **EPOCHS)
    assert "\n" not in str(error.value)
    keras3_lab.fit(sound, X, HUGE, mode=mode, **EPOCHS | {"epochs": 1})
    kept = keras.models.load_model(tmp_path / "best.keras")
    for one, other, third in zip(*(m.get_weights() for m in (lost, sound, kept)), strict=True):
        np.testing.assert_array_equal(one, other)
        np.testing.assert_array_equal(one, third)


def test_what_a_recipe_has_saved_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "best.keras").write_bytes(b"by a checkpoint")
    with pytest.raises(LostLossError):
        keras3_lab.fit(model(), X, HUGE, callbacks=[StopOnLostLoss(tmp_path)], **EPOCHS)
    assert (tmp_path / "best.keras").read_bytes() == b"by a checkpoint"


def test_a_loss_that_is_lost_at_once_leaves_nothing(tmp_path: Path) -> None:
    stop = StopOnLostLoss(tmp_path)
    with pytest.raises(LostLossError, match="from step 1 of epoch 1; before that, nothing was tr"):
        keras3_lab.fit(model(), X, HUGE[::-1] * 0 + 1e30, callbacks=[stop], **EPOCHS)
    assert list(tmp_path.iterdir()) == []


def test_a_validation_whose_loss_is_lost_ends_the_run(tmp_path: Path) -> None:
    stop = StopOnLostLoss(tmp_path)
    with pytest.raises(LostLossError, match="val_loss is inf at the end of epoch 1; before that, "):
        keras3_lab.fit(model(), X, X, validation_data=(X, HUGE), callbacks=[stop], **EPOCHS)


def test_a_recipe_stops_there_and_looks_at_its_data(tmp_path: Path) -> None:
    recipe = replace(
        recipes.get("linear/regression"), model=model, epochs=3, batch_size=4, findings=None
    )
    with pytest.raises(LostLossError):
        trial.train(recipe, Splits(X, HUGE, X, X, X, X), 1, tmp_path, [], Part(tmp_path))
    wrong = X.copy()
    wrong[7] = np.nan
    with pytest.raises(UsageError, match="x: nan in row 7, column 0 is not finite"):
        trial.train(recipe, Splits(wrong, X, X, X, X, X), 1, tmp_path, [], Part(tmp_path))
