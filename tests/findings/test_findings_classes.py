"""The classification report."""

from __future__ import annotations

import keras
import numpy as np

from keras3_lab import findings
from keras3_lab.splits import Splits


def test_precision_recall_and_f1_of_each_class(outcome) -> None:
    """The model says which of three columns is the largest."""
    truth, said = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 2, 2])
    x = np.eye(3, dtype="float32")[said]
    inputs = keras.Input((3,))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))
    parts = Splits(x[:0], truth[:0], x[:0], truth[:0], x, truth)
    (found,) = findings.classification(outcome("mnist/mlp", parts, {"": model}))
    rows = {row[0]: row[1:] for row in found.rows}
    np.testing.assert_allclose(rows["0"], (1, 2 / 3, 0.8, 3))
    np.testing.assert_allclose(rows["1"], (1 / 2, 1 / 2, 1 / 2, 2))
    np.testing.assert_allclose(rows["2"], (1 / 2, 1, 2 / 3, 1))
    assert found.columns == ("class", "precision", "recall", "F1", "rows")
