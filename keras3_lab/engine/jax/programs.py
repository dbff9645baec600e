"""Compiled steps of one model, or of several at once, on JAX."""

from __future__ import annotations

import contextlib
import gc
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import jax
import keras
import numpy as np

from keras3_lab.engine.interrupts import interrupts_deferred
from keras3_lab.engine.jax.devices import device_count, laid_out, results, whole
from keras3_lab.engine.jax.kernels import traced
from keras3_lab.engine.jax.loops import compiled_loop, eager_loop, one_step, python_loop, step_of
from keras3_lab.engine.jax.state import read, stacked, state_variables, unstacked, write
from keras3_lab.engine.own_code import has_own_code
from keras3_lab.engine.plan import BY_STEPS, COMPILED, EAGER, NO_JIT, Plan
from keras3_lab.private.models import supports_jit

PARTIAL = Plan("python", True, "a step for each epoch, compiled while the loop is")
OWN_CODE = Plan(
    "python", False, "compile(jit_compile=False), and code of one's own, which may look at numbers"
)
UNTRACEABLE = Plan("python", False, "compile(jit_compile=False), and JAX cannot trace the step")


_COMPILING = threading.Lock()
"""One thread at a time: another may be waiting for the same program."""


class Program:
    """Compiled steps of one model; see `keras3_lab.engine.interface.Program`."""

    def __init__(self, model: keras.Model, kind: str, by_steps: bool = False) -> None:
        self._by_steps = by_steps
        self._variables = state_variables(model, kind)
        self._one = partial(one_step, step_of(model, kind))
        self._eager = not_compiled(model)
        self._must_compile = bool(model.jit_compile)
        self._executables: dict[Any, tuple[Plan, Callable[..., Any]]] = {}
        self._coming: dict[Any, Callable[[], Callable[..., Any]]] = {}
        self.compile_s = 0.0

    def plan(self, data: Any, rows: Any) -> Plan:
        """Return how `run` goes about arrays of these shapes."""
        return self._executable(data, whole(rows))[0]

    def compiled_with(self, other: Program) -> None:
        """Run what another program compiles, of as many models that are like these."""
        self._executables, self._coming = other._executables, other._coming

    def run(self, data: Any, rows: Any, start: int = 0, stop: int | None = None) -> Any:
        """Run the steps `start` to `stop` and put the new state into the model's variables."""
        stop, rows = len(rows) if stop is None else stop, whole(rows)
        _, execute = self._executable(data, rows)
        # The old buffers are donated: they are gone when the program returns the new ones.
        with interrupts_deferred():
            state, stacks = execute(self._read(), data, rows, start, stop)
            self._write(state)
        return stacks

    def _read(self) -> Any:
        return laid_out(self._variables, read(self._variables))

    def _write(self, state: Any) -> None:
        write(self._variables, state)

    def _executable(self, data: Any, rows: Any) -> tuple[Plan, Callable[..., Any]]:
        """Compile ahead of the run, so that compiling and training are timed apart."""
        key = _key(data, rows)
        with _COMPILING:
            if key not in self._executables:
                started = time.perf_counter()
                with _without_collection():
                    plan, execute = self._compile(data, rows)
                self._executables[key] = replace(plan, devices=device_count()), execute
                self.compile_s += time.perf_counter() - started
            return self._executables[key]

    def _compile(self, data: Any, rows: Any) -> tuple[Plan, Callable[..., Any]]:
        if self._eager is not None:
            return self._eager, eager_loop(self._one)
        coming = self._coming.pop(_key(data, rows), None)
        if coming is not None:
            return PARTIAL, coming()
        state = self._read()
        trace = partial(traced, self._one, state, data, anew=_platform(state) == "cpu")
        try:
            one, (shapes, _) = trace(rows, 0)
        # Not JAX's errors alone: on its way, Keras makes an AttributeError of one of them. What is
        # wrong for another reason is so operation by operation as well.
        except Exception:
            if self._must_compile:
                raise
            return UNTRACEABLE, eager_loop(self._one)
        if self._by_steps:
            plan = Plan("python", True, BY_STEPS)
            return plan, python_loop(one, shapes, state, data, rows)()
        loop = jax.jit(compiled_loop(one, shapes, len(rows)), donate_argnums=0, **results(state))
        lowered = loop.lower(state, data, rows, 0, 0)
        rest = _partial_batch(data, rows)
        if rest is not None:
            rest = whole(rest)
            one, (shapes, _) = trace(rest, 0)
            self._coming[_key(data, rest)] = python_loop(one, shapes, state, data, rest)
        return COMPILED, lowered.compile()


class ManyPrograms(Program):
    """The steps of several models that differ in nothing but their variables, as one program.

    A step of all of them is one step of arrays with a dimension more. `rows` is of shape
    `(steps, models, batch)`, and what `run` returns is stacked likewise.
    """

    def __init__(self, models: Sequence[keras.Model], kind: str) -> None:
        super().__init__(models[0], kind)
        self._models = [state_variables(model, kind) for model in models]
        self._one = jax.vmap(self._one, in_axes=(0, None, 1, None))

    def _read(self) -> Any:
        return stacked([read(variables) for variables in self._models])

    def _write(self, state: Any) -> None:
        states = unstacked(state, len(self._models))
        for variables, values in zip(self._models, states, strict=True):
            write(variables, values)


@contextlib.contextmanager
def _without_collection() -> Iterator[None]:
    """Keep the garbage collector from looking through all of Keras for what tracing has made."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _key(data: Any, rows: Any) -> Any:
    """Return what a program is compiled for."""
    leaves, structure = jax.tree.flatten(data)
    shapes = ((leaf.shape, leaf.dtype) for leaf in leaves)
    return (rows.shape, keras.distribution.distribution(), structure, *shapes)


def _partial_batch(data: Any, rows: Any) -> np.ndarray | None:
    """Return rows as of the batch that is left when full ones have been taken; `None` of none."""
    steps, *models, batch = rows.shape
    left = len(jax.tree.leaves(data)[0]) - steps * batch
    return np.zeros((1, *models, left), np.int32) if 0 < left < batch else None


def not_compiled(model: keras.Model) -> Plan | None:
    """Return the plan of a model whose steps run operation by operation, as it asks."""
    if model.run_eagerly:
        return EAGER
    if not supports_jit(model):
        return NO_JIT
    # A file written under TensorFlow brings along a `jit_compile=False` that nobody asked for.
    return None if model.jit_compile or not has_own_code(model) else OWN_CODE


def _platform(state: tuple[list[Any], ...]) -> str:
    arrays = [array for group in state for array in group]
    return str(next(iter(arrays[0].devices())).platform if arrays else jax.default_backend())
