"""Cases of the classes of `keras.losses`: reductions, weights, masks, ranks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import WIDE, Call, Case, numbers
from keras3_lab.atlas.cases import losses as functions

losses = keras.losses

BITS, CHANCES = functions.BITS, functions.CHANCES
CLASSES, SHARES, WHICH = functions.CLASSES, functions.SHARES, functions.WHICH
NUMBERS = (functions.TRUTH, functions.OUTPUT)
SIGNS = np.sign(numbers(4, 3))
ROWS = np.array([0.5, 0.0, 2.0, 1.0])

PAIRS: dict[str, tuple[Any, Any]] = {
    "BinaryCrossentropy": (BITS, CHANCES),
    "BinaryFocalCrossentropy": (BITS, CHANCES),
    "CategoricalCrossentropy": (CLASSES, SHARES),
    "CategoricalFocalCrossentropy": (CLASSES, SHARES),
    "CategoricalGeneralizedCrossEntropy": (WHICH, SHARES),
    "CategoricalHinge": (CLASSES, SHARES),
    "CosineSimilarity": NUMBERS,
    "Dice": (BITS, CHANCES),
    "Hinge": (SIGNS, functions.OUTPUT),
    "Huber": NUMBERS,
    "KLDivergence": (SHARES[::-1].copy(), SHARES),
    "LogCosh": NUMBERS,
    "MeanAbsoluteError": NUMBERS,
    "MeanAbsolutePercentageError": NUMBERS,
    "MeanSquaredError": NUMBERS,
    "MeanSquaredLogarithmicError": (NUMBERS[0] + 1.5, NUMBERS[1] + 1.5),
    "Poisson": (NUMBERS[0] + 1.5, NUMBERS[1] + 1.5),
    "SparseCategoricalCrossentropy": (WHICH, SHARES),
    "SquaredHinge": (SIGNS, functions.OUTPUT),
    "Tversky": (BITS, CHANCES),
    "Circle": (WHICH, numbers(4, 3)),
    "CTC": (np.array([[1, 2], [2, 0]], "int32"), numbers(2, 4, 3)),
}
REDUCTIONS = ("sum", "mean", "mean_with_sample_weight", "none")


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name, pair in PAIRS.items():
        symbol, make = f"losses.{name}", getattr(losses, name)
        yield Call(symbol, "ordinary", function=_called(make), inputs=pair)
        none = (pair[0][:0], pair[1][:0])
        yield Call(symbol, "empty", WIDE, function=_called(make), inputs=none)
        if name in ("Dice", "Tversky"):  # a single number
            yield Call(symbol, "by-row", function=_called(make, axis=1), inputs=pair)
            continue
        for reduction in REDUCTIONS if name == "MeanSquaredError" else REDUCTIONS[2:3]:
            function = _called(make, reduction=reduction)
            inputs = (*pair, ROWS[: len(pair[1])])
            yield Call(symbol, f"weighted-{reduction}", WIDE, function=function, inputs=inputs)
    for name in ("MeanSquaredError", "SparseCategoricalCrossentropy"):
        yield from _weights(f"losses.{name}", getattr(losses, name), PAIRS[name])
    yield from _masks("losses.MeanSquaredError", losses.MeanSquaredError)
    yield from _options()


def _called(make: Callable[..., Any], **options: Any) -> Callable[..., Any]:
    return lambda *tensors: make(**options)(*tensors)


def _weights(symbol: str, make: Callable[..., Any], pair: tuple[Any, Any]) -> Iterator[Case]:
    tables = {
        "zero": np.zeros(4),
        "negative": np.array([1.0, -1.0, 1.0, -1.0]),
        "infinite": np.array([1.0, np.inf, 0.0, 1.0]),
        "column": ROWS[:, None],
        "whole": np.array([1, 2, 0, 3], "int32"),
        "bool": np.array([True, False, True, True]),
        "scalar": np.array(2.0),
    }
    for reduction in ("sum_over_batch_size", "mean_with_sample_weight"):
        for what, weights in tables.items():
            yield Call(
                symbol,
                f"weights-{what}-{reduction}",
                WIDE,
                function=_called(make, reduction=reduction),
                inputs=(*pair, weights),
                gradient=what != "scalar",  # 0, where it divides by its sum
            )


def _masks(symbol: str, make: Callable[..., Any]) -> Iterator[Case]:
    truth, output = numbers(2, 3, 2, seed=3), 0.1 + np.abs(numbers(2, 3, 2, seed=4))
    masks = {
        "right": [[1, 1, 0], [1, 0, 0]],
        "left": [[0, 1, 1], [0, 0, 1]],
        "all": [[0] * 3] * 2,
        "none": [[1] * 3] * 2,
    }
    for reduction in ("sum_over_batch_size", "sum", "mean_with_sample_weight", "none"):
        for what, rows in masks.items():
            shown = output * np.array(rows)[..., None]  # Masking masks what is 0

            def masked(y_true: Any, y_pred: Any, reduction: str = reduction) -> Any:
                return make(reduction=reduction)(y_true, keras.layers.Masking()(y_pred))

            yield Call(
                symbol, f"mask-{what}-{reduction}", WIDE, function=masked, inputs=(truth, shown)
            )


def _options() -> Iterator[Case]:
    def loss(name: str, what: str, inputs: tuple[Any, ...], **options: Any) -> Case:
        function = _called(getattr(losses, name), **options)
        return Call(f"losses.{name}", what, function=function, inputs=inputs)

    logits, sequences = 5 * numbers(4, 3), (WHICH.reshape(2, 2), SHARES.reshape(2, 2, 3))
    yield loss("BinaryCrossentropy", "logits", (BITS, 5 * numbers(4, 2)), from_logits=True)
    yield loss("BinaryCrossentropy", "smoothed", (BITS, CHANCES), label_smoothing=0.2)
    yield loss("BinaryCrossentropy", "ranks-differ", (BITS[:, 0], CHANCES[:, :1]))
    yield loss("CategoricalCrossentropy", "logits", (CLASSES, logits), from_logits=True)
    yield loss("CategoricalCrossentropy", "whole", (CLASSES.astype("int32"), SHARES))
    yield loss("SparseCategoricalCrossentropy", "logits", (WHICH, logits), from_logits=True)
    yield loss("SparseCategoricalCrossentropy", "sequences", (*sequences, np.ones((2, 2))))
    yield loss("SparseCategoricalCrossentropy", "sequences-by-row", (*sequences, np.ones(2)))
    ignored = (np.array([0, 255, 2, 255], "int32"), logits, ROWS)
    for reduction in REDUCTIONS:
        options = {"from_logits": True, "ignore_class": 255, "reduction": reduction}
        yield loss("SparseCategoricalCrossentropy", f"ignored-{reduction}", ignored, **options)
    large = (np.array([298, 257, 2, 1], "int32"), np.tile(numbers(4, 3), (1, 100)))
    yield loss("SparseCategoricalCrossentropy", "many-classes", large)
    yield loss("Huber", "delta-0.1", NUMBERS, delta=0.1)
    yield loss("CosineSimilarity", "first-axis", NUMBERS, axis=0)
    yield loss("Tversky", "weighted", (BITS, CHANCES, np.array(2.0)), alpha=0.3, beta=0.7)
    yield loss("Dice", "weighted", (BITS, CHANCES, np.array(2.0)))
    for dtype in ("float16", "float32", "float64"):
        yield loss("MeanSquaredError", f"dtype-{dtype}", NUMBERS, dtype=dtype)
        if dtype != "float16":
            yield loss("CategoricalCrossentropy", f"dtype-{dtype}", (CLASSES, SHARES), dtype=dtype)

    def activated(activation: str, name: str, **options: Any) -> Callable[..., Any]:
        function = getattr(keras.activations, activation)
        return lambda y_true, x: getattr(losses, name)(**options)(y_true, function(x))

    far = 12 * numbers(4, 3)
    for name, activation, truth in (
        ("BinaryCrossentropy", "sigmoid", CLASSES),
        ("CategoricalCrossentropy", "softmax", CLASSES),
        ("SparseCategoricalCrossentropy", "softmax", WHICH),
    ):
        for what, x in (("near", far / 6), ("far", 2 * far)):
            symbol, function = f"losses.{name}", activated(activation, name)
            yield Call(symbol, f"behind-{activation}-{what}", function=function, inputs=(truth, x))
