"""Networks on a base of `keras.applications`: preprocessing, head, and what is trained."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from keras3_lab import models
from keras3_lab.errors import UsageError


def test_a_new_head_stands_on_the_base() -> None:
    model = models.transfer("MobileNet", size=32)
    base = keras.applications.MobileNet(
        include_top=False, weights=None, alpha=0.25, input_shape=(32, 32, 3)
    )
    ours = [weight.shape for weight in model.weights]
    assert ours == [*(weight.shape for weight in base.weights), (256, 10), (10,)]
    *_, pooling, dropout, dense = model.layers
    assert isinstance(pooling, keras.layers.GlobalAveragePooling2D)
    assert (dropout.rate, dense.units) == (0.2, 10)
    assert dense.activation is keras.activations.linear
    assert not any(type(layer).__name__ == "Resize" for layer in model.layers)
    assert models.transfer("MobileNet", size=48).layers[1].output.shape == (None, 48, 48, 3)


@pytest.mark.parametrize(("share", "frozen"), [(0, 87), (1 / 3, 58), (1, 0)])
def test_the_top_of_the_base_is_trained_but_no_normalization(share: float, frozen: int) -> None:
    """Of 87 layers below the head, round(share · 87) are trained."""
    model = models.transfer("MobileNet", size=32)
    models.train_top(model, share)
    *base, dropout, dense = model.layers
    assert len(base) == 87
    assert dropout.trainable
    assert dense.trainable
    for index, layer in enumerate(base):
        normalizes = isinstance(layer, keras.layers.BatchNormalization)
        assert layer.trainable == (index >= frozen and not normalizes), layer.name


def test_preprocessing_is_the_bases_own() -> None:
    pixels = np.random.default_rng(1).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    for base, module in (
        ("MobileNet", keras.applications.mobilenet),
        ("VGG16", keras.applications.vgg16),
    ):
        built = models.transfer(base, size=32)
        first = next(layer for layer in built.layers if layer.weights)
        before = keras.Model(built.inputs, first.input)
        expected = module.preprocess_input(pixels.copy())
        np.testing.assert_allclose(before(pixels), expected, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(
    ("base", "size", "message"),
    [
        ("MobilNetV2", 32, "unknown base 'MobilNetV2'; did you mean 'MobileNetV2'?"),
        ("xyz", 32, "unknown base 'xyz'; known: ConvNeXtBase, "),
        pytest.param("InceptionV3", 32, "base InceptionV3 at size 32: ", marks=pytest.mark.slow),
    ],
)
def test_a_base_that_cannot_be_is_named(base: str, size: int, message: str) -> None:
    with pytest.raises(UsageError) as error:
        models.transfer(base, size)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
