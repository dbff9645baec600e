"""A network that learns CIFAR-10 in few epochs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras3_lab.models.views import AveragedViews
from keras3_lab.models.whitening import whitening_filters
from keras3_lab.portable.augmentation import Cutout, RandomFlip, RandomShift
from keras3_lab.portable.dirac import Dirac

PATCH = 2
SHIFT = 2  # pixels that an image is moved by at most, in training
EPSILON = 5e-4
WHITENED_ROWS = 5000


def airbench(
    widths: Sequence[int] = (64, 256, 256),
    *,
    cutout: int = 0,
    dtype: str | None = None,
) -> keras.Model:
    """Build airbench94: whitened patches, then three groups of two convolutions each.

    It takes raw pixels. Augmentation, active in training, and the averaging over views, active in
    inference, are layers of the model.

    Args:
        widths: Channels of each group.
        cutout: Side of the square that is blanked in training; 0 for none.
        dtype: Dtype policy of the three groups, such as `"mixed_bfloat16"`. Whitening and the
            last layer keep to the global one, Keras's default for all: patches are whitened by
            differences of pixels that are nearly the same, which bfloat16 does not resolve.

    Returns:
        An uncompiled `keras.Sequential` from `(batch, 32, 32, 3)` to `(batch, 10)` logits.
        `adapt_airbench` sets what it must know of the training images.

    Example:
    ```python
    from keras3_lab import models

    assert models.airbench().count_params() == 1_973_953
    ```

    Reference:

    - [Jordan, 2024, 94% on CIFAR-10 in 3.29 seconds on a single GPU](
      https://arxiv.org/abs/2404.00498)
    """
    layers = [
        keras.Input((32, 32, 3)),
        RandomFlip(alternate=True),
        RandomShift(SHIFT),
        keras.layers.Normalization(),
        *([Cutout(cutout)] if cutout else []),
        AveragedViews(_network(widths, dtype)),
    ]
    return keras.Sequential(layers)


def adapt_airbench(model: keras.Model, splits: Any) -> None:
    """Set pixel statistics, whitening filters and the length of an epoch from the training rows.

    Args:
        model: What `airbench` built.
        splits: What it is going to be trained on.
    """
    images = splits.x_train[:WHITENED_ROWS]
    for layer in model.layers:
        match layer:
            case RandomFlip():
                layer.adapt(splits.rows)
            case keras.layers.Normalization():
                # In float64 always: the statistics are then the same in either dtype.
                layer.adapt(np.asarray(images, "float64"))
                mean, variance = (
                    keras.ops.convert_to_numpy(value).astype("float32")
                    for value in (layer.mean, layer.variance)
                )
            case AveragedViews():
                filters = whitening_filters(images, mean, variance, PATCH, EPSILON)
                layer.layer.get_layer("whiten").kernel.assign(filters)


def _network(widths: Sequence[int], dtype: str | None) -> keras.Model:
    layers = [
        keras.Input((32, 32, 3)),
        keras.layers.Conv2D(
            2 * PATCH * PATCH * 3, PATCH, use_bias=False, kernel_initializer="zeros",
            trainable=False, name="whiten",
        ),
        Bias(),
        keras.layers.Activation("gelu"),
    ]  # fmt: skip
    for width in widths:
        for pooling in ([keras.layers.MaxPooling2D(2, dtype=dtype)], []):
            layers += [
                keras.layers.Conv2D(
                    width, 3, padding="same", use_bias=False, kernel_initializer=Dirac(),
                    dtype=dtype,
                ),
                *pooling,
                keras.layers.BatchNormalization(
                    momentum=0.6, epsilon=1e-12, scale=False, dtype=dtype
                ),
                keras.layers.Activation("gelu", dtype=dtype),
            ]  # fmt: skip
    # The mean over 256 channels of weights that start with a deviation of 1.
    start = keras.initializers.RandomNormal(stddev=1 / widths[-1])
    layers += [
        keras.layers.MaxPooling2D(3, dtype=dtype),
        keras.layers.Flatten(),
        keras.layers.Dense(10, use_bias=False, kernel_initializer=start),
    ]
    return keras.Sequential(layers, name="network")


@keras.saving.register_keras_serializable("keras3_lab")
class Bias(keras.layers.Layer):
    """Adds a trainable bias to each channel, behind a convolution whose filters are fixed."""

    def build(self, input_shape: Any) -> None:
        """Make the bias."""
        self.bias = self.add_weight((input_shape[-1],), "zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        """Return the input with the bias added."""
        return inputs + self.bias
