"""The TensorFlow half of the engine: many steps of a Keras model as one compiled `tf.while_loop`.

This file and `jax.py` beside it are the only ones that import a backend; they offer the same
names, described by `keras3_lab.engine.program.Program`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf

VERSIONS = {"tensorflow": tf.__version__}


def enable_float64() -> None:
    """Nothing to do: TensorFlow computes in the dtype of its tensors."""


def device_kind(platform: str) -> str:
    """Name the first `"cpu"` or `"gpu"`, e.g. `NVIDIA H100 80GB HBM3`."""
    device = tf.config.list_physical_devices(platform.upper())[0]
    return str(tf.config.experimental.get_device_details(device).get("device_name", platform))


def to_device(arrays: Any) -> Any:
    """Copy a structure of NumPy arrays to the device once."""
    return keras.tree.map_structure(
        lambda array: None if array is None else tf.convert_to_tensor(array), arrays
    )


class Program:
    """Compiled steps of one model: `train`, `test` or `predict`."""

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._loop = _loop(model, kind)
        self._compiled: set[Any] = set()
        self.compile_s = 0.0

    def run(self, data: Any, rows: np.ndarray) -> Any:
        """Run one step per row of `rows`; the model's variables change in place."""
        self._compile(data, rows.shape)
        return self._loop(data, tf.convert_to_tensor(rows), tf.constant(len(rows)))

    def _compile(self, data: Any, rows_shape: tuple[int, ...]) -> None:
        """Compile ahead of the run, so that compiling and training are timed apart."""
        key = (rows_shape, *((a.shape, a.dtype) for a in keras.tree.flatten(data) if a is not None))
        if key not in self._compiled:
            started = time.perf_counter()
            # XLA compiles when a program first runs: let it run no step at all.
            self._loop(data, tf.zeros(rows_shape, tf.int32), tf.constant(0))
            self._compiled.add(key)
            self.compile_s += time.perf_counter() - started


def _loop(model: keras.Model, kind: str) -> Callable[..., Any]:
    step = getattr(model, f"{kind}_step")

    def one(data: Any, rows: Any) -> Any:
        return step(
            keras.tree.map_structure(
                lambda array: None if array is None else tf.gather(array, rows), data
            )
        )

    # Python control flow in a step is traced as it stands, as in Keras's own `fit`.
    @tf.function(jit_compile=True, autograph=False)
    def loop(data: Any, rows: Any, steps: Any) -> Any:
        limit = rows.shape[0]
        spec = tf.function(one, autograph=False).get_concrete_function(data, rows[0])
        stacks = keras.tree.map_structure(
            lambda output: tf.TensorArray(output.dtype, size=limit, element_shape=output.shape),
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
