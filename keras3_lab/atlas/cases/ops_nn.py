"""Cases of what networks are made of: convolutions, pools, attention, norms, losses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from keras3_lab.atlas.case import FLOATS, Case, numbers
from keras3_lab.atlas.cases.ops_call import call, each
from keras3_lab.atlas.cases.values import BY_NAME

IMAGE = numbers(1, 5, 6, 4)
LINE = numbers(2, 7, 4)
CUBE = numbers(1, 4, 4, 4, 2)
TIES = np.ones((1, 4, 4, 1))
INT_IMAGE = np.arange(16, dtype="int32").reshape(1, 4, 4, 1)
HOLES = np.array([0.0, np.nan, 1.0, np.inf, -1.0, -np.inf, 2.0, 0.5] * 2).reshape(1, 4, 4, 1)
ROWS = numbers(3, 4)


def cases() -> Iterator[Case]:
    """Yield the cases."""
    yield from _convolutions()
    yield from _pools()
    yield from _softmaxes()
    yield from _norms()
    yield from _losses()
    yield from _attention()
    yield from _folds()


def _convolutions() -> Iterator[Case]:
    square, even = numbers(3, 3, 4, 2), numbers(2, 2, 4, 2)
    ways: dict[str, dict[str, Any]] = {
        "valid": {},
        "same": {"padding": "same"},
        "stride-2": {"strides": 2, "padding": "same"},
        "stride-3": {"strides": 3, "padding": "same"},
        "strides-unlike": {"strides": (1, 2)},
        "dilated": {"dilation_rate": 2, "padding": "same"},
        "dilated-and-strided": {"dilation_rate": 2, "strides": 2, "padding": "same"},
    }
    for what, more in ways.items():
        for kind, kernel in {"odd": square, "even": even}.items():
            yield call("conv", f"{kind}-{what}", IMAGE, kernel, **more)
            turned = np.swapaxes(kernel, 2, 3)
            yield call("conv_transpose", f"{kind}-{what}", IMAGE, turned, **more)
            yield call("depthwise_conv", f"{kind}-{what}", IMAGE, kernel, **more)
            point = numbers(1, 1, 8, 3)
            yield call("separable_conv", f"{kind}-{what}", IMAGE, kernel, point, **more)
    yield call("conv", "narrow", IMAGE, square, dtypes=FLOATS)
    yield call("conv", "groups", IMAGE, numbers(3, 3, 2, 6), padding="same")
    yield call("conv", "groups-wrong", IMAGE, numbers(3, 3, 3, 6))
    yield call("conv", "first", numbers(1, 4, 5, 6), square, data_format="channels_first")
    yield call("conv", "too-large", IMAGE[:, :2], square)
    yield call("conv", "no-rows", IMAGE[:0], square)
    yield call("conv", "special", np.where(IMAGE > 0.9, np.inf, IMAGE), square)
    yield call("conv", "int32", INT_IMAGE, np.ones((2, 2, 1, 1), "int32"))
    yield call("conv", "int32-and-floats", INT_IMAGE, numbers(2, 2, 1, 3))
    for rank, (array, kernel) in enumerate(
        ((LINE, numbers(3, 4, 2)), (CUBE, numbers(2, 2, 2, 2, 3)))
    ):
        for what in ("valid", "stride-3", "dilated", "dilated-and-strided"):
            name = f"{'line' if rank == 0 else 'cube'}-{what}"
            yield call("conv", name, array, kernel, **ways[what])
            turned = np.swapaxes(kernel, -1, -2)
            yield call("conv_transpose", name, array, turned, **ways[what])
    yield call("conv", "line-causal", LINE, numbers(3, 4, 2), padding="causal")
    yield call("depthwise_conv", "line", LINE, numbers(3, 4, 2), padding="same")
    yield call("depthwise_conv", "first", numbers(1, 4, 5, 6), square, data_format="channels_first")
    yield call("separable_conv", "line", LINE, numbers(3, 4, 1), numbers(1, 4, 3))
    for padding in ("valid", "same"):
        for extra in (0, 1, (1, 0)):
            yield call(
                "conv_transpose",
                f"extra-{extra}-{padding}".replace(" ", ""),
                IMAGE,
                numbers(3, 3, 2, 4),
                strides=2,
                padding=padding,
                output_padding=extra,
            )
    yield call(
        "conv_transpose",
        "first",
        numbers(1, 4, 5, 6),
        numbers(3, 3, 2, 4),
        data_format="channels_first",
    )


def _pools() -> Iterator[Case]:
    inputs = {
        "ordinary": IMAGE,
        "ties": TIES,
        "holes": HOLES,
        "int32": INT_IMAGE,
        "no-rows": IMAGE[:0],
    }
    for name in ("max_pool", "average_pool"):
        for what, array in inputs.items():
            yield call(name, what, array, 2, strides=2)
            yield call(name, f"{what}-same", array, 3, strides=2, padding="same")
        yield call(name, "overlapping", IMAGE, 3, strides=1)
        yield call(name, "stride-3-same", IMAGE, 2, strides=3, padding="same")
        yield call(name, "first", numbers(1, 2, 4, 4), 2, strides=2, data_format="channels_first")
        yield call(name, "too-large", IMAGE, 7, strides=1)
        yield call(name, "narrow", IMAGE, 2, strides=2, dtypes=FLOATS)
        yield call(name, "bool", INT_IMAGE > 5, 2, strides=2)
        yield call(name, "strides-left-out", IMAGE, 2)
        yield call(name, "strides-left-out-pair", IMAGE, (2, 2))
        for what, array in {
            "line": LINE,
            "cube": CUBE,
            "cube-ties": np.ones((1, 4, 4, 4, 1)),
        }.items():
            yield call(name, what, array, 2, strides=2)
            yield call(name, f"{what}-same", array, 2, strides=3, padding="same")
    for name in ("adaptive_max_pool", "adaptive_average_pool"):
        for what, (array, size) in {
            "even": (numbers(1, 4, 6, 2), (2, 3)),
            "uneven": (IMAGE, (3, 4)),
            "one": (IMAGE, 1),
            "same-size": (IMAGE, (5, 6)),
            "larger": (IMAGE, 8),
            "line": (LINE, 3),
            "cube": (CUBE, 3),
            "ties": (TIES, 3),
            "holes": (HOLES, 3),
            "int32": (INT_IMAGE, 3),
        }.items():
            yield call(name, what, array, size)
        yield call(name, "first", numbers(1, 2, 5, 4), 2, data_format="channels_first")


def _softmaxes() -> Iterator[Case]:
    tables = {
        "ordinary": ROWS,
        "ties": np.array([[1.0, 1.0, 0.0, 1.0], [0.0, -0.0, 0.0, 0.0]]),
        "special": np.array([[np.inf, 1.0, 0.0, 2.0], [-np.inf] * 4, [np.nan, 0.0, 1.0, 2.0]]),
        "masked": np.array([[-np.inf, 1.0, 0.0, -np.inf]]),
        "large": BY_NAME["large"][None],
        "small": BY_NAME["small"][None],
        "one": ROWS[:, :1],
        "nothing": np.zeros((3, 0)),
        "empty": np.zeros((0, 4)),
        "int32": np.array([[1, 2, 3, -4]], "int32"),
        "bool": np.array([[True, False]]),
    }
    for name in ("softmax", "log_softmax", "sparsemax"):
        for what, array in tables.items():
            yield call(name, what, array, dtypes=FLOATS if what == "ordinary" else FLOATS[:2])
        yield call(name, "first-axis", ROWS, axis=0)
        yield call(name, "vector", ROWS[0])
    for name in ("softmax", "log_softmax"):
        yield call(name, "no-axis", ROWS, axis=None)
        yield call(name, "axes", numbers(2, 3, 4), axis=(1, 2))
        yield call(name, "apart-axes", numbers(2, 3, 4), axis=(0, 2))
    for what, array in tables.items():
        if array.shape[-1] % 2 == 0:
            yield call("glu", what, array)
    yield call("glu", "odd", ROWS[:, :3])
    yield call("glu", "first-axis", ROWS[:2], axis=0)


def _norms() -> Iterator[Case]:
    tables = {
        "ordinary": numbers(3, 4),
        "constant": np.full((2, 4), 0.1),
        "zeros": np.zeros((2, 4)),
        "large": 1e20 * numbers(2, 4),
        "offset": 1e4 + numbers(2, 4),
        "special": np.array([[np.inf, 0.0, 1.0, 2.0], [np.nan, 0.0, 1.0, 2.0]]),
        "one": numbers(2, 1),
        "no-rows": np.zeros((0, 4)),
        "int32": np.array([[1, 2, 3, -4]], "int32"),
    }
    for what, array in tables.items():
        narrow = FLOATS if what == "ordinary" else FLOATS[:2]
        size = array.shape[-1]
        scale, shift = numbers(size) + 2, numbers(size)
        yield call("layer_normalization", what, array, scale, shift, dtypes=narrow)
        yield call("rms_normalization", what, array, scale, dtypes=narrow)
        yield call("layer_normalization", f"{what}-plain", array, dtypes=narrow)
        yield call("rms_normalization", f"{what}-plain", array, dtypes=narrow)
        statistics = numbers(size, seed=2), numbers(size, seed=3) + 1.5
        yield call("batch_normalization", what, array, *statistics, axis=-1, dtypes=narrow)
        yield call("batch_normalization", f"{what}-all", array, *statistics, -1, shift, scale)
    cube = numbers(2, 3, 4)
    yield call("layer_normalization", "axes", cube, numbers(3, 4), numbers(3, 4), axis=(1, 2))
    yield call("layer_normalization", "middle", cube, numbers(3), numbers(3), axis=1)
    yield call("rms_normalization", "axes", cube, numbers(3, 4), axis=(1, 2))
    yield call("rms_normalization", "middle", cube, axis=1)
    yield call("batch_normalization", "middle", cube, numbers(3), numbers(3) + 2, axis=1)
    zero = np.zeros(4)
    yield call(
        "batch_normalization", "no-variance", tables["ordinary"], zero, zero, axis=-1, epsilon=0.0
    )
    yield call("batch_normalization", "negative-variance", ROWS, zero, zero - 1, axis=-1)


def _losses() -> Iterator[Case]:
    chances = {
        "ordinary": np.array([[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]]),
        "edges": np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]),
        "outside": np.array([[-0.5, 1.5, 0.2], [2.0, 0.0, 0.0]]),
        "near": np.array([[1e-8, 1 - 1e-7, 1e-7], [1.0, 1e-9, 0.0]]),
        "special": np.array([[np.nan, 0.5, 0.5], [np.inf, 0.0, 0.0]]),
        "large": np.array([[100.0, -100.0, 0.0], [1e30, -1e30, 0.0]]),
        "zeros": np.zeros((2, 3)),
        "no-rows": np.zeros((0, 3)),
    }
    for what, given in chances.items():
        rows = len(given)
        hot = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]])[:rows]
        labels = np.array([1, 0], "int32")[:rows]
        for logits in (False, True):
            name = f"{what}-logits" if logits else what
            narrow = FLOATS if what == "ordinary" else FLOATS[:2]
            for loss in ("binary_crossentropy", "categorical_crossentropy"):
                yield call(loss, name, hot, given, from_logits=logits, dtypes=narrow)
            yield call("sparse_categorical_crossentropy", name, labels, given, from_logits=logits)
    given = chances["ordinary"]
    for what, labels in {
        "beyond": np.array([1, 3], "int32"),
        "negative": np.array([-1, 0], "int32"),
        "column": np.array([[1], [0]], "int32"),
        "floats": np.array([1.0, 0.0]),
        "uint8": np.array([1, 0], "uint8"),
    }.items():
        for logits in (False, True):
            name = f"{what}-labels{'-logits' if logits else ''}"
            yield call("sparse_categorical_crossentropy", name, labels, given, from_logits=logits)
    soft = np.array([[0.2, 0.2, 0.2], [0.0, 0.0, 0.0]])
    whole = np.array([[0, 1, 0], [1, 0, 0]], "int32")
    for loss in ("binary_crossentropy", "categorical_crossentropy"):
        for logits in (False, True):
            end = "-logits" if logits else ""
            yield call(loss, f"soft-labels{end}", soft, given, from_logits=logits)
            yield call(loss, f"int32-labels{end}", whole, given, from_logits=logits)
        yield call(loss, "unlike-shapes", soft[:1], given)
    yield call("categorical_crossentropy", "first-axis", soft, given, axis=0)
    yield call("sparse_categorical_crossentropy", "first-axis", np.array([0, 1, 0]), given, axis=0)
    for what, (one, other, top) in {
        "ordinary": (ROWS, ROWS + 0.1, 2.0),
        "equal": (ROWS, ROWS, 1.0),
        "int32": (whole, whole + 1, 255),
    }.items():
        yield call("psnr", what, one, other, top)
    yield from _ctc()


def _ctc() -> Iterator[Case]:
    target = np.array([[1, 2], [2, 2]], "int32")
    output = numbers(2, 6, 4)
    for what, (lengths, outputs) in {
        "ordinary": ([2, 2], [6, 6]),
        "short-targets": ([1, 2], [6, 5]),
        "no-target": ([0, 2], [6, 6]),
        "impossible": ([2, 2], [1, 2]),
        "no-output": ([2, 2], [0, 6]),
    }.items():
        given = np.array(lengths, "int32"), np.array(outputs, "int32")
        yield call("ctc_loss", what, target, output, *given)
        yield call("ctc_loss", f"{what}-last-blank", target - 1, output, *given, mask_index=3)
    yield call(
        "ctc_loss", "blank-in-target", target * 0, output, np.array([2, 2]), np.array([6, 6])
    )
    length = np.array([6, 4], "int32")
    greedy: dict[str, Any] = {"strategy": "greedy"}
    beam: dict[str, Any] = {"strategy": "beam_search", "beam_width": 4}
    for how in (greedy, beam):
        strategy = how["strategy"]
        for merge in (True, False):
            what = f"{strategy}-{'merged' if merge else 'all'}"
            yield call(
                "ctc_decode", what, output, length, merge_repeated=merge, gradient=False, **how
            )
        yield call("ctc_decode", f"{strategy}-ties", output * 0, length, gradient=False, **how)
        what = f"{strategy}-last-blank"
        yield call("ctc_decode", what, output, length, mask_index=3, gradient=False, **how)
    yield call("ctc_decode", "paths", output, length, top_paths=2, gradient=False, **beam)
    yield call("ctc_decode", "no-output", output, length * 0, gradient=False)


def _attention() -> Iterator[Case]:
    query, key, value = (
        numbers(2, 3, 2, 4),
        numbers(2, 5, 2, 4, seed=1),
        numbers(2, 5, 2, 4, seed=2),
    )
    all_, none = np.ones((2, 2, 3, 5), bool), np.zeros((2, 2, 3, 5), bool)
    masks = {"all": all_, "none": none, "one-row": all_ & (np.arange(3) != 1)[:, None]}
    name = "dot_product_attention"
    yield call(name, "ordinary", query, key, value, dtypes=FLOATS)
    yield call(name, "scale", query, key, value, scale=2.0)
    yield call(name, "cap", query, key, value, attn_logits_soft_cap=1.5)
    yield call(name, "causal", query, key, value, is_causal=True)
    yield call(name, "bias", query, key, value, numbers(2, 2, 3, 5))
    yield call(name, "bias-infinite", query, key, value, np.where(none[..., :1], 0.0, -np.inf))
    for what, mask in masks.items():
        yield call(name, f"mask-{what}", query, key, value, None, mask)
        yield call(name, f"mask-{what}-causal", query, key, value, None, mask, None, True)
        yield call(name, f"mask-{what}-bias", query, key, value, numbers(2, 2, 3, 5), mask)
    yield call(name, "grouped", numbers(1, 3, 4, 2), key[:1, :, :, :2], value[:1, :, :, :2])
    yield call(name, "value-wider", query, key, numbers(2, 5, 2, 6))
    yield call(name, "no-keys", query, key[:, :0], value[:, :0])
    yield call(name, "equal", query * 0, key * 0, value)
    yield call(name, "large", query * 1e3, key * 1e3, value)
    yield call(name, "int32-mask", query, key, value, None, all_.astype("int32"))


def _folds() -> Iterator[Case]:
    image = numbers(1, 2, 4, 6)
    ways: dict[str, dict[str, Any]] = {
        "plain": {},
        "padded": {"padding": 1},
        "strided": {"stride": 2},
        "dilated": {"dilation": 2},
        "pairs": {"stride": (1, 2), "padding": (0, 1)},
    }
    for what, more in ways.items():
        yield call("unfold", what, image, 2, **more)
        yield call(
            "unfold", f"{what}-int32", np.arange(24, dtype="int32").reshape(1, 1, 4, 6), 2, **more
        )
        yield call("fold", what, numbers(1, 8, _columns(more)), (4, 6), 2, **more)
    yield call("fold", "wrong", numbers(1, 8, 7), (4, 6), 2)
    yield from each("relu silu", "scalar", np.array(0.5))


def _columns(more: dict[str, Any]) -> int:
    """Return how many blocks of 2 by 2 there are in an image of 4 by 6."""
    pads, strides = (
        np.array([1, 1]) * more.get("padding", 0),
        np.array([1, 1]) * more.get("stride", 1),
    )
    return int(np.prod((np.array([4, 6]) + 2 * pads - more.get("dilation", 1) - 1) // strides + 1))
