"""What stands in for a backend's float32 is the backend's own function, but for rounding."""

from __future__ import annotations

import itertools
from typing import Any

import keras
import numpy as np
import pytest
from keras import ops

from keras3_lab.portable import exact


def numbers(*shape: int, seed: int = 0) -> Any:
    return ops.convert_to_tensor(np.random.default_rng(seed).normal(size=shape).astype("float32"))


def same(found: Any, expected: Any, atol: float = 2e-5) -> None:
    np.testing.assert_allclose(
        ops.convert_to_numpy(found), ops.convert_to_numpy(expected), atol=atol, rtol=1e-5
    )


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("heads", [4, 2])  # TensorFlow's own does not take one
def test_attention(causal: bool, heads: int) -> None:
    query, key, value = (
        numbers(2, 5, 4, 3),
        numbers(2, 6, heads, 3),
        numbers(2, 6, heads, 3, seed=1),
    )
    mask, bias = np.arange(6) != 2, numbers(2, 4, 5, 6, seed=2)
    for arguments in ({}, {"scale": 0.3, "mask": np.tile(mask, (2, 4, 5, 1)), "bias": bias}):
        stock = ops.dot_product_attention(query, key, value, is_causal=causal, **arguments)
        same(exact.dot_product_attention(query, key, value, is_causal=causal, **arguments), stock)


def test_top_k() -> None:
    rows = np.array([[0.1, 0.4, 0.2, 0.4], [0.3, 0.3, 0.3, 0.1]], "float32")
    rows = ops.convert_to_tensor(np.repeat(rows, 4, axis=0))
    targets = ops.convert_to_tensor(np.tile(np.arange(4), 2).astype("int32"))
    for k in (1, 2, 3, 4):
        stock = ops.convert_to_numpy(ops.in_top_k(targets, rows, k))
        found = ops.convert_to_numpy(exact.in_top_k(targets, rows, k))
        np.testing.assert_array_equal(found, stock)


@pytest.mark.parametrize(
    "metric",
    [
        keras.metrics.IoU(4, [0, 2]),
        keras.metrics.MeanIoU(4),  # of four classes one never comes
        keras.metrics.BinaryIoU(threshold=1.5),
        keras.metrics.OneHotMeanIoU(4),
    ],
    ids=lambda metric: type(metric).__name__,
)
def test_intersection_over_union(metric: keras.metrics.IoU) -> None:
    labels, found = np.array([0, 1, 2, 2, 0, 1]), np.array([0, 1, 1, 2, 2, 1])
    if isinstance(metric, keras.metrics.OneHotMeanIoU):
        labels, found = np.eye(4)[labels], np.eye(4)[found]
    metric.update_state(labels, found, sample_weight=np.array([1, 2, 1, 3, 1, 1]))
    same(exact.iou(metric), metric.result())


def test_ctc_is_the_sum_over_all_paths() -> None:
    logits, targets = numbers(4, 5, 3), np.array([[1, 2], [1, 1], [2, 1], [2, 0]], "int32")
    lengths, steps = np.array([2, 2, 1, 1]), np.array([5, 4, 5, 3])
    shares = ops.convert_to_numpy(ops.softmax(logits)).astype("float64")
    expected = np.zeros(4)
    for row in range(4):
        for path in itertools.product(range(3), repeat=int(steps[row])):
            collapsed = [token for token, _ in itertools.groupby(path) if token]
            if collapsed == list(targets[row, : lengths[row]]):
                expected[row] += np.prod(shares[row, np.arange(steps[row]), path])
    arguments = (
        ops.convert_to_tensor(targets),
        logits,
        *map(ops.convert_to_tensor, (lengths, steps)),
    )
    same(exact.ctc_loss(*arguments), -np.log(expected))
    same(ops.ctc_loss(*arguments), -np.log(expected))


@pytest.mark.parametrize("name", ["max_pool", "average_pool"])
@pytest.mark.parametrize("padding", ["valid", "same"])
def test_pooling_of_volumes(name: str, padding: str) -> None:
    pool, volumes = getattr(keras.ops, name), numbers(2, 5, 6, 7, 3)

    def images(x: Any, size: Any, strides: Any) -> Any:
        return pool(x, size, strides, padding)

    found = exact.pool_3d(images, volumes, (2, 3, 2), (2, 1, 3))
    same(found, pool(volumes, (2, 3, 2), (2, 1, 3), padding))


@pytest.mark.parametrize("interpolation", exact.KERNELS)
@pytest.mark.parametrize("antialias", [False, True])
@pytest.mark.parametrize(("crop", "pad"), [(False, False), (True, False), (False, True)])
def test_resizing(interpolation: str, antialias: bool, crop: bool, pad: bool) -> None:
    images = numbers(2, 7, 12, 3)
    stock = ops.image.resize(
        images, (5, 14), interpolation, antialias, crop, pad, data_format="channels_last"
    )
    found = exact.resize(images, (5, 14), interpolation, antialias, crop, pad, 0.0)
    same(found, stock, 5e-3 if interpolation == "bicubic" else 2e-5)
