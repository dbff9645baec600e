"""The same task without a neural network."""

from __future__ import annotations

import numpy as np
import pytest
from claims import table
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import cross_validate

from keras3_lab import findings
from keras3_lab.splits import Splits


@pytest.mark.long
def test_least_squares_and_training_find_the_line(run) -> None:
    rows = table(run("linear/regression"))
    assert rows["numpy.linalg.lstsq"] == pytest.approx([3, 2, 20], abs=1e-4)
    assert rows["Dense(1) after training"] == pytest.approx([3, 2, 20], abs=0.1)


def test_sgd_classifier_is_scikit_learns_cross_validation(outcome) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(200, 3, 3)), rng.integers(0, 3, 200)
    x += y[:, None, None]
    parts = Splits(x[:150], y[:150], x[150:], y[150:], x[:0], y[:0])
    (found,) = findings.sgd_classifier(outcome("fmnist/sgd-classifier", parts))
    classifier = SGDClassifier(loss="log_loss", max_iter=100, random_state=42)
    expected = cross_validate(classifier, x.reshape(200, -1), y)["test_score"]
    np.testing.assert_allclose([row[2] for row in found.rows[:-1]], expected)
    assert [row[:2] for row in found.rows[:-1]] == [(fold, 160) for fold in range(1, 6)]
    assert found.metrics["mean_accuracy"] == pytest.approx(expected.mean())
