"""Initial weights and random state of a model, the same on every backend."""

import hashlib
import warnings
from typing import Any

import keras
import numpy as np

from keras3_lab.errors import PortabilityWarning, UsageError
from keras3_lab.portable.draws import check_seed, seed_word
from keras3_lab.portable.initial_values import draw_values, is_known, is_random, stft_values
from keras3_lab.portable.recover import OwnedWeight, base_name, owned_weights, seed_states


def initialize(model: Any, seed: int) -> None:
    """Draws the random initial weights of a model anew, alike on every backend and dtype.

    Every weight whose initializer is random gets values from the distribution of that
    initializer, and every random layer's seed is set. All else stays: weights that start at zero
    or one, adapted `Normalization` statistics, moving averages, and the optimizer's state.

    A weight's values depend on the seed, its shape, its initializer and its position among the
    *randomly initialized* weights. So inserting a layer without any (`Dropout`,
    `BatchNormalization`) leaves the others their values, and names play no part: the same stack as
    Sequential, Functional or subclassed model starts from the same weights.

    Args:
        model: A built Keras model or layer, your own ones included. A layer of your own needs a
            `get_config()` from which it can be rebuilt, or an attribute
            `{weight name}_initializer`.
        seed: Integer of 0 or greater.

    Raises:
        UsageError: If the model is not built or the seed is not such an integer.

    Warns:
        PortabilityWarning: For a weight whose initializer cannot be found, or is random in a way
            of its own. It is named, and left as the backend drew it.

    Example:
    ```python
    import keras
    from keras3_lab.portable import initialize, weights_digest

    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
    initialize(model, seed=7)
    print(weights_digest(model))
    ```
    """
    check_seed(seed)
    if not model.built:
        raise UsageError(
            f"`model` must be built, so that it has weights; received: model={model.name!r}. "
            "Start it with `keras.Input`, or call `model.build(input_shape)`."
        )
    position = 0
    for weight in owned_weights(model):
        variable = weight.variable
        if isinstance(weight.initializer, keras.initializers.STFT):
            _assign(variable, stft_values(weight.initializer, variable.shape))
        if not _must_be_drawn(weight):
            continue
        if is_known(weight.initializer):
            _assign(variable, draw_values(weight.initializer, variable.shape, seed, position))
        else:
            kind = getattr(weight.initializer, "__name__", type(weight.initializer).__name__)
            _warn(weight, f"its initializer {kind} draws in a way of its own")
        position += 1
    for index, state in enumerate(seed_states(model)):
        state.assign(np.array([seed_word(seed, index), 0], dtype=state.dtype))


def weights_digest(model: Any) -> str:
    """Compute a fingerprint of a model's weights and random state.

    Equal on every backend and dtype where the values are; a float64 weight counts as float32.

    Args:
        model: A built Keras model or layer.

    Returns:
        The SHA-256, in hexadecimal, of each weight's position, name, shape and values (floats as
        float32, integers as int64) and of each random generator's two 32-bit words.
    """
    digest = hashlib.sha256()
    for index, variable in enumerate(model.weights):
        values = keras.ops.convert_to_numpy(variable)
        is_float = "float" in keras.backend.standardize_dtype(variable.dtype)
        digest.update(f"{index}.{base_name(variable)} {tuple(variable.shape)}\n".encode())
        digest.update(values.astype("<f4" if is_float else "<i8").tobytes())
    for index, state in enumerate(seed_states(model)):
        digest.update(f"{index}.seed\n".encode())
        digest.update(keras.ops.convert_to_numpy(state).astype("<u4").tobytes())
    return digest.hexdigest()


def _assign(variable: Any, values: Any) -> None:
    # Converted by NumPy: JAX would compile that for each shape.
    variable.assign(values.astype(keras.backend.standardize_dtype(variable.dtype)))


def _must_be_drawn(weight: OwnedWeight) -> bool:
    if "float" not in keras.backend.standardize_dtype(weight.variable.dtype):
        return False  # counters and tables; no Keras layer draws integers
    if weight.initializer is None:
        _warn(weight, weight.problem)
        return False
    return is_random(weight.initializer, weight.variable.shape, weight.variable.dtype)


def _warn(weight: OwnedWeight, problem: str) -> None:
    layer = weight.layer
    warnings.warn(
        f"Weight {weight.variable.name!r} of layer {layer.name!r} ({type(layer).__name__}) keeps "
        f"the value that the {keras.backend.backend()} backend gave it: {problem}. Create it with "
        "`add_weight` and one of Keras's own initializers to make it the same on every backend.",
        PortabilityWarning,
        stacklevel=4,
    )
