"""Cases of the functions of `keras.losses`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import FLOATS, WIDE, Call, Case, numbers

losses = keras.losses
Pair = tuple[Any, ...]

INF, NAN = np.inf, np.nan
HALF_AS_WELL = ("ordinary", "large", "certain-wrong", "zero-row", "logits", "logits-large")
"""Inputs that are tried in half precision, too."""

TRUTH = numbers(4, 3, seed=1)
OUTPUT = numbers(4, 3, seed=2)
WHOLE = np.array([[3, 0, -1], [2, 2, 7]], "int32")

CANCELS = (
    ("cosine_similarity", "no-error"),
    ("cosine_similarity", "ranks-differ"),
    ("poisson", "no-error"),
    ("tversky", "alpha-0.0"),
)
"""Where the gradient is 0, and nothing but rounding is left of it."""

NUMBERS: dict[str, Pair] = {
    "ordinary": (TRUTH, OUTPUT),
    "positive": (TRUTH + 1.1, OUTPUT + 1.1),
    "no-error": (TRUTH, TRUTH.copy()),
    "zeros": (np.zeros((2, 3)), np.zeros((2, 3))),
    "zero-row": (np.array([[0.0, 0, 0], [1, 2, 3]]), np.array([[3.0, 2, 1], [0, -0.0, 0]])),
    "large": (np.array([[1e30, -1e4, 1e20]]), np.array([[-1e30, 1e4, 2e20]])),
    "small": (np.array([[1e-30, 1e-40, 0.0]]), np.array([[-1e-30, 1e-38, 1e-44]])),
    "special": (
        np.array([[INF, 1.0], [NAN, 1.0], [1.0, 2.0]]),
        np.array([[1.0, INF], [1.0, 2.0], [NAN, 1.0]]),
    ),
    "same-infinity": (np.array([[INF, -INF]]), np.array([[INF, -INF]])),
    "empty": (np.zeros((0, 3)), np.zeros((0, 3))),
    "whole-both": (WHOLE, WHOLE + 1),
    "ranks-differ": (TRUTH[:, 0], OUTPUT[:, :1]),
}
"""Truth and output of what compares numbers."""

REGRESSION = [
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
    "poisson",
    "cosine_similarity",
    "kl_divergence",
]

BITS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [0.0, 0.0]])
CHANCES = np.array([[0.9, 0.2], [0.6, 0.5], [0.01, 0.99], [0.3, 0.7]])

YES_NO: dict[str, Pair] = {
    "ordinary": (BITS, CHANCES),
    "certain-right": (BITS, BITS.copy()),
    "certain-wrong": (BITS, 1 - BITS),
    "at-the-floor": (BITS, np.array([[1e-7, 1 - 1e-7]] * 4)),
    "below-the-floor": (BITS, np.array([[1e-9, 1 - 1e-12]] * 4)),
    "beyond-chances": (BITS, np.array([[-0.1, 1.2], [3.0, -3.0], [1.5, 0.0], [INF, -INF]])),
    "not-a-number": (BITS, np.array([[NAN, 0.5]] * 4)),
    "all-zero": (np.zeros((2, 3)), np.zeros((2, 3))),
    "empty": (np.zeros((0, 2)), np.zeros((0, 2))),
    "whole-truth": (BITS.astype("int32"), CHANCES),
    "ranks-differ": (BITS[:, 0], CHANCES[:, :1]),
}
"""Truth and chances of a yes."""

LOGITS: dict[str, Pair] = {
    "logits": (BITS, 5 * numbers(4, 2)),
    "logits-zero": (BITS, np.zeros((4, 2))),
    "logits-large": (BITS, np.array([[100.0, -100.0], [1e4, -1e4], [-1e30, 1e30], [88.0, 89.0]])),
    "logits-infinite": (BITS, np.array([[INF, -INF]] * 4)),
}
"""Truth and logits of a yes."""

CLASSES = np.eye(3)[[0, 1, 2, 1]]
SHARES = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.3, 0.3, 0.4], [0.5, 0.25, 0.25]])

ONE_OF: dict[str, Pair] = {
    "ordinary": (CLASSES, SHARES),
    "certain-right": (CLASSES, CLASSES.copy()),
    "certain-wrong": (CLASSES, np.eye(3)[[1, 2, 0, 2]]),
    "zero-row": (CLASSES, np.zeros((4, 3))),
    "unnormalized": (CLASSES, 4 * SHARES),
    "below-the-floor": (CLASSES, np.array([[1e-9, 1e-12, 1.0]] * 4)),
    "no-class": (np.zeros((4, 3)), SHARES),
    "not-a-number": (CLASSES, np.array([[NAN, 0.5, 0.5]] * 4)),
    "empty": (np.zeros((0, 3)), np.zeros((0, 3))),
    "one-class": (np.ones((4, 1)), np.ones((4, 1))),
    "whole-truth": (CLASSES.astype("int32"), SHARES),
}
"""Truth and shares of classes."""

CLASS_LOGITS: dict[str, Pair] = {
    "logits": (CLASSES, 5 * numbers(4, 3)),
    "logits-equal": (CLASSES, np.ones((4, 3))),
    "logits-large": (
        CLASSES,
        np.array([[1e30, -1e30, 0.0], [100, -100, 0], [-200, 0, 200], [0, 1e4, 1]]),
    ),
    "logits-infinite": (
        CLASSES,
        np.array([[INF, 0.0, 0.0], [-INF, 0, 0], [0, 0, -INF], [-INF, 0, INF]]),
    ),
    "logits-not-a-number": (CLASSES, np.array([[NAN, 0.0, 0.0]] * 4)),
}

WHICH = np.array([0, 1, 2, 1], "int32")

SPARSE: dict[str, tuple[Pair, Mapping[str, Any]]] = {
    "ordinary": ((WHICH, SHARES), {}),
    "long-integers": ((WHICH.astype("int64"), SHARES), {}),
    "fractions": ((WHICH + 0.7, SHARES), {}),
    "zero-row": ((WHICH, np.zeros((4, 3))), {}),
    "unnormalized": ((WHICH, 4 * SHARES), {}),
    "too-high": ((np.array([0, 3, 2, 7], "int32"), SHARES), {}),
    "negative": ((np.array([0, -1, 2, -5], "int32"), SHARES), {}),
    "too-high-logits": (
        (np.array([0, 3, 2, 7], "int32"), 5 * numbers(4, 3)),
        {"from_logits": True},
    ),
    "negative-logits": (
        (np.array([0, -1, 2, -5], "int32"), 5 * numbers(4, 3)),
        {"from_logits": True},
    ),
    "ignored": ((WHICH, SHARES), {"ignore_class": 1}),
    "ignored-all": ((np.ones(4, "int32"), SHARES), {"ignore_class": 1}),
    "ignored-logits": (
        (np.array([0, 255, 2, 1], "int32"), 5 * numbers(4, 3)),
        {"from_logits": True, "ignore_class": 255},
    ),
    "logits": ((WHICH, 5 * numbers(4, 3)), {"from_logits": True}),
    "logits-large": (
        (WHICH, np.array([[1e30, -1e30, 0.0], [100, -100, 0], [-200, 0, 200], [0, 1e4, 1]])),
        {"from_logits": True},
    ),
    "logits-infinite": (
        (WHICH, np.array([[INF, 0.0, 0.0], [0, -INF, 0], [-INF, 0, 0], [-INF, 0, INF]])),
        {"from_logits": True},
    ),
    "not-a-number": ((WHICH, np.array([[NAN, 0.5, 0.5]] * 4)), {}),
    "sequences": ((WHICH.reshape(2, 2), SHARES.reshape(2, 2, 3)), {}),
    "first-axis": ((np.array([0, 2, 1], "int32"), SHARES[:3]), {"axis": 0}),
    "empty": ((np.zeros(0, "int32"), np.zeros((0, 3))), {}),
    "one-class": ((np.zeros(2, "int32"), np.ones((2, 1))), {}),
}

SIGNS = np.array([[1.0, -1.0, 1.0], [-1.0, 1.0, -1.0]])

HINGES: dict[str, Pair] = {
    "ordinary": (SIGNS, 2 * numbers(2, 3)),
    "at-the-margin": (SIGNS, SIGNS.copy()),
    "zeros": (SIGNS, np.zeros((2, 3))),
    "bits": ((SIGNS > 0).astype("float64"), 2 * numbers(2, 3)),
    "bool-truth": (SIGNS > 0, 2 * numbers(2, 3)),
    "tied": (np.array([[1.0, 0, 0], [0, 1.0, 1.0]]), np.array([[0.5, 1.5, 1.5], [0.5, 0.5, 0.5]])),
    "special": (SIGNS, np.array([[INF, 1.0, 0.0], [NAN, 1.0, -INF]])),
    "empty": (np.zeros((0, 3)), np.zeros((0, 3))),
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name in REGRESSION:
        yield from _pairs(name, NUMBERS)
    for name in ("hinge", "squared_hinge", "categorical_hinge"):
        yield from _pairs(name, HINGES)
    for name in ("binary_crossentropy", "binary_focal_crossentropy"):
        yield from _pairs(name, YES_NO)
        yield from _pairs(name, LOGITS, from_logits=True)
    for name in ("dice", "tversky"):
        yield from _pairs(name, YES_NO)
        yield from _pairs(name, {"by-row": (BITS, CHANCES)}, axis=1)
        yield from _pairs(name, {"by-rows-zero": (BITS * 0, CHANCES * 0)}, axis=(0, 1))
    for name in ("categorical_crossentropy", "categorical_focal_crossentropy"):
        yield from _pairs(name, ONE_OF)
        yield from _pairs(name, CLASS_LOGITS, from_logits=True)
        yield from _pairs(name, {"smoothed": (CLASSES, SHARES)}, label_smoothing=0.1)
        yield from _pairs(name, {"first-axis": (CLASSES, SHARES)}, axis=0)
    yield from _pairs("categorical_generalized_cross_entropy", _sparse_truth(ONE_OF), q=0.5)
    shares = {f"shares-{k}": ONE_OF[k] for k in ("ordinary", "certain-wrong", "zero-row")}
    yield from _pairs("kl_divergence", shares)
    for what, (pair, keywords) in SPARSE.items():
        yield from _pairs("sparse_categorical_crossentropy", {what: pair}, **keywords)
    yield from _more()


def _pairs(name: str, table: Mapping[str, Pair], **keywords: Any) -> Iterator[Case]:
    function = partial(getattr(losses, name), **keywords)
    for what, pair in table.items():
        dtypes = FLOATS if what in HALF_AS_WELL else WIDE
        gradient = (name, what) not in CANCELS
        yield Call(
            f"losses.{name}", what, dtypes, function=function, inputs=pair, gradient=gradient
        )


def _sparse_truth(table: Mapping[str, Pair]) -> dict[str, Pair]:
    """Return pairs with numbers of classes in the place of their rows."""
    return {
        what: (truth.argmax(-1).astype("int32"), output)
        for what, (truth, output) in table.items()
        if truth.ndim == 2
    }


def _more() -> Iterator[Case]:
    yield from _pairs(
        "huber", {"at-the-corner": (np.zeros((1, 4)), np.array([[1.0, -1.0, 1.5, 0.0]]))}
    )
    yield from _pairs("huber", {"delta-0": (np.zeros((1, 3)), numbers(1, 3))}, delta=0.0)
    yield from _pairs("huber", {"delta-5": (np.zeros((1, 3)), 9 * numbers(1, 3))}, delta=5.0)
    yield from _pairs(
        "log_cosh", {"far": (np.zeros((1, 4)), np.array([[50.0, -50.0, 100.0, 1e4]]))}
    )
    yield from _pairs("poisson", {"output-zero": (np.array([[1.0, 0.0]]), np.zeros((1, 2)))})
    yield from _pairs("poisson", {"output-negative": (np.ones((1, 2)), -np.ones((1, 2)))})
    yield from _pairs("cosine_similarity", {"first-axis": (TRUTH, OUTPUT)}, axis=0)
    yield from _pairs("cosine_similarity", {"tiny": (TRUTH * 1e-7, OUTPUT * 1e-7)})
    yield from _pairs(
        "mean_squared_logarithmic_error",
        {"minus-1": (np.full((1, 3), -1.0), np.array([[-1.0, -2.0, 0.0]]))},
    )
    yield from _pairs("binary_crossentropy", {"smoothed": (BITS, CHANCES)}, label_smoothing=0.1)
    yield from _pairs("binary_crossentropy", {"first-axis": (BITS, CHANCES)}, axis=0)
    yield from _pairs(
        "binary_focal_crossentropy", {"balanced": (BITS, CHANCES)}, apply_class_balancing=True
    )
    for gamma in (0.0, 0.5, 1.0):
        named = {f"gamma-{gamma}-certain": (BITS, BITS.copy())}
        yield from _pairs("binary_focal_crossentropy", named, gamma=gamma)
        named = {f"gamma-{gamma}-certain": (CLASSES, CLASSES.copy())}
        yield from _pairs("categorical_focal_crossentropy", named, gamma=gamma)
    named = {"alphas": (CLASSES, SHARES)}
    yield from _pairs("categorical_focal_crossentropy", named, alpha=[0.1, 0.2, 0.7])
    for q in (0.1, 0.99):
        named = {f"q-{q}": (WHICH, SHARES)}
        yield from _pairs("categorical_generalized_cross_entropy", named, q=q)
    for alpha, beta in ((0.0, 0.0), (0.3, 0.7)):
        named = {f"alpha-{alpha}": (BITS, CHANCES)}
        yield from _pairs("tversky", named, alpha=alpha, beta=beta)
    yield from _circles()
    yield from _sequences()


def _circles() -> Iterator[Case]:
    features = numbers(6, 4)
    features /= np.linalg.norm(features, axis=-1, keepdims=True)
    labels = np.array([0, 0, 1, 1, 2, 2], "int32")
    pairs = {
        "ordinary": (labels, features),
        "one-class": (labels * 0, features),
        "all-classes": (np.arange(6, dtype="int32"), features),
        "equal-features": (labels, np.tile(features[:1], (6, 1))),
        "one-row": (labels[:1], features[:1]),
        "column-of-labels": (labels[:, None], features),
        "zeros": (labels, features * 0),
    }
    yield from _pairs("circle", pairs)
    yield from _pairs("circle", {"with-diagonal": pairs["ordinary"]}, remove_diagonal=False)
    yield from _pairs("circle", {"gamma-1": pairs["ordinary"]}, gamma=1.0, margin=0.0)
    references = {"ref_labels": np.array([0, 1, 2], "int32"), "ref_embeddings": features[::2]}

    def among(y_true: Any, y_pred: Any) -> Any:
        others = keras.ops.cast(references["ref_embeddings"], y_pred.dtype)
        return losses.circle(y_true, y_pred, references["ref_labels"], others)

    yield Call("losses.circle", "references", function=among, inputs=(labels, features))


def _sequences() -> Iterator[Case]:
    output = 3 * numbers(2, 5, 4)
    tables = {
        "ordinary": (np.array([[1, 2, 3], [2, 2, 0]], "int32"), output),
        "repeated": (np.array([[1, 1, 0], [3, 3, 3]], "int32"), output),
        "too-long": (np.array([[1, 1, 1, 1, 1]] * 2, "int32"), output),
        "longer-than-output": (np.array([[1, 2, 1, 2, 1, 3]] * 2, "int32"), output),
        "large": (np.array([[1, 2, 3], [2, 2, 0]], "int32"), 1e3 * output),
        "a-label-too-high": (np.array([[1, 9, 3], [2, 2, 0]], "int32"), output),
        "label-minus-1": (np.array([[1, 2, -1], [2, -1, -1]], "int32"), output),
    }
    yield from _pairs("ctc", tables)
