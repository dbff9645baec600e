"""Cases of `keras.metrics`: state and result after two updates, and the functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import FLOATS, WIDE, Call, Case, numbers
from keras3_lab.atlas.cases import losses as functions

metrics = keras.metrics
Inputs = tuple[Any, ...]

INF, NAN = np.inf, np.nan
BITS, CHANCES = functions.BITS, functions.CHANCES
CLASSES, SHARES, WHICH = functions.CLASSES, functions.SHARES, functions.WHICH
TRUTH, OUTPUT = functions.TRUTH, functions.OUTPUT
ROWS = np.array([0.5, 0.0, 2.0, 1.0])
TIED = np.array([[0.4, 0.4, 0.2], [0.2, 0.4, 0.4], [1 / 3] * 3, [0.0, 0.0, 0.0]])
STRANGE = np.array([[NAN, 0.5, 0.5], [INF, 0.0, 0.0], [-INF, INF, INF], [0.0, NAN, NAN]])
EMPTY = np.zeros((0, 3))

NUMBERS: dict[str, Inputs] = {
    "ordinary": (TRUTH, OUTPUT),
    "weighted": (TRUTH, OUTPUT, ROWS),
    "weights-zero": (TRUTH, OUTPUT, 0 * ROWS),
    "no-error": (TRUTH, TRUTH.copy()),
    "zeros": (0 * TRUTH, 0 * TRUTH),
    "constants": (np.ones((4, 3)), np.full((4, 3), 0.25)),
    "special": (TRUTH, STRANGE),
    "whole": (functions.WHOLE, functions.WHOLE + 1),
    "one-row": (TRUTH[:1], OUTPUT[:1]),
    "empty": (EMPTY, EMPTY),
}
OF_NUMBERS = [
    "MeanAbsoluteError",
    "MeanSquaredError",
    "RootMeanSquaredError",
    "CosineSimilarity",
    "PearsonCorrelation",
    "ConcordanceCorrelation",
    "R2Score",
]
FEW = ("ordinary", "weighted", "zeros", "empty")
OF_NUMBERS_FEW = [
    "MeanAbsolutePercentageError",
    "MeanSquaredLogarithmicError",
    "LogCoshError",
    "KLDivergence",
    "Poisson",
    "Hinge",
    "SquaredHinge",
    "CategoricalHinge",
]

YES_NO: dict[str, Inputs] = {
    "ordinary": (BITS, CHANCES),
    "weighted": (BITS, CHANCES, ROWS),
    "half": (BITS, np.full((4, 2), 0.5)),
    "certain": (BITS, BITS.copy()),
    "none-true": (0 * BITS, CHANCES),
    "all-true": (0 * BITS + 1, CHANCES),
    "bool-truth": (BITS.astype(bool), CHANCES),
    "not-a-number": (BITS, np.full((4, 2), NAN)),
    "beyond-chances": (BITS, 4 * CHANCES - 2),
    "empty": (EMPTY, EMPTY),
}
OF_YES_NO: dict[str, Mapping[str, Any]] = {
    "TruePositives": {},
    "FalsePositives": {"thresholds": [0.2, 0.5, 0.9]},
    "TrueNegatives": {},
    "FalseNegatives": {"thresholds": 0.3},
    "Precision": {},
    "Recall": {"thresholds": [0.0, 0.5, 1.0]},
    "AUC": {"num_thresholds": 5},
    "SensitivityAtSpecificity": {"specificity": 0.5, "num_thresholds": 5},
    "SpecificityAtSensitivity": {"sensitivity": 0.5, "num_thresholds": 5},
    "PrecisionAtRecall": {"recall": 0.5, "num_thresholds": 5},
    "RecallAtPrecision": {"precision": 0.5, "num_thresholds": 5},
    "BinaryAccuracy": {},
    "BinaryCrossentropy": {},
    "BinaryIoU": {},
    "F1Score": {"threshold": 0.5},
    "FBetaScore": {"beta": 2.0, "average": "weighted"},
}

WITH_FEW = [
    "SensitivityAtSpecificity",
    "BinaryCrossentropy",
    "CategoricalCrossentropy",
    "SparseCategoricalCrossentropy",
    "FalsePositives",
    "TrueNegatives",
    "FalseNegatives",
    "SpecificityAtSensitivity",
    "PrecisionAtRecall",
    "RecallAtPrecision",
    "F1Score",
    "MeanIoU",
    "OneHotMeanIoU",
]
"""Those that do as their neighbours do."""

ONE_OF: dict[str, Inputs] = {
    "ordinary": (CLASSES, SHARES),
    "weighted": (CLASSES, SHARES, ROWS),
    "tied": (CLASSES, TIED),
    "truth-tied": (TIED, SHARES),
    "strange": (CLASSES, STRANGE),
    "whole-truth": (CLASSES.astype("int32"), SHARES),
    "empty": (EMPTY, EMPTY),
}
OF_ONE_OF: dict[str, Mapping[str, Any]] = {
    "CategoricalAccuracy": {},
    "CategoricalCrossentropy": {},
    "TopKCategoricalAccuracy": {"k": 2},
    "OneHotIoU": {"num_classes": 3, "target_class_ids": [0, 2]},
    "OneHotMeanIoU": {"num_classes": 3},
}

SPARSE: dict[str, Inputs] = {
    "ordinary": (WHICH, SHARES),
    "weighted": (WHICH, SHARES, ROWS),
    "tied": (WHICH, TIED),
    "strange": (WHICH, STRANGE),
    "column": (WHICH[:, None], SHARES),
    "float-truth": (WHICH.astype("float64"), SHARES),
    "sequences": (WHICH.reshape(2, 2), SHARES.reshape(2, 2, 3)),
    "too-high": (np.array([0, 3, 2, 7], "int32"), SHARES),
    "negative": (np.array([0, -1, 2, -1], "int32"), SHARES),
    "bytes": (WHICH.astype("uint8"), SHARES),
    "empty": (np.zeros(0, "int32"), EMPTY),
}
OF_SPARSE: dict[str, Mapping[str, Any]] = {
    "SparseCategoricalAccuracy": {},
    "SparseCategoricalCrossentropy": {},
    "SparseTopKCategoricalAccuracy": {"k": 2},
}

PAIRS: dict[str, Inputs] = {
    "ordinary": (np.array([0, 1, 2, 1], "int32"), np.array([0, 2, 2, 1], "int32")),
    "weighted": (np.array([0, 1, 2, 1], "int32"), np.array([0, 2, 2, 1], "int32"), ROWS),
    "floats": (np.array([0.0, 1, 2, 1]), np.array([0.2, 2.9, 2, 1])),
    "absent-class": (np.zeros(4, "int32"), np.zeros(4, "int32")),
    "too-high": (np.array([0, 5, 2, 1], "int32"), np.array([0, 2, 9, 1], "int32")),
    "negative": (np.array([0, -1, 2, 1], "int32"), np.array([0, 2, -2, 1], "int32")),
    "images": (np.array([[[0, 1], [2, 1]]], "int32"), np.array([[[0, 2], [2, 1]]], "int32")),
    "empty": (np.zeros(0, "int32"), np.zeros(0, "int32")),
}
OF_PAIRS: dict[str, Mapping[str, Any]] = {
    "Accuracy": {},
    "IoU": {"num_classes": 3, "target_class_ids": [0, 1]},
    "MeanIoU": {"num_classes": 3},
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name in OF_NUMBERS:
        yield from _measured(name, {}, NUMBERS)
    for name in OF_NUMBERS_FEW:
        yield from _measured(name, {}, {what: NUMBERS[what] for what in FEW})
    for table, inputs in (
        (OF_YES_NO, YES_NO),
        (OF_ONE_OF, ONE_OF),
        (OF_SPARSE, SPARSE),
        (OF_PAIRS, PAIRS),
    ):
        for name, options in table.items():
            fewer = {what: inputs[what] for what in FEW if what in inputs}
            yield from _measured(name, options, fewer if name in WITH_FEW else inputs)
    values = {
        "ordinary": (TRUTH + 1.1,),
        "weighted": (TRUTH + 1.1, ROWS),
        "infinite": (np.array([INF, 1.0]),),
        "whole": (functions.WHOLE,),
        "bool": (np.array([True, False]),),
        "large": (np.array([3e38, 3e38]),),
        "empty": (EMPTY,),
    }
    for name in ("Mean", "Sum"):
        yield from _measured(name, {}, values)
    yield from _options()
    yield from _functions()


def _measured(name: str, options: Mapping[str, Any], table: Mapping[str, Inputs]) -> Iterator[Case]:
    for what, inputs in table.items():
        yield _case(name, what, inputs, **options)


def _case(name: str, what: str, inputs: Inputs, **options: Any) -> Case:
    """Measure twice, the second time without weights; return result and state."""
    make = getattr(metrics, name)

    def measure(*tensors: Any) -> Any:
        metric = make(**options)
        metric.update_state(*tensors)
        metric.update_state(*tensors[: 1 if name in ("Mean", "Sum") else 2])
        return {"result": metric.result(), "state": [v.value for v in metric.variables]}

    dtypes = FLOATS if what in ("ordinary", "weighted") else WIDE
    return Call(
        f"metrics.{name}",
        what,
        dtypes,
        function=measure,
        inputs=inputs,
        gradient=False,
        compiles=False,
    )


def _options() -> Iterator[Case]:
    yes_no, weighted = (BITS, CHANCES), (BITS, CHANCES, ROWS)
    for curve in ("ROC", "PR", "PRGAIN"):
        for summation in ("interpolation", "minoring", "majoring"):
            options: dict[str, Any] = {"curve": curve, "summation_method": summation}
            what = f"{curve}-{summation}"
            yield _case("AUC", what, weighted, num_thresholds=7, **options)
    yield _case("AUC", "by-label", yes_no, num_thresholds=5, multi_label=True, num_labels=2)
    options = {"multi_label": True, "num_labels": 2, "label_weights": [0.2, 0.8]}
    yield _case("AUC", "weighted-labels", yes_no, num_thresholds=5, **options)
    yield _case("AUC", "logits", (BITS, 5 * numbers(4, 2)), num_thresholds=5, from_logits=True)
    yield _case("AUC", "own-thresholds", yes_no, thresholds=[0.1, 0.2, 0.99])
    yield _case("AUC", "two-hundred", yes_no)
    for name in ("Precision", "Recall"):
        yield _case(name, "top-2", (CLASSES, SHARES), top_k=2)
        yield _case(name, "top-1-tied", (CLASSES, TIED), top_k=1)
        yield _case(name, "top-2-strange", (CLASSES, STRANGE), top_k=2)
        yield _case(name, "class-1", (CLASSES, SHARES), class_id=1)
        yield _case(name, "top-2-class-1", (CLASSES, SHARES, ROWS), top_k=2, class_id=1)
    for average in (None, "micro", "macro", "weighted"):
        yield _case("F1Score", f"average-{average}", (CLASSES, SHARES), average=average)
        yield _case("FBetaScore", f"tied-{average}", (CLASSES, TIED), average=average, beta=0.5)
    for aggregation in (None, "variance_weighted_average"):
        what = f"aggregation-{aggregation}"
        yield _case("R2Score", what, (TRUTH, OUTPUT), class_aggregation=aggregation)
    yield _case("R2Score", "adjusted", (TRUTH, OUTPUT), num_regressors=2)
    yield _case("R2Score", "too-many-regressors", (TRUTH, OUTPUT), num_regressors=20)
    yield _case("CosineSimilarity", "first-axis", (TRUTH, OUTPUT), axis=0)
    yield _case("PearsonCorrelation", "first-axis", (TRUTH, OUTPUT), axis=0)
    yield _case("ConcordanceCorrelation", "both-axes", (TRUTH, OUTPUT), axis=(0, 1))
    for name in ("IoU", "MeanIoU"):
        more = {"target_class_ids": [0, 1, 2]} if name == "IoU" else {}
        yield _case(name, "ignored", PAIRS["ordinary"], num_classes=3, ignore_class=1, **more)
        yield _case(name, "shares", (WHICH, SHARES), num_classes=3, sparse_y_pred=False, **more)
        yield _case(name, "ties", (WHICH, TIED), num_classes=3, sparse_y_pred=False, **more)
    for k in (1, 3, 5):
        yield _case("TopKCategoricalAccuracy", f"k-{k}", (CLASSES, TIED), k=k)
        yield _case("SparseTopKCategoricalAccuracy", f"k-{k}", (WHICH, TIED), k=k)
    ids = np.array([[0, 1, 2], [2, 1, 0], [1, 0, 2], [0, 2, 1]], "int32")
    yield _case(
        "SparseTopKCategoricalAccuracy", "sorted-ids", (WHICH, ids), k=2, from_sorted_ids=True
    )
    yield _case("BinaryCrossentropy", "logits", (BITS, 9 * numbers(4, 2)), from_logits=True)
    yield _case("CategoricalCrossentropy", "logits", (CLASSES, 9 * numbers(4, 3)), from_logits=True)
    ignored = (np.array([0, 255, 2, 1], "int32"), SHARES, ROWS)
    yield _case("SparseCategoricalCrossentropy", "ignored", ignored, ignore_class=255)
    yield _case("MeanMetricWrapper", "own-function", (TRUTH, OUTPUT, ROWS), fn=_squares)
    yield _case("MeanMetricWrapper", "whole-result", PAIRS["ordinary"], fn=_equal)
    for name, x in (("MeanAbsoluteError", OUTPUT), ("BinaryAccuracy", np.abs(OUTPUT))):
        yield from _masked(name, x.reshape(2, 2, 3))


def _masked(name: str, x: np.ndarray) -> Iterator[Case]:
    make = getattr(metrics, name)
    for what, rows in {"right": [[1, 1], [1, 0]], "all": [[0, 0]] * 2}.items():

        def measure(y_true: Any, output: Any) -> Any:
            metric = make()
            metric.update_state(y_true, keras.layers.Masking()(output))
            return {"result": metric.result(), "state": [v.value for v in metric.variables]}

        inputs = (np.round(np.abs(x)), x * np.array(rows)[..., None])
        yield Call(
            f"metrics.{name}",
            f"mask-{what}",
            WIDE,
            function=measure,
            inputs=inputs,
            gradient=False,
            compiles=False,
        )


def _squares(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.square(y_true - y_pred)


def _equal(y_true: Any, y_pred: Any) -> Any:
    return keras.ops.equal(y_true, y_pred)


def _functions() -> Iterator[Case]:
    """Functions that are no losses as well."""
    tables: dict[str, Mapping[str, Inputs]] = {
        "binary_accuracy": YES_NO,
        "categorical_accuracy": ONE_OF,
        "sparse_categorical_accuracy": SPARSE,
        "top_k_categorical_accuracy": ONE_OF,
        "sparse_top_k_categorical_accuracy": SPARSE,
        "pearson_correlation": NUMBERS,
        "concordance_correlation": NUMBERS,
    }
    for name, table in tables.items():
        function = _first_two(getattr(metrics, name), 2 if "top_k" in name else None)
        for what, inputs in table.items():
            if what in OF_FUNCTIONS:
                yield Call(
                    f"metrics.{name}",
                    what,
                    FLOATS if what in ("ordinary", "tied", "strange") else WIDE,
                    function=function,
                    inputs=inputs,
                    gradient="correlation" in name and what != "constants",
                    compiles=what == "ordinary",
                )


OF_FUNCTIONS = ("ordinary", "half", "tied", "strange", "too-high", "constants", "empty")


def _first_two(function: Callable[..., Any], k: int | None) -> Callable[..., Any]:
    return lambda y_true, y_pred: function(y_true, y_pred, **({} if k is None else {"k": k}))
