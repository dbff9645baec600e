"""Learning-rate schedules against their formulas."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from matplotlib.figure import Figure

from keras3_lab.recipes import Findings, Outcome
from keras3_lab.runs import plots


def formulas(rate: float, steps: int) -> dict[str, Any]:
    """Return N0's formulas as NumPy functions of the step."""
    half, tenth = steps // 2, steps // 10
    return {
        "constant": lambda step: np.full_like(step, rate),
        "exponential": lambda step: rate * 0.1 ** (step / steps),
        "step": lambda step: rate * 0.5 ** np.floor(step / half),
        "polynomial": lambda step: rate * (1 - step / steps) ** 2,
        "cosine": lambda step: rate * 0.5 * (1 + np.cos(np.pi * step / steps)),
        "custom": lambda step: (
            rate * np.minimum(step / tenth, np.sqrt(tenth / np.maximum(step, 1)))
        ),
    }


def schedules(outcome: Outcome) -> list[Findings]:
    """Plot each schedule over the run, and check it against its formula."""
    recipe = outcome.recipe
    steps = recipe.epochs * outcome.splits.steps(recipe.batch_size)
    at = np.linspace(0, steps, 201).round()
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    rows = []
    for name, model in outcome.models.items():
        rate = model.optimizer.get_config()["learning_rate"]
        if isinstance(rate, dict):
            schedule = keras.optimizers.schedules.deserialize(rate)
            rates = np.array([float(schedule(keras.ops.convert_to_tensor(int(s)))) for s in at])
        else:
            rates = np.full(len(at), rate)
        axes.plot(at, rates, label=name)
        expected = formulas(float(rates[0]) or 0.1, steps)[name](at)
        difference = float(np.abs(rates - expected).max() / expected.max())
        rows.append((name, rates[0], rates[100], rates[-1], f"{difference:.1e}"))
    axes.set(xlabel="step", ylabel="learning rate", title="Learning-rate schedules")
    axes.grid(alpha=0.3)
    axes.legend()
    plots.save(figure, outcome.folder / "schedules.png")
    columns = ("schedule", "first step", "half time", "last step", "relative error")
    return [Findings(title="Schedules against their formulas", columns=columns, rows=rows)]
