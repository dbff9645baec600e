"""What is saved comes back."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab import findings, recipes


@pytest.fixture(scope="module")
def built():
    recipe = recipes.get("fmnist/checkpoint")
    _, parts = recipe.data(source="sample")
    return recipe, parts


def test_the_checkpoint_is_read_from_its_file(outcome, built) -> None:
    """Another model lies there than the last one: its own numbers are told."""
    recipe, parts = built
    last, best = recipe.build(parts, seed=1), recipe.build(parts, seed=2)
    histories = {"": {"val_loss": [3.0, 1.0, 2.0]}}
    seen = outcome(recipe, parts, {"": last}, histories)
    best.save(seen.folder / "best.keras")
    (found,) = findings.checkpoint(seen)
    assert [row[0] for row in found.rows] == ["last epoch, 3", "best epoch, 2, reloaded"]
    for (_, loss, accuracy), model in zip(found.rows, (last, best), strict=True):
        p = np.asarray(model(parts.x_val))[np.arange(1_200), parts.y_val]
        assert loss == pytest.approx(-np.log(p).mean(), rel=1e-4)
        guessed = np.asarray(model(parts.x_val)).argmax(axis=1)
        assert accuracy == pytest.approx(np.mean(guessed == parts.y_val), rel=1e-6)
    assert found.metrics == {
        "best_val_loss": found.rows[1][1],
        "best_val_accuracy": found.rows[1][2],
    }
    assert isinstance(keras.models.load_model(seen.folder / "best.keras"), keras.Model)
