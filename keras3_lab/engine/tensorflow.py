"""The TensorFlow half of the engine: many steps of a Keras model as one compiled `tf.while_loop`.

This file and `jax.py` beside it are the only ones that import a backend; they offer the same
names, described by `keras3_lab.engine.program.Program`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import keras
import numpy as np
import tensorflow as tf

VERSIONS = {"tensorflow": tf.__version__}


def float64() -> AbstractContextManager[None]:
    """Nothing to do: TensorFlow computes in the dtype of its tensors."""
    return nullcontext()


def gpu_kind() -> str:
    """Name the first GPU, e.g. `NVIDIA H100 80GB HBM3`."""
    device = tf.config.list_physical_devices("GPU")[0]
    return str(tf.config.experimental.get_device_details(device).get("device_name", "GPU"))


def to_device(arrays: Any) -> Any:
    """Copy a structure of NumPy arrays to the device once."""
    return keras.tree.map_structure(
        lambda array: None if array is None else tf.convert_to_tensor(array), arrays
    )


def gradients(model: keras.Model, batch: Any) -> list[np.ndarray]:
    """Return the gradient of the training loss by each trainable variable; change nothing."""
    x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
    state = [variable.numpy() for variable in model.non_trainable_variables]
    with tf.GradientTape() as tape:
        y_pred = model(x, training=True)
        loss = model.compute_loss(x, y, y_pred, sample_weight, training=True)
        loss = model.optimizer.scale_loss(loss)
    by_variable = tape.gradient(loss, [v.value for v in model.trainable_variables])
    for variable, value in zip(model.non_trainable_variables, state, strict=True):
        variable.assign(value)
    return [np.asarray(tf.convert_to_tensor(gradient)) for gradient in by_variable]


class Program:
    """Compiled steps of one model; see `keras3_lab.engine.program.Program`."""

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._step = _step(model, kind)
        self._executables: dict[Any, Callable[..., Any]] = {}
        self.compile_s = 0.0

    def run(self, data: Any, rows: np.ndarray) -> Any:
        """Run one step per row of `rows`; the model's variables change in place."""
        rows = tf.convert_to_tensor(rows)
        return self._executable(data, rows)(data, rows, tf.constant(len(rows)))

    def _executable(self, data: Any, rows: Any) -> Callable[..., Any]:
        """Compile ahead of the run, so that compiling and training are timed apart."""
        leaves = [leaf for leaf in keras.tree.flatten(data) if leaf is not None]
        key = (tuple(rows.shape), *((tuple(leaf.shape), leaf.dtype) for leaf in leaves))
        if key not in self._executables:
            started = time.perf_counter()
            loop = _loop(self._step).get_concrete_function(data, rows, tf.constant(0))
            # XLA compiles when a program first runs: let it run no step at all.
            loop(data, rows, tf.constant(0))
            self._executables[key] = loop
            self.compile_s += time.perf_counter() - started
        return self._executables[key]


def _step(model: keras.Model, kind: str) -> Callable[..., Any]:
    """Keras's own step, from a batch to its outputs."""
    if kind == "trace":
        model.reset_metrics()
        fresh = [(variable, variable.numpy()) for variable in model.metrics_variables]

        def trace(batch: Any) -> Any:
            for variable, value in fresh:
                variable.assign(value)
            return model.train_step(batch)

        return trace
    step: Callable[..., Any] = getattr(model, f"{kind}_step")
    return step


def _loop(step: Callable[..., Any]) -> Callable[..., Any]:
    def one(data: Any, rows: Any) -> Any:
        return step(
            keras.tree.map_structure(
                lambda array: None if array is None else tf.gather(array, rows), data
            )
        )

    # Python control flow in a step is traced as it stands, as in Keras's own `fit`.
    @tf.function(jit_compile=True, autograph=False)
    def loop(data: Any, rows: Any, steps: Any) -> Any:
        spec = tf.function(one, autograph=False).get_concrete_function(data, rows[0])
        stacks = keras.tree.map_structure(
            lambda output: tf.TensorArray(
                output.dtype, size=rows.shape[0], element_shape=output.shape
            ),
            spec.structured_outputs,
        )

        def body(index: Any, stacks: Any) -> tuple[Any, Any]:
            outputs = one(data, rows[index])
            stacks = keras.tree.map_structure(
                lambda stack, output: stack.write(index, output), stacks, outputs
            )
            return index + 1, stacks

        _, stacks = tf.while_loop(lambda index, _: index < steps, body, (tf.constant(0), stacks))
        return keras.tree.map_structure(lambda stack: stack.stack(), stacks)

    return loop
