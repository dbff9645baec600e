"""Puts what is computed in float64 in the place of what backends compute in float32."""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras3_lab.portable import exact
from keras3_lab.portable.mends import Mends
from keras3_lab.private.rounding import backend_function, takes_cudnn


def mend_float32_kernels(mends: Mends) -> None:
    """Mend what TensorFlow has in float32 alone."""
    for mend in (_mend_ctc, _mend_top_k, _mend_pooling_3d, _mend_resizing):
        mend(mends)


def _in_float64(
    mends: Mends, name: str, exact: Callable[..., Any], applies: Callable[..., bool]
) -> None:
    """Put a function in the place of a backend's where its first tensor is float64.

    Args:
        mends: Takes it up.
        name: Name of the backend's function.
        exact: Called with the present function and its arguments.
        applies: Whether it takes these arguments.
    """
    present = backend_function(name)

    @functools.wraps(present)
    def call(*arguments: Any, **named: Any) -> Any:
        given = inspect.signature(present).bind(*arguments, **named)
        given.apply_defaults()
        if applies(**given.arguments):
            return exact(present, **given.arguments)
        return present(*arguments, **named)

    mends.functions[present] = call


def _is_float64(x: Any) -> bool:
    return keras.backend.standardize_dtype(getattr(x, "dtype", "float32")) == "float64"


def mend_attention(mends: Mends) -> None:
    """Mend attention, of which each backend computes a part in float32."""

    def attention(present: Any, query: Any, key: Any, value: Any, **arguments: Any) -> Any:
        tensors = (keras.ops.convert_to_tensor(one) for one in (query, key, value))
        return exact.dot_product_attention(*tensors, **arguments)

    _in_float64(
        mends,
        "nn.dot_product_attention",
        attention,
        lambda query, flash_attention, **_: _is_float64(query) and not flash_attention,
    )
    # One query, two keys: 1/√3 and 0 before the softmax.
    keys = np.zeros((1, 2, 1, 3))
    keys[0, 0, 0, 0] = 1.0
    by_hand = 1 / (1 + math.exp(-(3**-0.5)))

    def attended(scale: float | None) -> Any:
        return keras.ops.dot_product_attention(keys[:, :1], keys, keys, scale=scale)[0, 0, 0, 0]

    for scale in (None, 3**-0.5):
        mends.show("keras.ops.dot_product_attention", functools.partial(attended, scale), by_hand)


def mend_mel(mends: Mends) -> None:
    """Mend the weights of a `MelSpectrogram`, which are float32 on every backend."""
    kind = keras.layers.MelSpectrogram
    present = kind.linear_to_mel_weight_matrix
    mends.undo.callback(setattr, kind, present.__name__, present)
    kind.linear_to_mel_weight_matrix = functools.partialmethod(present, dtype="float64")
    # The second of three frequencies falls on the way down of the first of two triangles.
    low, at, high = (math.log1p(hertz / 700) for hertz in (1, 3, 5))
    by_hand = (low + (high - low) * 2 / 3 - at) / ((high - low) / 3)
    mends.show(
        "keras.layers.MelSpectrogram",
        lambda: kind().linear_to_mel_weight_matrix(2, 3, 12, 1.0, 5.0)[1, 0],
        by_hand,
    )


def mend_iou(mends: Mends) -> None:
    """Mend the results of `IoU` metrics, which every backend divides in float32."""
    kind = keras.metrics.IoU
    mends.undo.callback(setattr, kind, "result", kind.result)
    kind.result = exact.iou

    def third() -> Any:
        metric = kind(2, [0], name="probe")  # named, because Keras numbers what has no name
        metric.update_state(np.array([0, 0, 1]), np.array([0, 1, 0]))
        return metric.result()

    epsilon = keras.config.epsilon()
    mends.show("keras.metrics.IoU", third, 1 / (3 + epsilon) / (1 + epsilon))


def mend_cudnn(mends: Mends) -> None:
    """Leave recurrent layers to Keras's loop on JAX, whose cuDNN has them in float32 alone."""
    mends.functions[takes_cudnn()] = lambda *_, **__: False


def _mend_ctc(mends: Mends) -> None:
    _in_float64(
        mends,
        "nn.ctc_loss",
        lambda present, **arguments: exact.ctc_loss(**arguments),
        lambda output, **_: _is_float64(output),
    )
    # Three of nine paths of equal probability tell the label.
    label, output, one, two = np.array([[1]]), np.zeros((1, 2, 3)), np.array([1]), np.array([2])
    mends.show(
        "keras.ops.ctc_loss", lambda: keras.ops.ctc_loss(label, output, one, two)[0], math.log(3)
    )


def _mend_top_k(mends: Mends) -> None:
    _in_float64(
        mends,
        "math.in_top_k",
        lambda present, **arguments: exact.in_top_k(**arguments),
        lambda predictions, **_: _is_float64(predictions),
    )

    def second_of_three() -> Any:
        rows = keras.ops.convert_to_tensor(np.array([[0.2, 0.5, 0.3]]))
        return keras.ops.in_top_k(np.array([2]), rows, 2)[0]

    mends.show("keras.ops.in_top_k", second_of_three, 1.0)


def _mend_pooling_3d(mends: Mends) -> None:
    def pooled(present: Any, inputs: Any, data_format: Any, **sizes: Any) -> Any:
        first = (data_format or keras.config.image_data_format()) == "channels_first"
        inputs = keras.ops.moveaxis(inputs, 1, -1) if first else inputs
        padding = {"padding": sizes.pop("padding")} if "padding" in sizes else {}
        by_axis = (
            (size,) * 3 if isinstance(size, int) else tuple(size)
            for size in ((sizes["pool_size"] if one is None else one) for one in sizes.values())
        )
        pool = functools.partial(present, data_format="channels_last", **padding)
        found = exact.pool_3d(pool, inputs, *by_axis, adaptive="output_size" in sizes)
        return keras.ops.moveaxis(found, -1, 1) if first else found

    for name in ("max_pool", "average_pool", "adaptive_max_pool", "adaptive_average_pool"):
        _in_float64(
            mends,
            f"nn.{name}",
            pooled,
            lambda inputs, **_: _is_float64(inputs) and len(inputs.shape) == 5,
        )
    volume = np.full((1, 2, 2, 2, 1), 0.9)

    def pooled_once(pool: Callable[..., Any]) -> Any:
        return pool(volume, 2)[0, 0, 0, 0, 0]

    for pool in (keras.ops.max_pool, keras.ops.average_pool):
        mends.show(f"keras.ops.{pool.__name__}", functools.partial(pooled_once, pool), 0.9)


def _mend_resizing(mends: Mends) -> None:
    def resized(
        present: Any, images: Any, size: Any, interpolation: str, antialias: bool,
        crop_to_aspect_ratio: bool, pad_to_aspect_ratio: bool, fill_value: float, data_format: Any,
        **_: Any,
    ) -> Any:  # fmt: skip
        first = (data_format or keras.config.image_data_format()) == "channels_first"
        images = keras.ops.moveaxis(images, -3, -1) if first else images
        found = exact.resize(
            images, tuple(size), interpolation, antialias, crop_to_aspect_ratio,
            pad_to_aspect_ratio, fill_value,
        )  # fmt: skip
        return keras.ops.moveaxis(found, -1, -3) if first else found

    _in_float64(
        mends,
        "image.resize",
        resized,
        lambda images, interpolation, **_: _is_float64(images) and interpolation in exact.KERNELS,
    )

    def second_of_four() -> Any:
        images = keras.ops.convert_to_tensor(np.array([0.0, 0.9])[None, None, :, None])
        return keras.ops.image.resize(images, (1, 4))[0, 0, 1, 0]

    mends.show("keras.ops.image.resize", second_of_four, 0.225)
