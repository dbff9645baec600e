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


class Program:
    """Compiled steps of one model: `train`, `test` or `predict`."""

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._step = getattr(model, f"{kind}_step")
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
