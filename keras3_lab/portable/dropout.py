"""Dropout whose mask is the same on every backend, device and dtype."""

import functools
import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import keras
import numpy as np

from keras3_lab.portable.fused import fused
from keras3_lab.portable.parts import drawn
from keras3_lab.portable.seed_state import SavedSeedState
from keras3_lab.portable.threefry import random_bits


def dropout_mask(seed_state: Any, shape: Any, rate: float, xp: Any = keras.ops) -> Any:
    """Draws which units a dropout layer keeps, a function of its arguments alone.

    Args:
        seed_state: The two words `[seed, step]` of a `keras.random.SeedGenerator`, as an integer
            array or tensor of shape `(2,)`; only their low 32 bits count.
        shape: Shape of the mask.
        rate: Fraction of the units to drop, from 0 to 1, rounded to a multiple of 2**-32.
        xp: `keras.ops` for a tensor of the running backend, `numpy` for the same on the host.

    Returns:
        A bool tensor of shape `shape`: true where the unit is kept.

    Example:
    ```python
    import numpy as np
    from keras3_lab.portable import dropout_mask

    print(dropout_mask(np.array([7, 0]), shape=(2, 8), rate=0.5, xp=np))
    ```
    """
    dropped_words = round(rate * 2**32)
    if dropped_words >= 2**32:  # does not fit a word
        return xp.zeros(shape, dtype="bool")
    if xp is np:
        return _mask(np.asarray(seed_state).astype(np.uint32), shape, dropped_words, np)
    key = keras.ops.cast(keras.ops.convert_to_tensor(seed_state), "uint32")
    if all(isinstance(dimension, int) for dimension in shape):
        return fused(_mask_function(tuple(shape), dropped_words), key)
    return _mask(key, shape, dropped_words, xp)


@functools.lru_cache(maxsize=256)  # one for all layers and programs, so that it is traced once
def _mask_function(shape: tuple[int, ...], dropped_words: int) -> Callable[[Any], Any]:
    return lambda key: _mask(key, shape, dropped_words, keras.ops)


def _mask(key: Any, shape: Any, dropped_words: int, xp: Any) -> Any:
    return xp.greater_equal(random_bits(key, shape, xp=xp), np.uint32(dropped_words))


def masks_digest(
    seed: int, shape: Sequence[int], rate: float, steps: int, xp: Any = keras.ops
) -> str:
    """Compute a fingerprint of the first dropout masks of a layer.

    Args:
        seed: The layer's seed word, `keras3_lab.portable.seed_word(run_seed, layer_index)`.
        shape: Shape of a mask.
        rate: Fraction of the units to drop.
        steps: Number of training steps, from step 0 on.
        xp: `keras.ops` to compute the masks on the running backend, `numpy` on the host.

    Returns:
        The SHA-256 of the masks, a byte per unit, in hexadecimal.
    """
    digest = hashlib.sha256()
    for step in range(steps):
        mask = dropout_mask(np.array([seed, step], np.uint32), tuple(shape), rate, xp=xp)
        mask = mask if xp is np else keras.ops.convert_to_numpy(mask)
        digest.update(mask.astype(np.uint8).tobytes())
    return digest.hexdigest()


def layer_mask(layer: Any, shape: tuple[Any, ...], seed_state: Any) -> Any:
    """Draws the mask of a layer with a `rate`, and perhaps a `noise_shape`, for the rows it has."""
    given = getattr(layer, "noise_shape", None)

    def draw(shape: tuple[Any, ...]) -> Any:
        return dropout_mask(seed_state, shape, layer.rate)

    # Where the first dimension was chosen, it is not that of the rows.
    return draw(shape) if given is not None and given[0] is not None else drawn(draw, shape)


@keras.saving.register_keras_serializable("keras3_lab")
class Dropout(SavedSeedState, keras.layers.Dropout):
    """Applies dropout with a mask that is the same on every backend, device and dtype.

    Stands in for `keras.layers.Dropout`, whose mask comes from the backend's own generator. Here
    it is a hash of the layer's seed and of the number of masks drawn so far. Both are the
    state of the layer's `SeedGenerator`, which this layer saves with the model, unlike Keras's
    own: training that stops on one backend and goes on with another sees the masks it would have
    seen.

    Args:
        rate: Float between 0 and 1. Fraction of the units to drop.
        noise_shape: Shape of the mask, with `None` where it is the input's; for instance
            `(None, 1, None)` to drop the same features at all time steps. Defaults to the
            input's shape.
        seed: Integer seed. Defaults to a random one; `keras3_lab.portable.initialize` sets it
            from the seed of the run.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Input tensor (of any rank).
        training: Whether to drop units (`True`) or to return the inputs (`False`).

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import Dropout

    layer = Dropout(0.5, seed=7)
    print(layer(np.ones((2, 8), "float32"), training=True))
    ```

    Reference:

    - [Srivastava et al., 2014](https://jmlr.org/papers/v15/srivastava14a.html)
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Drop units in training; see the class."""
        if not training or self.rate == 0:
            return inputs
        # A step counts even where nothing is left to draw (rate 1), as in Keras.
        seed_state = self.seed_generator.next()
        if self.rate == 1:
            return keras.ops.zeros_like(inputs)
        mask = layer_mask(self, self._mask_shape(inputs), seed_state)
        # convert_to_tensor, not cast: `keras.ops.cast(0.9, "float64")` goes through float32 on
        # TensorFlow.
        scale = keras.ops.convert_to_tensor(1.0 / (1.0 - self.rate), dtype=inputs.dtype)
        # `where` also when the dropped value is infinite; 0 * inf would be nan.
        return keras.ops.where(mask, inputs * scale, keras.ops.zeros_like(inputs))

    def _mask_shape(self, inputs: Any) -> tuple[Any, ...]:
        shape = keras.ops.shape(inputs)
        if self.noise_shape is None:
            return tuple(shape)
        return tuple(
            given if wanted is None else wanted
            for wanted, given in zip(self.noise_shape, shape, strict=True)
        )
