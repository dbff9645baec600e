"""A step by Keras's own function on JAX, for a batch that no compiled loop takes."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from jax.experimental.sparse import BCOO

from keras3_lab.engine.data import plan_of_single
from keras3_lab.engine.interrupts import interrupts_deferred
from keras3_lab.engine.jax.state import read, state_variables, write
from keras3_lab.engine.pieces import EachStep
from keras3_lab.engine.plan import Plan


class Single:
    """Keras's own function, for a batch that no compiled loop takes."""

    compile_s = 0.0

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._model = model
        self._kind = kind
        self._variables = state_variables(model, kind)

    def plan(self, data: Any, rows: Any) -> Plan:
        """Return how `run` goes about a batch."""
        return plan_of_single(self._model, data)

    def run(self, data: Any, rows: Any, start: int = 0, stop: int | None = None) -> EachStep:
        """Run the step, and put the new state into the model's variables."""
        getattr(self._model, f"make_{self._kind}_function")()
        step = getattr(self._model, f"{self._kind}_function")
        if self.plan(data, rows).xla:
            data = keras.tree.map_structure(_rounded, data)
        with interrupts_deferred():
            outputs, state = step(read(self._variables), iter([data]))
            write(self._variables, state)
        return EachStep([outputs])


def _rounded(array: Any) -> Any:
    """Fill a sparse batch up with values that do not count, as JAX does with slices of its own.

    Few programs serve batches of so many values then, where each number had one of its own.
    """
    if not isinstance(array, BCOO) or array.n_batch or array.n_dense:
        return array
    power = 2 ** max(array.nse - 1, 1).bit_length()
    missing = (power if array.nse > 3 * power // 4 else 3 * power // 4) - array.nse
    beyond = np.broadcast_to(np.array(array.shape, array.indices.dtype), (missing, array.ndim))
    return BCOO(
        (np.pad(array.data, (0, missing)), np.concatenate([array.indices, beyond])),
        shape=array.shape,
        indices_sorted=array.indices_sorted,
        unique_indices=array.unique_indices,
    )
