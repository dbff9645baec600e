"""Compiled steps of one model on TensorFlow."""

from __future__ import annotations

import functools
import re
import threading
import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import keras
import tensorflow as tf

from keras3_lab.engine.pieces import EachStep
from keras3_lab.engine.plan import BY_STEPS, COMPILED, EAGER, Plan
from keras3_lab.engine.tensorflow.processes import share_of
from keras3_lab.engine.tensorflow.replicas import replica_count, step_of
from keras3_lab.portable.fused import fused_by
from keras3_lab.private.models import default_jit_compile, strategy_of, supports_jit
from keras3_lab.private.optimizers import gradients_are_summed

# On CPU, XLA's kernels for these are slower than TensorFlow's own, 5 to 30 times.
SLOW_IN_XLA = re.compile("Conv[23]D|DepthwiseConv2dNative|(Max|Avg)Pool")
CONVOLUTION = Plan(
    "compiled", False, "on CPU, XLA runs convolutions and pooling slower than TensorFlow does"
)
# With the same seed and counter, XLA's generator draws other numbers than TensorFlow's.
DRAWS = re.compile("Stateless(Random|Truncated|Parameterized)|Random")
RANDOM = Plan(
    "compiled", False, "XLA would draw other random numbers than `model.fit` does on this device"
)
NOT_BY_XLA = Plan("compiled", False, "XLA cannot compile this model")
UNSHAPED = Plan("python", False, "the outputs have no shape before they are computed")
PARTIAL = Plan("compiled", False, "a step for each epoch takes less time than XLA takes to compile")
REPLICAS = Plan("compiled", False, "each device has some rows of a batch; XLA compiles for one")
GRAPH = Plan("compiled", False, "compile(jit_compile=False), or a layer that XLA cannot compile")


_TRACING = threading.Lock()
"""One thread at a time: what `fused_by` says holds for all of them."""


class Program:
    """Compiled steps of one model; see `keras3_lab.engine.interface.Program`."""

    def __init__(self, model: keras.Model, kind: str, by_steps: bool = False) -> None:
        self._model = model
        self._by_steps = by_steps
        self._strategy = strategy = strategy_of(model)
        self._step = step_of(model, kind, strategy) if strategy else _step(model, kind)
        self._shares = share_of(model) is not None
        self._executables: dict[Any, tuple[Plan, Callable[..., Any]]] = {}
        self.compile_s = 0.0

    def plan(self, data: Any, rows: Any) -> Plan:
        """Return how `run` goes about arrays of these shapes."""
        return self._executable(data, tf.convert_to_tensor(rows))[0]

    def compiled_with(self, other: Any) -> None:
        """Never called: see `VECTORIZES`."""
        raise NotImplementedError  # a program holds its model's variables: no other can run it

    def run(self, data: Any, rows: Any, start: int = 0, stop: int | None = None) -> Any:
        """Run the steps `start` to `stop`; the model's variables change in place."""
        rows = tf.convert_to_tensor(rows)
        stop = len(rows) if stop is None else stop
        _, execute = self._executable(data, rows)
        return execute(data, rows, tf.constant(start), tf.constant(stop))

    def _executable(self, data: Any, rows: Any) -> tuple[Plan, Callable[..., Any]]:
        """Compile ahead of the run, so that compiling and training are timed apart."""
        leaves = [leaf for leaf in keras.tree.flatten(data) if leaf is not None]
        key = (tuple(rows.shape), *((tuple(leaf.shape), leaf.dtype) for leaf in leaves))
        if key not in self._executables:
            started = time.perf_counter()
            plan, execute = self._compile(data, rows)
            self._executables[key] = replace(plan, devices=replica_count(self._strategy)), execute
            self.compile_s += time.perf_counter() - started
        return self._executables[key]

    def _compile(self, data: Any, rows: Any) -> tuple[Plan, Callable[..., Any]]:
        def one(data: Any, rows: Any) -> Any:
            # Of a share of each batch the data are of shape (steps, rows, ...).
            which = rows[0] if self._shares else rows
            batch = keras.tree.map_structure(
                lambda array: None if array is None else tf.gather(array, which), data
            )
            return keras.tree.map_structure(_tensor, self._step(batch, rows.shape[0]))

        if self._model.run_eagerly:
            return EAGER, _python_loop(one)
        if self._by_steps:
            # As Keras's own `fit` by default, where there is no GPU; XLA takes a second to compile.
            step = tf.function(one, autograph=False)
            return Plan("python", False, BY_STEPS), _python_loop(step)
        # Python control flow in a step is traced as it stands, as in Keras's own `fit`.
        fuses = self._strategy is None and _may_compile(self._model)
        optimizer = getattr(self._model, "optimizer", None)
        alone = self._strategy is None and isinstance(optimizer, keras.optimizers.Optimizer)
        with (
            _TRACING,
            fused_by(_by_xla) if fuses else nullcontext(),
            # Of one replica there is nothing to sum; its identities take time to trace.
            gradients_are_summed(optimizer) if alone else nullcontext(),
        ):
            traced = tf.function(one, autograph=False).get_concrete_function(data, rows[0])
        if not all(map(_has_shape, keras.tree.flatten(traced.structured_outputs))):
            return UNSHAPED, _python_loop(traced)
        plan = REPLICAS
        if self._strategy is None:
            plan = _plan(self._model, traced.graph.as_graph_def(), rows.device)
        if plan == COMPILED and not self._model.jit_compile and self._is_partial(rows):
            plan = PARTIAL
        no_steps = (data, rows, tf.constant(0), tf.constant(0))
        loop = _compiled_loop(traced, plan.xla).get_concrete_function(*no_steps)
        try:
            loop(*no_steps)  # XLA compiles when a program first runs
        except tf.errors.OpError:
            if not plan.xla:
                raise
            loop = _compiled_loop(traced, xla=False).get_concrete_function(*no_steps)
            return NOT_BY_XLA, loop
        return plan, loop

    def _is_partial(self, rows: Any) -> bool:
        """Whether it is a partial batch, after full ones that have a program of their own."""
        steps, batch = rows.shape
        return steps == 1 and any(shape[1] > batch for shape, *_ in self._executables)


def _step(model: keras.Model, kind: str) -> Callable[..., Any]:
    """Keras's own step, from a batch, and its size, to its outputs."""
    if kind == "trace":
        model.reset_metrics()
        fresh = [(variable, variable.numpy()) for variable in model.metrics_variables]

        def trace(batch: Any, size: int) -> Any:
            for variable, value in fresh:
                variable.assign(value)
            return model.train_step(batch)

        return trace
    step: Callable[..., Any] = getattr(model, f"{kind}_step")
    return lambda batch, size: step(batch)


def _may_compile(model: keras.Model) -> bool:
    # Where there is no GPU, Keras makes `False` of compile(jit_compile="auto"): the engine decides.
    by_default = model.jit_compile == default_jit_compile(model)
    return bool(supports_jit(model) if by_default else model.jit_compile)


def _plan(model: keras.Model, graph: Any, device: str) -> Plan:
    if not _may_compile(model):
        return GRAPH
    operations = {node.op for node in graph.node}
    operations |= {node.op for function in graph.library.function for node in function.node_def}
    if not model.jit_compile and any(DRAWS.match(operation) for operation in operations):
        return RANDOM
    if "GPU" not in device and any(SLOW_IN_XLA.match(operation) for operation in operations):
        return CONVOLUTION
    return COMPILED


@functools.lru_cache(maxsize=256)
def _by_xla(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile a function by XLA, also as a part of a step that is not."""
    compiled: Callable[..., Any] = tf.function(function, jit_compile=True, autograph=False)
    return compiled


def _compiled_loop(one: Any, xla: bool) -> Any:
    def loop(data: Any, rows: Any, start: Any, stop: Any) -> Any:
        stacks = keras.tree.map_structure(
            lambda output: tf.TensorArray(
                output.dtype, size=rows.shape[0], element_shape=output.shape
            ),
            one.structured_outputs,
        )

        def body(index: Any, stacks: Any) -> tuple[Any, Any]:
            outputs = one(data, rows[index])
            stacks = keras.tree.map_structure(
                lambda stack, output: stack.write(index, output), stacks, outputs
            )
            return index + 1, stacks

        _, stacks = tf.while_loop(
            lambda index, _: index < stop, body, (start, stacks), parallel_iterations=1
        )
        return keras.tree.map_structure(lambda stack: stack.stack(), stacks)

    return tf.function(loop, jit_compile=xla, autograph=False)


def _python_loop(one: Callable[..., Any]) -> Callable[..., Any]:
    def loop(data: Any, rows: Any, start: Any, stop: Any) -> EachStep:
        each = EachStep([None] * len(rows))
        for index in range(int(start), int(stop)):
            each[index] = one(data, rows[index])
        return each

    return loop


def _tensor(output: Any) -> Any:
    composite = isinstance(output, (tf.RaggedTensor, tf.SparseTensor))
    return output if composite else tf.convert_to_tensor(output)


def _has_shape(output: Any) -> bool:
    return isinstance(output, tf.TensorSpec | tf.Tensor) and output.shape.is_fully_defined()
