"""Portable twins of Keras's layers, put in their place in anyone's model."""

from __future__ import annotations

import math
from typing import Any

import keras
import numpy as np

from keras3_lab.portable.dropout import Dropout, layer_mask
from keras3_lab.portable.parts import drawn
from keras3_lab.portable.seed_state import SavedSeedState
from keras3_lab.portable.threefry import random_bits
from keras3_lab.private.layers import alpha_noise_shape, flatten_layers, spatial_noise_shape


class _Spatial(SavedSeedState):
    def call(self: Any, inputs: Any, training: bool = False) -> Any:
        """Drop whole channels in training."""
        if not training or self.rate == 0:
            return inputs
        kept = layer_mask(self, spatial_noise_shape(self, inputs), self.seed_generator.next())
        scaled = inputs * _exactly(1.0 / (1.0 - self.rate), inputs)
        return keras.ops.where(kept, scaled, keras.ops.zeros_like(inputs))


@keras.saving.register_keras_serializable("keras3_lab")
class SpatialDropout1D(_Spatial, keras.layers.SpatialDropout1D):
    """`keras.layers.SpatialDropout1D` with a mask that is the same on every backend."""


@keras.saving.register_keras_serializable("keras3_lab")
class SpatialDropout2D(_Spatial, keras.layers.SpatialDropout2D):
    """`keras.layers.SpatialDropout2D` with a mask that is the same on every backend."""


@keras.saving.register_keras_serializable("keras3_lab")
class SpatialDropout3D(_Spatial, keras.layers.SpatialDropout3D):
    """`keras.layers.SpatialDropout3D` with a mask that is the same on every backend."""


@keras.saving.register_keras_serializable("keras3_lab")
class AlphaDropout(SavedSeedState, keras.layers.AlphaDropout):
    """`keras.layers.AlphaDropout` with a mask that is the same on every backend."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Set units to the negative saturation of selu, and keep mean and variance."""
        if not training or self.rate == 0:
            return inputs
        saturation = -1.6732632423543772848170429916717 * 1.0507009873554804934193349852946
        kept = layer_mask(self, alpha_noise_shape(self, inputs), self.seed_generator.next())
        a = ((1 - self.rate) * (1 + self.rate * saturation**2)) ** -0.5
        dropped = keras.ops.full_like(inputs, saturation)
        a, b = (_exactly(value, inputs) for value in (a, -a * saturation * self.rate))
        return a * keras.ops.where(kept, inputs, dropped) + b


@keras.saving.register_keras_serializable("keras3_lab")
class GaussianNoise(SavedSeedState, keras.layers.GaussianNoise):
    """`keras.layers.GaussianNoise` with noise that is the same on every backend, to rounding."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Add noise in training."""
        if not training or self.stddev == 0:
            return inputs
        noise = standard_normal(self.seed_generator.next(), inputs)
        return inputs + _exactly(self.stddev, inputs) * noise


@keras.saving.register_keras_serializable("keras3_lab")
class GaussianDropout(SavedSeedState, keras.layers.GaussianDropout):
    """`keras.layers.GaussianDropout` with noise that is the same on every backend, to rounding."""

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Multiplies by noise in training."""
        if not training or self.rate == 0:
            return inputs
        noise = standard_normal(self.seed_generator.next(), inputs)
        stddev = math.sqrt(self.rate / (1.0 - self.rate))
        return inputs * (1.0 + _exactly(stddev, inputs) * noise)


@keras.saving.register_keras_serializable("keras3_lab")
class Embedding(keras.layers.Embedding):
    """`keras.layers.Embedding` whose gradient is the same on every backend, whatever trains it.

    On TensorFlow the gradient of a lookup lists the tokens of a batch one by one, and optimizers
    that are not linear in the gradient, such as Adam, square it before those of the same token are
    summed up. This one hands over the sum, at the cost of a gradient as large as the table.
    """

    def call(self, inputs: Any) -> Any:
        """Look up the vectors of tokens."""
        # What is done to the whole table has a gradient of the whole table.
        vectors = keras.ops.take(1 * self.embeddings, keras.ops.cast(inputs, "int32"), axis=0)
        return keras.ops.cast(vectors, self.compute_dtype)


@keras.saving.register_keras_serializable("keras3_lab")
class SpectralNormalization(keras.layers.SpectralNormalization):
    """`keras.layers.SpectralNormalization` that trains alike on every backend.

    The wrapped layer computes with its kernel divided by the spectral norm, in training and after,
    and the gradient flows through the norm. The kernel itself is not overwritten.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Call the wrapped layer with the normalized kernel."""
        vector_u, kernel = keras.ops.cond(
            keras.ops.all(keras.ops.equal(self.kernel, 0)),
            lambda: (self.vector_u.value, self.kernel.value),
            self.normalized_weights,
        )
        if training:
            self.vector_u.assign(vector_u)
        values = {id(v): v.value for v in self.layer.variables} | {id(self.kernel): kernel}
        with keras.StatelessScope([(v, values[id(v)]) for v in self.layer.variables]):
            return keras.ops.cast(self.layer(inputs), inputs.dtype)


TWINS: dict[type, type] = {
    keras.layers.Dropout: Dropout,
    keras.layers.SpatialDropout1D: SpatialDropout1D,
    keras.layers.SpatialDropout2D: SpatialDropout2D,
    keras.layers.SpatialDropout3D: SpatialDropout3D,
    keras.layers.AlphaDropout: AlphaDropout,
    keras.layers.GaussianNoise: GaussianNoise,
    keras.layers.GaussianDropout: GaussianDropout,
    keras.layers.Embedding: Embedding,
    keras.layers.SpectralNormalization: SpectralNormalization,
}


def has_twin(layer: Any) -> bool:
    """Whether a stock layer can be replaced by a portable one."""
    return type(layer) in TWINS


def replace_stock_layers(model: keras.Model) -> list[str]:
    """Turn every stock layer that has a portable twin into it, in place.

    Args:
        model: Any Keras model, subclassed ones and layers within layers included.

    Returns:
        Names of the layers that were replaced.

    Example:
    ```python
    import keras
    from keras3_lab.portable.twins import replace_stock_layers

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.5)])
    print(replace_stock_layers(model))
    ```
    """
    replaced = []
    for layer in flatten_layers(model):
        if has_twin(layer):
            # A twin has the attributes of the layer it stands in for, and only computes otherwise:
            # so the graph, the layer's name and the compiled state all stay as they are.
            layer.__class__ = TWINS[type(layer)]
            replaced.append(layer.name)
    return replaced


def standard_normal(seed_state: Any, like: Any) -> Any:
    """Draw standard normal numbers from a layer's random state.

    Args:
        seed_state: The two words of a `keras.random.SeedGenerator`.
        like: A tensor whose shape and dtype they take.

    Returns:
        A tensor of the shape and dtype of `like`. Its random bits are the same everywhere; the
        logarithm and cosine of the Box–Muller transform differ in the last place.
    """
    shape = tuple(keras.ops.shape(like))
    key = keras.ops.cast(seed_state, "uint32")
    words = drawn(lambda shape: random_bits(key, shape), (2, *shape), axis=1)
    # 24 bits are exact in float32, and never 0 with the half added: the logarithm stays finite.
    bits = keras.ops.cast(keras.ops.right_shift(words, np.uint32(8)), "int32")
    unit = (keras.ops.cast(bits, like.dtype) + 0.5) * 2.0**-24
    radius = keras.ops.sqrt(-2.0 * keras.ops.log(unit[0]))
    return radius * keras.ops.cos(_exactly(2 * math.pi, like) * unit[1])


def _exactly(value: float, like: Any) -> Any:
    # Not cast, which goes through float32 on TensorFlow.
    return keras.ops.convert_to_tensor(value, dtype=like.dtype)
