"""MNIST: remedies against overfitting."""

from __future__ import annotations

from dataclasses import replace

import pytest

import keras3_lab
from keras3_lab import recipes


@pytest.mark.long
def test_regularization_arms_regularize(tmp_path) -> None:
    """On few images the plain network fits the training rows best."""
    recipe = recipes.get("mnist/regularization")
    few = {name: recipe.arms[name] for name in ("none", "dropout", "too small: Dense(4)")}
    recipe = replace(recipe, epochs=12, arms=few)
    run = keras3_lab.run(recipe, data="sample", seed=1, out=tmp_path, pictures=False)
    arms = run.record["arms"]
    plain = arms["none"]["history"]["accuracy"][-1]
    assert plain > 0.95
    assert arms["dropout"]["history"]["accuracy"][-1] < plain
    assert arms["too small: Dense(4)"]["history"]["accuracy"][-1] < plain - 0.1
