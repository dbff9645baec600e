"""A step by Keras's own function on TensorFlow, for a batch that no compiled loop takes."""

from __future__ import annotations

from typing import Any

import keras

from keras3_lab.engine.data import plan_of_single
from keras3_lab.engine.pieces import EachStep
from keras3_lab.engine.plan import Plan
from keras3_lab.errors import UsageError
from keras3_lab.private.models import strategy_of


class Single:
    """Keras's own function, for a batch that no compiled loop takes."""

    compile_s = 0.0

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._model = model
        self._kind = kind

    def plan(self, data: Any, rows: Any) -> Plan:
        """Return how `run` goes about a batch."""
        return plan_of_single(self._model, data)

    def run(self, data: Any, rows: Any, start: int = 0, stop: int | None = None) -> EachStep:
        """Run the step; the model's variables change in place."""
        if strategy_of(self._model) is not None:
            raise UsageError(
                "x and y must be dense arrays where a `tf.distribute.Strategy` distributes a "
                f"model; received: {plan_of_single(self._model, data).reason.partition(' ')[0]} "
                "arrays; train them with `keras.Model.fit`"
            )
        getattr(self._model, f"make_{self._kind}_function")()
        step = getattr(self._model, f"{self._kind}_function")
        # Its own function takes the batches of a step in a list to predict, else an iterator.
        return EachStep([step([data] if self._kind == "predict" else iter([data]))])
