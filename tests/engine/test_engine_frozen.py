"""What is frozen is computed once: where the border lies, and what comes from it."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab import models
from keras3_lab.engine import frozen, predict
from keras3_lab.portable import initialize


@pytest.fixture(scope="module")
def model() -> keras.Model:
    made = models.transfer("MobileNet", size=32)
    initialize(made, seed=1)
    return made


def test_the_border_lies_below_all_that_is_trained(model) -> None:
    models.train_top(model, 0)
    assert frozen.border(model).shape == (None, 256)
    assert [v.path.split("/")[-1] for v in model.trainable_variables] == ["kernel", "bias"]
    models.train_top(model, 1 / 3)
    border = frozen.border(model)
    top = frozen.above(model, border)
    assert len(top.trainable_variables) == len(model.trainable_variables) > 2
    assert len(top.layers) < len(model.layers)
    for layer in model.layers:
        assert not (isinstance(layer, keras.layers.BatchNormalization) and layer.trainable)


def test_the_border_is_where_nothing_passes_it_by() -> None:
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, name="cut")(inputs)
    y = keras.layers.Dense(4, name="beside")(x)
    outputs = keras.layers.Dense(2)(keras.layers.Add()([x, y]))
    skipping = keras.Model(inputs, outputs)
    for layer in skipping.layers:
        layer.trainable = layer.name not in (inputs._keras_history.operation.name, "cut", "beside")
    assert frozen.border(skipping) is x
    for layer in skipping.layers:
        layer.trainable = True
    assert frozen.border(skipping) is skipping.inputs[0]


@pytest.mark.long
def test_features_make_the_same_predictions(model, tmp_path, monkeypatch) -> None:
    models.train_top(model, 1 / 3)
    border = frozen.border(model)
    images = np.random.default_rng(1).integers(0, 256, (70, 32, 32, 3)).astype("uint8")
    expected = predict(model, images, verbose=0)
    monkeypatch.setattr(frozen, "CHUNK_STEPS", 2)
    for memory in (2**30, 1):  # in memory, in a file
        monkeypatch.setattr(frozen, "MEMORY", memory)
        done: list[int] = []
        (found,) = frozen.features(model, [border], images, 16, tmp_path, done.append)
        assert isinstance(found, np.memmap) == (memory == 1)
        assert done == [32, 64, 70]
        ours = predict(frozen.above(model, border), found, verbose=0)
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)
