"""A lane's run once more, step by step, with everything that a step computes laid open."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras3_lab.engine.interface import backend
from keras3_lab.parity.items import Item
from keras3_lab.parity.record.arrays import host
from keras3_lab.parity.record.digests import named_leaves
from keras3_lab.parity.record.layer_outputs import layer_outputs
from keras3_lab.parity.record.training import Training, weight_variables


class LocalReplay:
    """A replay in this process.

    Args:
        training: A training; it is taken over.
    """

    def __init__(self, training: Training) -> None:
        self._training = training
        training.reset()
        self._saved = {0: training.state()}
        self._position = 0

    def state(self, step: int) -> list[Item]:
        """Return weights and optimizer slots before a step."""
        self._go(step)
        self._saved[step] = self._training.state()
        return self._weights("weight") + self._slots("optimizer slot before the step")

    def inspect(self, step: int) -> list[Item]:
        """Return all that a step computes, in order.

        Layer outputs and gradients come from a second, eager computation of the same step; loss,
        slots, updated weights and metrics from the very program that trains.
        """
        items = self.state(step)
        training, model = self._training, self._training.model
        rows = training.schedule.batch(step)
        batch = _take(training.train.arrays, rows)
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        data = [
            Item("data batch", name, host(leaf))
            for part, structure in (("x", x), ("y", y), ("sample_weight", sample_weight))
            for name, leaf in named_leaves(part, structure).items()
        ]
        outputs = [
            Item("layer output", output.layer.name, value)
            for output in layer_outputs(model, x)
            for value in output.values
        ]
        gradients = self._gradients(batch)
        # A `MultiOptimizer` has none of its own.
        rate = getattr(model.optimizer, "learning_rate", None)
        rates = [] if rate is None else [Item("learning rate", model.optimizer.name, host(rate))]
        self._restore(step)
        logs = {name: values[0] for name, values in training.trace(rows.reshape(1, -1)).items()}
        self._position = step + 1
        return [
            *data,
            *items,
            *outputs,
            Item("loss", "loss", logs.pop("loss")),
            *gradients,
            *rates,
            *self._slots("optimizer slot"),
            *self._weights("updated weight"),
            *(Item("metric", name, np.asarray(value)) for name, value in logs.items()),
            *(
                Item("validation metric", f"val_{name}", np.asarray(value))
                for name, value in training.evaluate().items()
            ),
        ]

    def _gradients(self, batch: Any) -> list[Item]:
        model = self._training.model
        if type(model).train_step is not keras.Model.train_step:
            return []  # of which loss, the model's own step alone knows
        found = zip(model.trainable_variables, backend().gradients(model, batch), strict=True)
        return [Item("gradient", variable.path, gradient) for variable, gradient in found]

    def _go(self, step: int) -> None:
        if step < self._position:
            self._restore(max(saved for saved in self._saved if saved <= step))
        training, per_epoch = self._training, self._training.schedule.per_epoch
        while self._position < step:
            stop = min(step, (self._position // per_epoch + 1) * per_epoch)
            for rows in training.schedule.between(self._position, stop):
                training.trace(rows)
            self._position = stop

    def _restore(self, step: int) -> None:
        self._training.restore(self._saved[step])
        self._position = step

    def _weights(self, kind: str) -> list[Item]:
        variables = weight_variables(self._training.model)
        return [Item(kind, v.path, host(v)) for v in variables]

    def _slots(self, kind: str) -> list[Item]:
        variables = self._training.model.optimizer.variables
        return [Item(kind, v.path, host(v)) for v in variables]


def _take(arrays: Any, rows: np.ndarray) -> Any:
    def take(array: Any) -> Any:
        return None if array is None else keras.ops.take(array, rows, axis=0)

    return keras.tree.map_structure(take, arrays)
