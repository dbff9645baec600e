"""A step of a model on JAX, and the loops that run many of them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import keras
import numpy as np

from keras3_lab.engine.jax.devices import everywhere, over_processes, results, spread
from keras3_lab.engine.pieces import EachStep


def step_of(model: keras.Model, kind: str) -> Callable[..., Any]:
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


def one_step(step: Callable[..., Any], state: Any, data: Any, rows: Any, index: Any) -> Any:
    """Run the step `index` on its rows of the data."""
    if over_processes():  # data of shape (steps, rows, ...): none moves to another process
        size = rows.shape[1]
        batch = jax.tree.map(lambda array: array[rows[index, 0]][:size], data)
    else:
        batch = jax.tree.map(lambda array: array[rows[index]], data)
    return step(state, spread(batch))


def _zeros(shapes: Any, steps: int) -> Any:
    return jax.tree.map(lambda shape: jax.numpy.zeros((steps, *shape.shape), shape.dtype), shapes)


def _put(stacks: Any, outputs: Any, index: Any) -> Any:
    return jax.tree.map(lambda stack, output: stack.at[index].set(output), stacks, outputs)


def compiled_loop(one: Callable[..., Any], shapes: Any, steps: int) -> Callable[..., Any]:
    """Return the steps from `start` to `stop` as one program."""

    # Not `jax.lax.scan`: where to start and stop is an argument, so that a chunk of any length
    # is the same program.
    def loop(state: Any, data: Any, rows: Any, start: Any, stop: Any) -> Any:
        def body(index: Any, carry: Any) -> Any:
            state, stacks = carry
            outputs, state = one(state, data, rows, index)
            return state, _put(stacks, outputs, index)

        return jax.lax.fori_loop(start, stop, body, (state, _zeros(shapes, steps)))

    return loop


def python_loop(
    one: Callable[..., Any], shapes: Any, state: Any, data: Any, rows: Any
) -> Callable[[], Callable[..., Any]]:
    """Compile a step in another thread; return what waits for it and gives the loop."""

    def step(state: Any, stacks: Any, data: Any, rows: Any, index: Any) -> Any:
        outputs, state = one(state, data, rows, index)
        return state, _put(stacks, outputs, index)

    steps = len(rows)
    stacks = jax.jit(lambda: _zeros(shapes, steps), out_shardings=everywhere())
    jitted = jax.jit(step, donate_argnums=(0, 1), **results(state))
    lowered = jitted.lower(state, jax.eval_shape(stacks), data, rows, 0)
    pool = ThreadPoolExecutor(1)
    compiling = pool.submit(lowered.compile)
    pool.shutdown(wait=False)

    def ready() -> Callable[..., Any]:
        compiled = compiling.result()

        def loop(state: Any, data: Any, rows: Any, start: int, stop: int) -> Any:
            outputs = stacks()
            for index in range(start, stop):
                state, outputs = compiled(state, outputs, data, rows, index)
            return state, outputs

        return loop

    return ready


def eager_loop(one: Callable[..., Any]) -> Callable[..., Any]:
    """Return the steps from `start` to `stop` operation by operation."""

    def loop(state: Any, data: Any, rows: Any, start: int, stop: int) -> Any:
        each = EachStep([None] * len(rows))
        for index in range(start, stop):
            each[index], state = one(state, data, np.asarray(rows), index)
        return state, each

    return loop
