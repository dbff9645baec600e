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


class Program:
    """Compiled steps of one model: `train`, `test` or `predict`."""

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._variables = _state_variables(model, kind)
        self._loop = jax.jit(_loop(model, kind), donate_argnums=0)
        self._executables: dict[Any, Callable[..., Any]] = {}
        self.compile_s = 0.0

    def run(self, data: Any, rows: np.ndarray) -> Any:
        """Run one step per row of `rows` and put the new state into the model's variables."""
        executable = self._compile(data, rows.shape)
        # The old buffers are donated: they are gone when the program returns the new ones.
        state, outputs = executable(self._state(), data, rows)
        for variables, values in zip(self._variables, state, strict=True):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)
        return outputs

    def _compile(self, data: Any, rows_shape: tuple[int, ...]) -> Callable[..., Any]:
        """Compile ahead of the run, so that compiling and training are timed apart."""
        leaves, structure = jax.tree.flatten(data)
        key = (rows_shape, structure, *((leaf.shape, leaf.dtype) for leaf in leaves))
        if key not in self._executables:
            started = time.perf_counter()
            rows = jax.ShapeDtypeStruct(rows_shape, np.int32)
            self._executables[key] = self._loop.lower(self._state(), data, rows).compile()
            self.compile_s += time.perf_counter() - started
        return self._executables[key]

    def _state(self) -> Any:
        return tuple([variable.value for variable in group] for group in self._variables)


def _state_variables(model: keras.Model, kind: str) -> tuple[list[keras.Variable], ...]:
    """The groups of variables that Keras's stateless `train_step` and its kin take, in order."""
    forward = (model.trainable_variables, model.non_trainable_variables)
    if kind == "train":
        return (*forward, model.optimizer.variables, model.metrics_variables)
    if kind == "test":
        return (*forward, model.metrics_variables)
    return forward


def _loop(model: keras.Model, kind: str) -> Callable[..., Any]:
    step = {"train": model.train_step, "test": model.test_step, "predict": _predict_step(model)}

    def body(state: Any, rows: Any, data: Any) -> tuple[Any, Any]:
        batch = jax.tree.map(lambda array: array[rows], data)
        outputs, state = step[kind](state, batch)
        return state, outputs

    def loop(state: Any, data: Any, rows: Any) -> tuple[Any, Any]:
        return jax.lax.scan(lambda carry, batch: body(carry, batch, data), state, rows)

    return loop


def _predict_step(model: keras.Model) -> Callable[..., Any]:
    def step(state: Any, batch: Any) -> tuple[Any, Any]:
        outputs, non_trainable_variables = model.predict_step(state, batch)
        return outputs, (state[0], non_trainable_variables)

    return step
