"""How activations spread through the layers of a fresh network."""

from __future__ import annotations

import keras
import numpy as np
from matplotlib.figure import Figure

from keras3_lab.engine import predict
from keras3_lab.recipes import Findings, Outcome
from keras3_lab.runs import plots


def activation_statistics(outcome: Outcome) -> list[Findings]:
    """Measure and plot each hidden layer's activations before training, arm by arm."""
    x = outcome.splits.x_train[:1000]
    trials = outcome.recipe.trials()
    rows = []
    figure = Figure(figsize=(12, 1.9 * len(trials)), layout="constrained")
    grid = None
    for row, (name, recipe) in enumerate(trials.items()):
        model = recipe.build(outcome.splits, outcome.seed)
        hidden = [layer for layer in model.layers if isinstance(layer, keras.layers.Dense)][:-1]
        probe = keras.Model(model.inputs, [layer.output for layer in hidden])
        if grid is None:
            grid = figure.subplots(len(trials), len(hidden), squeeze=False)
        spreads = []
        for column, values in enumerate(predict(probe, x, verbose=0)):
            spreads.append(float(np.std(values)))
            axes = grid[row, column]
            axes.hist(np.clip(values.ravel(), -3, 3), bins=60)
            axes.set_yticks([])
            axes.set_title(f"{name}\nlayer {column + 1}" if column == 0 else f"layer {column + 1}")
        rows.append((name, *spreads))
    plots.save(figure, outcome.folder / "activations.png", dpi=90)
    columns = ("initializer", *(f"layer {index + 1}" for index in range(len(rows[0]) - 1)))
    title = "Standard deviation of the activations before training"
    return [Findings(title=title, columns=columns, rows=rows)]
