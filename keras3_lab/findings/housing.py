"""Predicted prices beside true ones, and beside what scikit-learn makes of the same rows."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error
from threadpoolctl import threadpool_limits

from keras3_lab.engine import predict
from keras3_lab.recipes import Findings, Outcome
from keras3_lab.runs import plots


def housing(outcome: Outcome) -> list[Findings]:
    """Compare errors on the test rows, in dollars, and plot predicted against true prices.

    The baselines learn the same training rows, of which they get all eight columns as they are.
    """
    (model,) = outcome.models.values()
    splits = outcome.splits
    y_train, truth = (_price(y).ravel() for y in (splits.y_train, splits.y_test))
    predicted = _price(predict(model, splits.x_test, verbose=0)).ravel()
    rows: list[tuple[Any, ...]] = [(outcome.recipe.name, *_errors(truth, predicted), "")]
    metrics = {}
    for name, baseline in (
        ("LinearRegression", LinearRegression()),
        ("HistGradientBoostingRegressor", HistGradientBoostingRegressor(random_state=outcome.seed)),
    ):
        started = time.perf_counter()
        with threadpool_limits(1):  # OpenMP's threads wait busily for cores that others use
            baseline.fit(_columns(splits.x_train), y_train)
        errors = _errors(truth, baseline.predict(_columns(splits.x_test)))
        rows.append((name, *errors, time.perf_counter() - started))
        metrics[f"{name}_test_r2"] = errors[0]
    title = f"{outcome.recipe.name}: {len(truth):,} test rows"
    plots.predictions(truth, predicted, title, outcome.folder / "predictions.png")
    columns = ("", "R²", "MAE, $", "RMSE, $", "seconds")
    return [Findings(title="Test rows", columns=columns, rows=rows, metrics=metrics)]


def _errors(truth: np.ndarray, predicted: np.ndarray) -> tuple[float, float, float]:
    return (
        float(r2_score(truth, predicted)),
        float(mean_absolute_error(truth, predicted)),
        float(root_mean_squared_error(truth, predicted)),
    )


def _price(y: Any) -> np.ndarray:
    return np.asarray(y["price"] if isinstance(y, dict) else y)


def _columns(x: Any) -> np.ndarray:
    """Return all eight columns: the wide input holds 0 to 4, the deep one 2 to 7.

    In float64: in float32, older releases of scikit-learn miss the least squares of few rows.
    """
    columns = [x["wide"][:, :2], x["deep"]] if isinstance(x, dict) else [x]
    return np.concatenate(columns, axis=1).astype("float64")
