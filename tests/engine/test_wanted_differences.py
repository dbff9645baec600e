"""Where the engine is meant to differ from stock Keras: a test fails once Keras does as we do.

Then its row in tests/peer/differences.toml, the sentence in docs/engine.md and what is said in
`keras3_lab.engine.differences` can go.
"""

from __future__ import annotations

import keras
import numpy as np
import pytest
from engine_cases import LABELS, TARGETS, X, dense, two_headed

import keras3_lab
from keras3_lab.engine import differences
from keras3_lab.private.parts import release

on_jax = pytest.mark.skipif(keras.config.backend() != "jax", reason="of Keras on JAX")
on_tensorflow = pytest.mark.skipif(
    keras.config.backend() != "tensorflow", reason="of Keras on TensorFlow"
)


@on_jax
def test_stock_fit_hides_weights_from_batch_hooks() -> None:
    class Look(keras.callbacks.Callback):
        def __init__(self) -> None:
            super().__init__()
            self.hidden: list[bool] = []

        def on_train_batch_end(self, batch, logs=None):
            # Not `self.model`: that would bring the weights back.
            self.hidden += [v._value is None for v in self._model.trainable_variables]

    def hidden(fit) -> set[bool]:
        look = Look()
        fit(dense(), X, TARGETS, verbose=0, callbacks=[look])
        return set(look.hidden)

    assert hidden(keras.Model.fit) == {True}
    assert hidden(keras3_lab.fit) == {False}


@on_tensorflow
def test_stock_fit_averages_losses_of_single_outputs_over_batches() -> None:
    """A batch of 15 rows and one of a single row, whose loss it weights as if they were equal."""
    x = {"left": X, "right": X}
    y = {"label": LABELS, "target": np.concatenate([np.zeros((15, 1)), [[100.0]]])}

    def target_loss(evaluate) -> float:
        found = evaluate(two_headed(), x, y, batch_size=15, verbose=0, return_dict=True)
        return found["target_loss"]

    predicted = two_headed().predict(x, verbose=0)["target"]
    over_rows = float(np.mean((predicted - y["target"]) ** 2))
    assert target_loss(keras3_lab.evaluate) == pytest.approx(over_rows, rel=1e-4)
    if release() < differences.LOSSES_MENDED:
        assert target_loss(keras.Model.evaluate) > 2 * over_rows
    else:  # its row in `differences` can go with Keras 3.15
        assert target_loss(keras.Model.evaluate) == pytest.approx(over_rows, rel=1e-4)


@on_tensorflow
def test_stock_fit_loses_the_momentum_of_schedule_free_adamw() -> None:
    def trained(fit, **arguments) -> np.ndarray:
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
        keras3_lab.portable.initialize(model, 1)
        model.compile(keras.optimizers.ScheduleFreeAdamW(0.01), "mse", **arguments)
        fit(model, X, TARGETS, batch_size=8, shuffle=False, verbose=0)
        return np.asarray(model.layers[0].kernel)

    right = trained(keras.Model.fit, run_eagerly=True)
    np.testing.assert_allclose(trained(keras3_lab.fit), right, rtol=1e-4, atol=1e-6)
    assert not np.allclose(trained(keras.Model.fit), right, rtol=1e-2)
