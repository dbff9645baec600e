"""The same task without a neural network."""

from __future__ import annotations

import time
import warnings

import numpy as np
from rich.console import Console
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import SGDClassifier
from sklearn.model_selection import StratifiedKFold

from keras3_lab.engine import predict
from keras3_lab.recipes import Findings, Outcome


def sgd_classifier(outcome: Outcome) -> list[Findings]:
    """Cross-validate scikit-learn's linear classifier on the whole training part.

    N1's `cross_validate(SGDClassifier(loss="log_loss", max_iter=100, random_state=42))`, with the
    five folds that `cross_validate` makes, one after another to show progress.
    """
    splits = outcome.splits
    x = np.concatenate([splits.x_train, splits.x_val])
    y = np.concatenate([splits.y_train, splits.y_val])
    x = x.reshape(len(x), -1)
    rows = []
    console = Console(stderr=True)
    for fold, (train, test) in enumerate(StratifiedKFold(5).split(x, y), start=1):
        started = time.perf_counter()
        with console.status(f"fold {fold} of 5"), warnings.catch_warnings():
            # That it used up its iterations: the table says how many it made.
            warnings.simplefilter("ignore", ConvergenceWarning)
            classifier = SGDClassifier(loss="log_loss", max_iter=100, random_state=42)
            classifier.fit(x[train], y[train])
        accuracy = classifier.score(x[test], y[test])
        seconds = time.perf_counter() - started
        rows.append((fold, len(train), accuracy, int(classifier.n_iter_), seconds))
    mean = float(np.mean([row[2] for row in rows]))
    return [
        Findings(
            title="scikit-learn's SGDClassifier, 5-fold cross-validation",
            columns=("fold", "training rows", "accuracy", "iterations", "seconds"),
            rows=[*rows, ("mean; sum of seconds", "", mean, "", sum(row[4] for row in rows))],
            metrics={"mean_accuracy": mean},
        )
    ]


def least_squares(outcome: Outcome) -> list[Findings]:
    """Set the learned line beside the one that least squares gives at once."""
    (model,) = outcome.models.values()
    x, y = outcome.splits.x_train, outcome.splits.y_train
    design = np.concatenate([x, np.ones_like(x)], axis=1)
    (slope, intercept), *_ = np.linalg.lstsq(design, y.ravel(), rcond=None)
    kernel, bias = (float(weight.ravel()[0]) for weight in model.get_weights())
    six = float(predict(model, outcome.splits.x_test, verbose=0).ravel()[0])
    rows = [
        ("the line", 3.0, 2.0, 20.0),
        ("Dense(1) after training", kernel, bias, six),
        ("numpy.linalg.lstsq", float(slope), float(intercept), float(6 * slope + intercept)),
    ]
    columns = ("", "slope", "intercept", "y at x = 6")
    return [Findings(title="y = 3x + 2", columns=columns, rows=rows)]
