"""The JAX half of the engine: many steps of a Keras model as one `jax.lax.scan`.

This file and `tensorflow.py` beside it are the only ones that import a backend; they offer the
same names, described by `keras3_lab.engine.program.Program`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import jax
import keras
import numpy as np

VERSIONS = {"jax": jax.__version__}


def float64() -> AbstractContextManager[None]:
    """Let arrays be float64 inside, which JAX does not do unless told so."""
    return jax.enable_x64(True)


def gpu_kind() -> str:
    """Name the first GPU, e.g. `NVIDIA H100 80GB HBM3`."""
    return str(jax.devices("gpu")[0].device_kind)


def to_device(arrays: Any) -> Any:
    """Copy a structure of NumPy arrays to the device once."""
    return jax.device_put(arrays)


def gradients(model: keras.Model, batch: Any) -> list[np.ndarray]:
    """Return the gradient of the training loss by each trainable variable; change nothing."""
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    trainable, non_trainable, optimizer, metrics = _state(_state_variables(model, "train"))
    by_variable, _ = jax.grad(model.compute_loss_and_updates, has_aux=True)(
        trainable,
        non_trainable,
        metrics,
        x,
        y,
        sample_weight,
        training=True,
        optimizer_variables=optimizer,
    )
    return [np.asarray(gradient) for gradient in by_variable]


class Program:
    """Compiled steps of one model; see `keras3_lab.engine.program.Program`."""

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._variables = _state_variables(model, kind)
        self._loop = jax.jit(_loop(_step(model, kind)), donate_argnums=0)
        self._executables: dict[Any, Callable[..., Any]] = {}
        self.compile_s = 0.0

    def run(self, data: Any, rows: np.ndarray) -> Any:
        """Run one step per row of `rows` and put the new state into the model's variables."""
        executable = self._executable(data, rows)
        # The old buffers are donated: they are gone when the program returns the new ones.
        state, outputs = executable(_state(self._variables), data, rows)
        for variables, values in zip(self._variables, state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return outputs

    def _executable(self, data: Any, rows: np.ndarray) -> Callable[..., Any]:
        """Compile ahead of the run, so that compiling and training are timed apart."""
        leaves, structure = jax.tree.flatten(data)
        key = (rows.shape, structure, *((leaf.shape, leaf.dtype) for leaf in leaves))
        if key not in self._executables:
            started = time.perf_counter()
            lowered = self._loop.lower(_state(self._variables), data, rows)
            self._executables[key] = lowered.compile()
            self.compile_s += time.perf_counter() - started
        return self._executables[key]


def _state(groups: tuple[list[keras.Variable], ...]) -> tuple[list[Any], ...]:
    return tuple([variable.value for variable in variables] for variables in groups)


def _state_variables(model: keras.Model, kind: str) -> tuple[list[keras.Variable], ...]:
    """The groups of variables that Keras's stateless `train_step` and its kin take, in order."""
    forward = (model.trainable_variables, model.non_trainable_variables)
    if kind in ("train", "trace"):
        return (*forward, model.optimizer.variables, model.metrics_variables)
    if kind == "test":
        return (*forward, model.metrics_variables)
    return forward


def _step(model: keras.Model, kind: str) -> Callable[..., Any]:
    """Keras's own step, `(state, batch)` to `(outputs, state)`."""
    if kind == "predict":

        def predict(state: Any, batch: Any) -> tuple[Any, Any]:
            outputs, non_trainable_variables = model.predict_step(state, batch)
            return outputs, (state[0], non_trainable_variables)

        return predict
    if kind == "trace":
        model.reset_metrics()
        fresh = [np.asarray(variable) for variable in model.metrics_variables]
        return lambda state, batch: model.train_step((*state[:3], fresh), batch)
    step: Callable[..., Any] = getattr(model, f"{kind}_step")
    return step


def _loop(step: Callable[..., Any]) -> Callable[..., Any]:
    def loop(state: Any, data: Any, rows: Any) -> tuple[Any, Any]:
        def body(state: Any, rows: Any) -> tuple[Any, Any]:
            outputs, state = step(state, jax.tree.map(lambda array: array[rows], data))
            return state, outputs

        return jax.lax.scan(body, state, rows)

    return loop
