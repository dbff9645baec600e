"""N2's convolutional network: its shapes and dtypes."""

from __future__ import annotations

import keras
import pytest

from keras3_lab import models, recipes


def test_the_images_are_halved_three_times() -> None:
    shapes = [
        layer.output.shape[1:]
        for layer in models.convolutions().layers
        if isinstance(layer, keras.layers.MaxPooling2D | keras.layers.Flatten)
    ]
    assert shapes == [(16, 16, 64), (8, 8, 128), (4, 4, 128), (4 * 4 * 128,)]


@pytest.mark.parametrize("name", ["cnn", "cnn-batch-norm"])
@pytest.mark.parametrize("variant", recipes.VARIANTS)
def test_the_policy_holds_for_all_layers_but_the_last(name: str, variant: str) -> None:
    recipe = recipes.get(name).with_options({"policy": "mixed_bfloat16"})
    assert recipe.options["policy"].value == "mixed_bfloat16"
    model = recipe.variant(variant).model()
    *rest, last = (layer.compute_dtype for layer in model.layers)
    assert (set(rest), last) == ({"bfloat16"}, "float32")
    assert {variable.dtype for variable in model.trainable_variables} == {"float32"}
    plain = recipes.get(name).with_options({"policy": "none"}).variant(variant).model()
    assert {layer.compute_dtype for layer in plain.layers} == {"float32"}
