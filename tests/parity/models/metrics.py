"""Every metric of Keras, those of one kind together."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L
from keras import metrics as M

from models.declare import Models, differs
from models.parts import labels, one_hot, rng, table

MODELS = Models(__name__)


def _measured(y: np.ndarray, activation: str, loss, metrics: list, rows: int = 64, **more):
    units = y.shape[-1] if y.ndim > 1 else 3
    model = keras.Sequential([keras.Input((6,)), L.Dense(5, "tanh"), L.Dense(units, activation)])
    model.compile("sgd", loss, metrics=metrics, **more)
    return model, table(rows), y[:rows]


def _real() -> np.ndarray:
    return rng(3).normal(size=(64, 2)).astype("float32")


def _bits(columns: int = 3) -> np.ndarray:
    return rng(3).integers(0, 2, (64, columns)).astype("float32")


@MODELS.agree
def errors():
    return _measured(_real(), "linear", "mse", [
        M.MeanSquaredError(), M.RootMeanSquaredError(), M.MeanAbsoluteError(),
        M.MeanAbsolutePercentageError(), M.LogCoshError(), M.CosineSimilarity(), M.Hinge(),
        M.SquaredHinge(), M.CategoricalHinge(),
    ])  # fmt: skip


@MODELS.agree
def positive_errors():
    return _measured(np.exp(_real()), "softplus", "mse", [
        M.MeanSquaredLogarithmicError(), M.Poisson(), M.KLDivergence(),
    ])  # fmt: skip


@MODELS.agree
def correlations():
    return _measured(_real(), "linear", "mse", [
        M.R2Score(), M.PearsonCorrelation(), M.ConcordanceCorrelation(),
    ])  # fmt: skip


@MODELS.agree
def r2_each_output():
    return _measured(_real(), "linear", "mse", [M.R2Score(class_aggregation=None)])


@MODELS.agree
def binary():
    return _measured(_bits(), "sigmoid", keras.losses.BinaryCrossentropy(), [
        M.BinaryAccuracy(), M.BinaryCrossentropy(), M.BinaryIoU(), M.Precision(), M.Recall(),
    ])  # fmt: skip


@MODELS.agree
def confusion():
    return _measured(_bits(), "sigmoid", keras.losses.BinaryCrossentropy(), [
        M.TruePositives(), M.TrueNegatives(), M.FalsePositives(), M.FalseNegatives(),
    ])  # fmt: skip


@MODELS.agree
def confusion_at_thresholds():
    thresholds = [0.3, 0.5, 0.7]
    return _measured(_bits(), "sigmoid", keras.losses.BinaryCrossentropy(), [
        M.TruePositives(thresholds=thresholds), M.Precision(thresholds=thresholds),
    ])  # fmt: skip


@MODELS.agree
def curves():
    return _measured(_bits(), "sigmoid", keras.losses.BinaryCrossentropy(), [
        M.AUC(num_thresholds=50), M.AUC(num_thresholds=50, curve="PR", name="pr"),
        M.AUC(num_thresholds=50, multi_label=True, name="each"),
    ])  # fmt: skip


@MODELS.agree
def operating_points():
    return _measured(_bits(1), "sigmoid", keras.losses.BinaryCrossentropy(), [
        M.PrecisionAtRecall(0.6), M.RecallAtPrecision(0.6), M.SensitivityAtSpecificity(0.6),
        M.SpecificityAtSensitivity(0.6),
    ])  # fmt: skip


@MODELS.agree
def f1_of_each_class():
    return _measured(one_hot(), "softmax", keras.losses.CategoricalCrossentropy(), [
        M.F1Score(threshold=0.4), M.FBetaScore(average=None, beta=2.0),
    ])  # fmt: skip


@MODELS.agree
def f1_averaged():
    return _measured(one_hot(), "softmax", keras.losses.CategoricalCrossentropy(), [
        M.F1Score(average="macro"), M.FBetaScore(average="weighted", beta=0.5),
    ], rows=50)  # fmt: skip


@MODELS.agree
def categories():
    return _measured(one_hot(), "softmax", keras.losses.CategoricalCrossentropy(), [
        M.CategoricalAccuracy(), M.CategoricalCrossentropy(), M.OneHotIoU(3, [0, 2]),
        M.OneHotMeanIoU(3),
    ])  # fmt: skip


@MODELS.agree
def sparse_categories():
    return _measured(
        labels(), "linear", keras.losses.SparseCategoricalCrossentropy(from_logits=True), [
        M.SparseCategoricalAccuracy(), M.SparseCategoricalCrossentropy(from_logits=True),
        M.MeanIoU(3, sparse_y_pred=False), M.IoU(3, [1], sparse_y_pred=False),
    ], rows=50)  # fmt: skip


@MODELS.agree
def top_k():
    return _measured(one_hot(), "softmax", keras.losses.CategoricalCrossentropy(), [
        M.TopKCategoricalAccuracy(2),
    ])  # fmt: skip


@MODELS.agree
def sparse_top_k():
    return _measured(
        labels(), "linear", keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        [M.SparseTopKCategoricalAccuracy(2)],
    )  # fmt: skip


@MODELS.agree
def equal_entries():
    """`Accuracy` counts entries that are equal: rounded outputs."""
    inputs = keras.Input((6,))
    model = keras.Model(inputs, keras.ops.round(L.Dense(1)(inputs)) + L.Dense(1)(inputs) * 0.0)
    model.compile("sgd", "mse", metrics=[M.Accuracy()])
    return model, table(), labels()[:, None].astype("float32")


@MODELS.agree
def weighted():
    model, x, y = _measured(
        _bits(), "sigmoid", keras.losses.BinaryCrossentropy(), ["mae"],
        weighted_metrics=[M.BinaryAccuracy(), M.AUC(num_thresholds=20)],
    )  # fmt: skip
    return model, x, y, rng(4).uniform(0, 2, 64).astype("float32")


@keras.saving.register_keras_serializable("models")
class Spread(M.Metric):
    """A metric of one's own, with two variables."""

    def __init__(self, name="spread", **kwargs):
        super().__init__(name=name, **kwargs)
        self.low = self.add_variable((), "zeros", name="low")
        self.high = self.add_variable((), "zeros", name="high")

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.low.assign(keras.ops.minimum(self.low, keras.ops.min(y_pred)))
        self.high.assign(keras.ops.maximum(self.high, keras.ops.max(y_pred)))

    def result(self):
        return self.high - self.low


@MODELS.agree
def own():
    return _measured(_real(), "linear", "mse", [Spread()])


@MODELS.expect(differs("metric", "hidden_mean", "on JAX, Keras gives a forward pass no metrics: "
    "what `call` tells one is lost, and stock `fit` fails"))  # fmt: skip
def added_in_call():
    @keras.saving.register_keras_serializable("models")
    class Watched(L.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.mean, self.total = M.Mean(name="hidden_mean"), M.Sum(name="hidden_sum")

        def call(self, x):
            self.mean.update_state(keras.ops.mean(x))
            self.total.update_state(keras.ops.sum(x))
            return x

    model = keras.Sequential([keras.Input((6,)), L.Dense(5, "tanh"), Watched(), L.Dense(2)])
    model.compile("sgd", "mse")
    return model, table(), _real()
