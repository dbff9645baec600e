"""What backends compute in float32 even in float64, computed in float64.

Each function has the arguments of the one in `keras.ops` for which it stands, in the backend's own
layout: images and volumes with channels last unless told otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from keras import config, ops
from numpy.typing import NDArray

NEVER = -1e5  # the logarithm of a probability of 0, as finite as JAX's


def dot_product_attention(
    query: Any, key: Any, value: Any, bias: Any = None, mask: Any = None, scale: Any = None,
    is_causal: bool = False, **_: Any,
) -> Any:  # fmt: skip
    """Stand in for `keras.ops.dot_product_attention`.

    JAX takes the softmax in float32, and TensorFlow the root of the scale.
    """
    heads, others = query.shape[2], key.shape[2]
    if heads != others:
        key, value = (ops.repeat(one, heads // others, axis=2) for one in (key, value))
    scale = 1 / math.sqrt(key.shape[-1]) if scale is None else scale
    logits = ops.einsum("btnh,bsnh->bnts", query, key)
    logits = logits * ops.convert_to_tensor(scale, dtype=logits.dtype)
    if bias is not None:
        logits = logits + ops.convert_to_tensor(bias, dtype=logits.dtype)
    if mask is not None:
        logits = ops.where(mask, logits, -0.7 * np.finfo("float64").max)
    if is_causal:
        seen = np.tril(np.ones((logits.shape[2], logits.shape[3]), bool))
        logits = ops.where(seen, logits, -0.7 * np.finfo("float64").max)
    return ops.einsum("bnts,bsnh->btnh", ops.softmax(logits), value)


def in_top_k(targets: Any, predictions: Any, k: int) -> Any:
    """Stand in for `keras.ops.in_top_k`, which TensorFlow has in float32 alone."""
    targets = ops.cast(targets, "int32")
    own = ops.take_along_axis(predictions, targets[:, None], axis=-1)
    larger = ops.sum(ops.cast(predictions > own, "int32"), axis=-1)
    return ops.logical_and(larger < k, ops.all(ops.isfinite(own), axis=-1))


def iou(metric: Any) -> Any:
    """Stand in for `result` of a `keras.metrics.IoU`, which divides in float32."""
    counts = ops.cast(metric.total_cm, "float64")
    right = ops.diag(counts)
    either = ops.sum(counts, axis=0) + ops.sum(counts, axis=1) - right
    right, either = (ops.take(each, metric.target_class_ids) for each in (right, either))
    shares = ops.where(either > 0, right / (either + config.epsilon()), 0.0)
    met = ops.sum(ops.cast(either > 0, "float64"))  # a class that never comes counts for nothing
    return ops.sum(shares) / (met + config.epsilon())


def ctc_loss(
    target: Any, output: Any, target_length: Any, output_length: Any, mask_index: int = 0
) -> Any:
    """Stand in for `keras.ops.ctc_loss`, which TensorFlow has in float32 alone.

    The forward recursion over labels with a blank before, between and behind them.
    """
    target = ops.cast(target, "int32")
    steps = ops.cast(output_length, "int32")
    rows, labels = ops.shape(target)[0], target.shape[1]
    blanks = ops.full((rows, labels + 1, 1), mask_index, dtype="int32")
    padded = ops.pad(target[:, :, None], ((0, 0), (0, 1), (0, 0)))
    path = ops.reshape(ops.concatenate([blanks, padded], 2), (-1, 2 * labels + 2))[:, :-1]
    # A blank may be left out, but not between two labels that are the same.
    skipped = ops.logical_and(path[:, 2:] != mask_index, path[:, 2:] != path[:, :-2])
    skipped = ops.pad(skipped, ((0, 0), (2, 0)))
    along_path = ops.einsum(
        "btc,bsc->tbs",
        ops.log_softmax(output),
        ops.one_hot(path, output.shape[-1], dtype=output.dtype),
    )
    start = ops.zeros_like(along_path[0]) + np.where(np.arange(2 * labels + 1) < 2, 0.0, NEVER)

    def step(before: Any, now: Any) -> tuple[Any, Any]:
        log_probabilities, time = now
        one, two = (_shifted(before, by) for by in (1, 2))
        after = ops.logaddexp(ops.logaddexp(before, one), ops.where(skipped, two, NEVER))
        after = after + log_probabilities
        after = ops.where((time < steps)[:, None], after, before)
        return after, after

    first = start + along_path[0]
    times = ops.arange(1, ops.shape(along_path)[0], dtype="int32")
    last, _ = ops.scan(step, first, (along_path[1:], times))
    ends = 2 * ops.cast(target_length, "int32")[:, None]
    at_blank = ops.take_along_axis(last, ends, axis=1)[:, 0]
    at_label = ops.take_along_axis(last, ops.maximum(ends - 1, 0), axis=1)[:, 0]
    at_label = ops.where(ends[:, 0] > 0, at_label, NEVER)
    return -ops.logaddexp(at_blank, at_label)


def _shifted(x: Any, by: int) -> Any:
    return ops.pad(x[:, :-by], ((0, 0), (by, 0)), constant_values=NEVER)


def pool_3d(pool_2d: Callable[..., Any], inputs: Any, *sizes: Any, adaptive: bool = False) -> Any:
    """Pool volumes by two poolings of images: each slice, then the slices.

    TensorFlow has no such kernel in float64. The largest of several equal values is the first of
    them either way, so that the gradient goes where it would go.

    Args:
        pool_2d: A pooling of images with channels last.
        inputs: Volumes of shape `(batch, depth, height, width, channels)`.
        *sizes: Arguments of the pooling, of which each has one number for each axis.
        adaptive: Whether they are sizes of what comes out, and not of windows.
    """
    _, depth, height, width, channels = inputs.shape
    slices = ops.reshape(inputs, (-1, height, width, channels))
    slices = pool_2d(slices, *(size[1:] for size in sizes))
    _, rows, columns, _ = slices.shape
    columns_of_slices = ops.reshape(slices, (-1, depth, rows * columns, channels))
    unchanged = rows * columns if adaptive else 1
    whole = pool_2d(columns_of_slices, *((size[0], unchanged) for size in sizes))
    return ops.reshape(whole, (-1, whole.shape[1], rows, columns, channels))


def resize(
    images: Any, size: Sequence[int], interpolation: str, antialias: bool, crop: bool, pad: bool,
    fill_value: float,
) -> Any:  # fmt: skip
    """Resize images with channels last, as `jax.image.resize` does: two products with matrices.

    TensorFlow does it in float32, in part without a gradient.
    """
    height, width = images.shape[-3:-1]
    # What of the image has the shape that is asked for, and what around it has.
    wanted = int(width * size[0] / size[1]), int(height * size[1] / size[0])
    if crop:
        cut = tuple(max(min(old, new), 1) for old, new in zip((height, width), wanted, strict=True))
        top, left = (height - cut[0]) // 2, (width - cut[1]) // 2
        images = images[..., top : top + cut[0], left : left + cut[1], :]
    elif pad:
        around = [(max(w, old) - old) // 2 for old, w in zip((height, width), wanted, strict=True)]
        widths = [(0, 0)] * (len(images.shape) - 3) + [(n, n) for n in around] + [(0, 0)]
        images = ops.pad(images, widths, constant_values=fill_value)
    rows, columns = (
        ops.convert_to_tensor(_mixture(old, new, interpolation, antialias), dtype=images.dtype)
        for old, new in zip(images.shape[-3:-1], size, strict=True)
    )
    mixed = ops.einsum("yh,...hwc->...ywc", rows, images)
    return ops.einsum("xw,...ywc->...yxc", columns, mixed)


def _mixture(old: int, new: int, interpolation: str, antialias: bool) -> NDArray[np.float64]:
    """Return, in shape `(new, old)`, how much of each old row goes into each new one."""
    stretch = max(old / new, 1.0) if antialias else 1.0
    place = (np.arange(new) + 0.5) * old / new - 0.5
    distances = np.abs(place[:, None] - np.arange(old)) / stretch
    weights = KERNELS[interpolation](distances)
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def _triangle(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.maximum(0.0, 1 - x)


def _cubic(x: NDArray[np.float64]) -> NDArray[np.float64]:
    near = ((1.5 * x - 2.5) * x) * x + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x >= 2, 0.0, np.where(x >= 1, far, near))


def _lanczos(radius: int) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    return lambda x: np.where(x > radius, 0.0, np.sinc(x) * np.sinc(x / radius))


KERNELS: dict[str, Callable[[NDArray[np.float64]], NDArray[np.float64]]] = {
    "bilinear": _triangle,
    "bicubic": _cubic,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
}
"""What interpolates between pixels, by the distance of a pixel."""
