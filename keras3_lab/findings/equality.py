"""Different ways to say the same thing give the same numbers."""

from __future__ import annotations

import keras
import numpy as np

from keras3_lab import models
from keras3_lab.engine import predict
from keras3_lab.files import all_whole
from keras3_lab.losses import cross_entropy
from keras3_lab.private.layers import flatten_layers
from keras3_lab.recipes import Findings, Outcome


def same_numbers(outcome: Outcome) -> list[Findings]:
    """Compare each arm's losses and weights with the first arm's, bit for bit."""
    first, *_ = outcome.models
    rows = []
    for name, model in outcome.models.items():
        losses = outcome.histories[name]["loss"]
        weights = zip(model.get_weights(), outcome.models[first].get_weights(), strict=True)
        same = losses == outcome.histories[first]["loss"] and all(
            np.array_equal(one, other) for one, other in weights
        )
        rows.append((name, model.count_params(), losses[-1], "yes" if same else "no"))
    columns = ("arm", "parameters", "training loss", f"bit for bit as {first}")
    return [Findings(title="The same numbers each way", columns=columns, rows=rows)]


def same_losses(outcome: Outcome) -> list[Findings]:
    """Compare sparse and one-hot cross-entropy, and N3's formula with the library's."""
    sparse, one_hot = (outcome.histories[arm]["loss"] for arm in ("sparse", "one-hot"))
    model, x = outcome.models["one-hot"], outcome.splits.x_val
    labels = outcome.splits.y_val
    truth = keras.ops.one_hot(labels, 10, dtype=keras.config.floatx())
    predicted = predict(model, x, verbose=0)
    library = keras.losses.CategoricalCrossentropy()(truth, predicted)
    rows = [
        ("sparse, integer labels: training loss", sparse[-1]),
        ("one-hot labels: training loss", one_hot[-1]),
        ("largest difference over the epochs", float(np.abs(np.subtract(sparse, one_hot)).max())),
        ("N3's formula in keras.ops, validation rows", float(cross_entropy(truth, predicted))),
        ("keras.losses.CategoricalCrossentropy", float(library)),
    ]
    title = "One cross-entropy, however it is written"
    return [Findings(title=title, columns=("", "value"), rows=rows)]


def api_styles(outcome: Outcome) -> list[Findings]:
    """Show that the styles agree, and what each lets you reach, save and rebuild."""
    access = []
    for name, model in outcome.models.items():
        dense = [layer for layer in flatten_layers(model) if isinstance(layer, keras.layers.Dense)]
        by_name = model.get_layer(dense[0].name)
        access += [
            (name, "model.layers by index", type(model.layers[-1]).__name__),
            (name, f"model.get_layer({dense[0].name!r})", type(by_name).__name__),
            (name, "get_weights() of it", str([w.shape for w in by_name.get_weights()])),
        ]
    saved = [_round_trips(name, model, outcome) for name, model in outcome.models.items()]
    two = models.two_ended()
    access.append(
        (
            "two inputs and outputs",
            "model.inputs → model.outputs",
            f"{[t.name for t in two.inputs]} → {list(two.output_names)}",
        )
    )
    return [
        *same_numbers(outcome),
        Findings(title="Reaching inside", columns=("style", "by", "gives"), rows=access),
        Findings(
            title="Saving and rebuilding (YAML is gone from Keras 3)",
            columns=("style", "save, load_model", "save_weights, load_weights", "to_json"),
            rows=saved,
        ),
    ]


def _round_trips(name: str, model: keras.Model, outcome: Outcome) -> tuple[str, ...]:
    x = outcome.splits.x_val[:100]
    expected = np.asarray(model(x))
    stem = outcome.folder / f"{name.lower()}"
    with all_whole(outcome.folder) as aside:
        model.save(aside / f"{stem.name}.keras")
        model.save_weights(aside / f"{stem.name}.weights.h5")
    whole = keras.models.load_model(stem.with_suffix(".keras"))
    rebuilt = outcome.recipe.trials()[name].build(outcome.splits, seed=outcome.seed + 1)
    # The file holds the optimizer's state too, for which Keras needs the places.
    rebuilt.optimizer.build(rebuilt.trainable_variables)
    rebuilt.load_weights(stem.with_suffix(".weights.h5"))
    architecture = keras.models.model_from_json(model.to_json())
    if not architecture.built:
        architecture.build((None, *x.shape[1:]))
    architecture.set_weights(model.get_weights())
    return (
        name,
        *(
            "same predictions" if np.array_equal(np.asarray(other(x)), expected) else "differs"
            for other in (whole, rebuilt, architecture)
        ),
    )
