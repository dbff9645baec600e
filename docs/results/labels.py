"""What a backend makes of labels that are no classes, under stock Keras and under the engine.

KERAS_BACKEND=jax python docs/results/labels.py > docs/results/labels-jax.md
"""

from __future__ import annotations

import sys
import warnings

import keras
import numpy as np

import keras3_lab
from keras3_lab.portable import initialize

X = np.random.default_rng(0).normal(size=(64, 4)).astype("float32")
LABELS = (np.arange(64) % 10).astype("float32")
FITS = {
    "stock `fit`": lambda model, *data: model.fit(*data, shuffle=False, verbose=0),
    "stock `fit`, XLA": lambda model, *data: model.fit(*data, shuffle=False, verbose=0),
    'engine, `check="off"`': lambda model, *data: keras3_lab.fit(
        model, *data, shuffle=False, verbose=0, check="off"
    ),
    "engine": lambda model, *data: keras3_lab.fit(model, *data, shuffle=False, verbose=0),
}


def outcome(name: str, label: float) -> str:
    """Train an epoch with one label changed, and say what came of it."""
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(10)])
    initialize(model, 1)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile("sgd", loss, jit_compile="XLA" in name or "auto")
    labels = LABELS.copy()
    labels[3] = label
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            history = FITS[name](model, X, labels)
    except Exception as error:
        return f"`{type(error).__name__}`"
    kept = all(np.isfinite(weight).all() for weight in model.get_weights())
    return f"loss {history.history['loss'][0]:.4f}" + ("" if kept else ", weights NaN")


def main() -> None:
    """Write the table."""
    lines = [
        f"| a label of 64 is | {' | '.join(FITS)} |",
        f"| --- |{' --- |' * len(FITS)}",
    ]
    for label in (3, 10, -1, 2.5, np.nan):
        words = "3, a class" if label == 3 else str(label)
        lines.append(f"| {words} | {' | '.join(outcome(name, label) for name in FITS)} |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
