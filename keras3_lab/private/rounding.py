"""Where Keras rounds float64 to float32, so that `keras3_lab.portable.float64` can mend it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import keras

from keras3_lab.private.parts import attribute, part, release

FLOAT64 = "keras3_lab.portable.float64"


def clamped_dtypes() -> dict[str, str]:
    """Return the table by which `keras.backend.result_type` turns 64-bit dtypes into 32-bit ones.

    Unnecessary once `result_type` follows `keras.config.floatx()`, as it does on TensorFlow.
    """
    table: dict[str, str] = part(
        "keras.src.backend.common.dtypes:BIT64_TO_BIT32_DTYPE", needed_by=FLOAT64
    )
    return table


def backend_function(name: str) -> Callable[..., Any]:
    """Return the backend's function that `keras.ops` calls.

    It is looked for where `keras.ops` looks, since Keras 3.16 in a room of its own: elsewhere may
    be a copy that nobody uses.

    Unnecessary once these functions keep float64, for which TensorFlow would have to convert Python
    numbers by the dtype that is asked for (https://github.com/tensorflow/tensorflow/issues/57779).

    Args:
        name: `"cast"`, `"convert_to_tensor"`, or a name in `keras.ops.nn`, such as `"nn.gelu"`.
    """
    room = "backend.ops" if release() >= (3, 16) else "backend"
    function: Callable[..., Any] = part(f"keras.src:{room}.{name}", needed_by=FLOAT64)
    return function


def takes_cudnn() -> Callable[..., Any]:
    """Return the backend's function that tells whether cuDNN computes a recurrent layer.

    Unnecessary once Keras leaves cuDNN out in float64, which it has not on JAX.
    """
    backend = keras.config.backend()
    function: Callable[..., Any] = part(
        f"keras.src.backend.{backend}.rnn:cudnn_ok", needed_by=FLOAT64
    )
    return function


def replace(others: Mapping[Callable[..., Any], Callable[..., Any]]) -> Callable[[], None]:
    """Put other functions in the place of some of Keras's, in every module that names them.

    Keras's modules import functions by name, so that each holds a reference of its own.

    Unnecessary once `backend_function` is.

    Args:
        others: What to call instead of each of Keras's functions.

    Returns:
        A function that puts the originals back.
    """
    originals = {id(original): original for original in others}
    places = [
        (module, name, originals[id(value)])
        for key, module in list(sys.modules.items())
        if key.startswith("keras.src.")
        for name, value in vars(module).items()
        if id(value) in originals
    ]

    def put(functions: Mapping[Callable[..., Any], Callable[..., Any]]) -> None:
        for module, name, original in places:
            setattr(module, name, functions[original])

    put(others)
    return lambda: put({original: original for original in others})


def replace_weight_decay(
    make: Callable[[Callable[..., None]], Callable[..., None]],
) -> Callable[[], None]:
    """Put another method in the place of the one by which optimizers apply `weight_decay`.

    Unnecessary once weight decay keeps float64 on TensorFlow.

    Args:
        make: Makes the other method, `(self, variables) -> None`, from the present one.

    Returns:
        A function that puts the present one back.
    """
    name = "_apply_weight_decay"
    present = attribute(keras.optimizers.Optimizer, name, needed_by=FLOAT64)
    (owner, *_) = (kind for kind in keras.optimizers.Optimizer.__mro__ if name in vars(kind))
    setattr(owner, name, make(present))
    return lambda: setattr(owner, name, present)
