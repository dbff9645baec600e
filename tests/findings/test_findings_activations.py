"""How activations spread through fresh layers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from keras3_lab import findings, recipes


def test_a_bad_scale_shows_in_the_activations(outcome) -> None:
    names = ("relu, He", "relu, N(0, 0.01²)", "relu, N(0, 1)", "tanh, Glorot")
    recipe = recipes.get("mnist/initializers")
    recipe = replace(recipe, arms={name: recipe.arms[name] for name in names})
    _, parts = recipe.data(source="sample")
    seen = outcome(recipe, parts)
    (found,) = findings.activation_statistics(seen)
    rows = {row[0]: row[1:] for row in found.rows}
    assert tuple(rows) == names
    he, small, large = (rows[f"relu, {name}"] for name in ("He", "N(0, 0.01²)", "N(0, 1)"))
    assert 0.3 < he[-1] / he[0] < 3
    assert small[-1] < 1e-3 * small[0]
    assert large[-1] > 100 * large[0]
    # The first layer by hand.
    model = recipe.trials()["tanh, Glorot"].build(parts, seed=1)
    kernel, bias = model.get_weights()[:2]
    hidden = np.tanh(parts.x_train[:1000].reshape(1000, -1) @ kernel + bias)
    assert rows["tanh, Glorot"][0] == pytest.approx(hidden.std(), rel=1e-4)
    assert found.columns == ("initializer", *(f"layer {number}" for number in range(1, 6)))
    with Image.open(seen.folder / "activations.png") as image:
        assert image.format == "PNG"
