"""The JAX half of the engine: many steps of a Keras model as one compiled loop.

This file, with the kernels that it alone uses, and `tensorflow.py` beside it are the only ones that
import a backend; they offer the same names, those of `keras3_lab.engine.interface.Backend`.
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import jax
import keras
import numpy as np
from jax.experimental.sparse import BCOO

from keras3_lab.engine.data import plan_of_single
from keras3_lab.engine.interrupts import interrupts_deferred
from keras3_lab.engine.jax_kernels import rewritten
from keras3_lab.engine.kept import folder_of_compiled
from keras3_lab.engine.own_code import has_own_code
from keras3_lab.engine.pieces import EachStep
from keras3_lab.engine.plan import BY_STEPS, COMPILED, EAGER, NO_JIT, Plan
from keras3_lab.private.models import supports_jit

VERSIONS: dict[str, str] = {"jax": jax.__version__}
VECTORIZES = True
JOINS_UNEVEN = False
BUILDS_WHILE_TRACING = False

PARTIAL = Plan("python", True, "a step for each epoch, compiled while the loop is")


OWN_CODE = Plan(
    "python", False, "compile(jit_compile=False), and code of one's own, which may look at numbers"
)
UNTRACEABLE = Plan("python", False, "compile(jit_compile=False), and JAX cannot trace the step")


def float64() -> AbstractContextManager[None]:
    """Let arrays be float64 inside, which JAX does not do unless told so."""
    return jax.enable_x64(True)


def gpu_kind() -> str:
    """Name the first GPU, e.g. `NVIDIA H100 80GB HBM3`."""
    return str(jax.devices("gpu")[0].device_kind)


def settings_of_here() -> Callable[[], AbstractContextManager[None]]:
    """Return what gives another thread the settings of this one."""
    return partial(jax.enable_x64, jax.config.jax_enable_x64)


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


def is_concrete(tensor: Any) -> bool:
    """Whether a tensor holds values, rather than standing for those of a traced function."""
    return not isinstance(tensor, jax.core.Tracer)


def new_program(models: Sequence[keras.Model], kind: str, by_steps: bool = False) -> Program:
    """Return a program of one model, or of several at once."""
    return Program(models[0], kind, by_steps) if len(models) == 1 else ManyPrograms(models, kind)


def new_single(model: keras.Model, kind: str) -> Single:
    """Return a program that hands the batch of a single step to Keras's own function."""
    return Single(model, kind)


def distributed_by(model: keras.Model) -> str | None:
    """Say what distributes a model over devices; `None` if nothing does."""
    distribution = keras.distribution.distribution()
    return None if distribution is None else f"`{type(distribution).__name__}` distributes it"


def joined(arrays: list[Any]) -> np.ndarray:
    """Join what steps predicted, along the rows."""
    return np.concatenate(arrays)


class Single:
    """Keras's own function, for a batch that no compiled loop takes."""

    compile_s = 0.0

    def __init__(self, model: keras.Model, kind: str) -> None:
        self._model = model
        self._kind = kind
        self._variables = _state_variables(model, kind)

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
            outputs, state = step(_state(self._variables), iter([data]))
            _assign(self._variables, state)
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


_COMPILING = threading.Lock()
"""One thread at a time: another may be waiting for the same program."""


class Program:
    """Compiled steps of one model; see `keras3_lab.engine.interface.Program`."""

    def __init__(self, model: keras.Model, kind: str, by_steps: bool = False) -> None:
        self._by_steps = by_steps
        self._variables = _state_variables(model, kind)
        self._one = partial(_one, _step(model, kind))
        self._eager = _not_compiled(model)
        self._must_compile = bool(model.jit_compile)
        self._executables: dict[Any, tuple[Plan, Callable[..., Any]]] = {}
        self._coming: dict[Any, Callable[[], Callable[..., Any]]] = {}
        self.compile_s = 0.0

    def plan(self, data: Any, rows: Any) -> Plan:
        """Return how `run` goes about arrays of these shapes."""
        return self._executable(data, rows)[0]

    def compiled_with(self, other: Program) -> None:
        """Run what another program compiles, of as many models that are like these."""
        self._executables, self._coming = other._executables, other._coming

    def run(self, data: Any, rows: Any, start: int = 0, stop: int | None = None) -> Any:
        """Run the steps `start` to `stop` and put the new state into the model's variables."""
        stop = len(rows) if stop is None else stop
        _, execute = self._executable(data, rows)
        # The old buffers are donated: they are gone when the program returns the new ones.
        with interrupts_deferred():
            state, stacks = execute(self._read(), data, rows, start, stop)
            self._write(state)
        return stacks

    def _read(self) -> Any:
        return _state(self._variables)

    def _write(self, state: Any) -> None:
        _assign(self._variables, state)

    def _executable(self, data: Any, rows: Any) -> tuple[Plan, Callable[..., Any]]:
        """Compile ahead of the run, so that compiling and training are timed apart."""
        key = _key(data, rows)
        with _COMPILING:
            if key not in self._executables:
                started = time.perf_counter()
                self._executables[key] = self._compile(data, rows)
                self.compile_s += time.perf_counter() - started
            return self._executables[key]

    def _compile(self, data: Any, rows: Any) -> tuple[Plan, Callable[..., Any]]:
        if self._eager is not None:
            return self._eager, _eager_loop(self._one)
        coming = self._coming.pop(_key(data, rows), None)
        if coming is not None:
            return PARTIAL, coming()
        state = self._read()
        one = rewritten(self._one) if _platform(state) == "cpu" else self._one
        # Jitted once, so that Keras's step is traced once for all that is made of it.
        one = jax.jit(one, inline=True)
        try:
            shapes, _ = jax.eval_shape(one, state, data, rows, 0)
        # Not JAX's errors alone: on its way, Keras makes an AttributeError of one of them. What is
        # wrong for another reason is so operation by operation as well.
        except Exception:
            if self._must_compile:
                raise
            return UNTRACEABLE, _eager_loop(self._one)
        if self._by_steps:
            plan = Plan("python", True, BY_STEPS)
            return plan, _python_loop(one, shapes, state, data, rows)()
        loop = jax.jit(_compiled_loop(one, shapes, len(rows)), donate_argnums=0)
        lowered = loop.lower(state, data, rows, 0, 0)
        rest = _partial_batch(data, rows)
        if rest is not None:
            shapes, _ = jax.eval_shape(one, state, data, rest, 0)
            self._coming[_key(data, rest)] = _python_loop(one, shapes, state, data, rest)
        return COMPILED, lowered.compile()


def _key(data: Any, rows: Any) -> Any:
    """Return what a program is compiled for."""
    leaves, structure = jax.tree.flatten(data)
    return (rows.shape, structure, *((leaf.shape, leaf.dtype) for leaf in leaves))


def _partial_batch(data: Any, rows: Any) -> np.ndarray | None:
    """Return rows as of the batch that is left when full ones have been taken; `None` of none."""
    steps, *models, batch = rows.shape
    left = len(jax.tree.leaves(data)[0]) - steps * batch
    return np.zeros((1, *models, left), np.int32) if 0 < left < batch else None


def _keep_compiled_programs() -> None:
    """Let a second process find what this one compiled, unless JAX was told where to, or not to.

    JAX_COMPILATION_CACHE_DIR names another folder; JAX_ENABLE_COMPILATION_CACHE=0 turns it off.
    """
    if jax.config.jax_compilation_cache_dir is not None:
        return
    folder = folder_of_compiled("jax", jax.__version__)
    jax.config.update("jax_compilation_cache_dir", str(folder))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)


_keep_compiled_programs()


class ManyPrograms(Program):
    """The steps of several models that differ in nothing but their variables, as one program.

    A step of all of them is one step of arrays with a dimension more. `rows` is of shape
    `(steps, models, batch)`, and what `run` returns is stacked likewise.
    """

    def __init__(self, models: Sequence[keras.Model], kind: str) -> None:
        super().__init__(models[0], kind)
        self._models = [_state_variables(model, kind) for model in models]
        self._one = jax.vmap(self._one, in_axes=(0, None, 1, None))

    def _read(self) -> Any:
        return _stacked([_state(variables) for variables in self._models])

    def _write(self, state: Any) -> None:
        for variables, values in zip(self._models, _apart(state, len(self._models)), strict=True):
            _assign(variables, values)


# Compiled: hundreds of small operations would take longer than an epoch of a small model.
@partial(jax.jit)
def _stacked(states: list[Any]) -> Any:
    return jax.tree.map(lambda *values: jax.numpy.stack(values), *states)


@partial(jax.jit, static_argnums=1)
def _apart(state: Any, count: int) -> list[Any]:
    return [jax.tree.map(lambda values, i=i: values[i], state) for i in range(count)]


def _state(groups: tuple[list[keras.Variable], ...]) -> tuple[list[Any], ...]:
    return tuple([variable.value for variable in variables] for variables in groups)


def _assign(groups: tuple[list[keras.Variable], ...], state: Any) -> None:
    for variables, values in zip(groups, state, strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _state_variables(model: keras.Model, kind: str) -> tuple[list[keras.Variable], ...]:
    """Return the groups of variables that Keras's stateless steps take, in order."""
    forward = (model.trainable_variables, model.non_trainable_variables)
    if kind in ("train", "trace"):
        return (*forward, model.optimizer.variables, model.metrics_variables)
    if kind == "test":
        return (*forward, model.metrics_variables)
    return forward


def _not_compiled(model: keras.Model) -> Plan | None:
    """Return the plan of a model whose steps run operation by operation, as it asks."""
    if model.run_eagerly:
        return EAGER
    if not supports_jit(model):
        return NO_JIT
    # A file written under TensorFlow brings along a `jit_compile=False` that nobody asked for.
    return None if model.jit_compile or not has_own_code(model) else OWN_CODE


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


def _one(step: Callable[..., Any], state: Any, data: Any, rows: Any, index: Any) -> Any:
    return step(state, jax.tree.map(lambda array: array[rows[index]], data))


def _zeros(shapes: Any, steps: int) -> Any:
    return jax.tree.map(lambda shape: jax.numpy.zeros((steps, *shape.shape), shape.dtype), shapes)


def _put(stacks: Any, outputs: Any, index: Any) -> Any:
    return jax.tree.map(lambda stack, output: stack.at[index].set(output), stacks, outputs)


def _compiled_loop(one: Callable[..., Any], shapes: Any, steps: int) -> Callable[..., Any]:
    # Not `jax.lax.scan`: where to start and stop is an argument, so that a chunk of any length
    # is the same program.
    def loop(state: Any, data: Any, rows: Any, start: Any, stop: Any) -> Any:
        def body(index: Any, carry: Any) -> Any:
            state, stacks = carry
            outputs, state = one(state, data, rows, index)
            return state, _put(stacks, outputs, index)

        return jax.lax.fori_loop(start, stop, body, (state, _zeros(shapes, steps)))

    return loop


def _python_loop(
    one: Callable[..., Any], shapes: Any, state: Any, data: Any, rows: Any
) -> Callable[[], Callable[..., Any]]:
    """Compile a step in another thread; return what waits for it and gives the loop."""

    def step(state: Any, stacks: Any, data: Any, rows: Any, index: Any) -> Any:
        outputs, state = one(state, data, rows, index)
        return state, _put(stacks, outputs, index)

    steps = len(rows)
    stacks = jax.eval_shape(lambda: _zeros(shapes, steps))
    lowered = jax.jit(step, donate_argnums=(0, 1)).lower(state, stacks, data, rows, 0)
    pool = ThreadPoolExecutor(1)
    compiling = pool.submit(lowered.compile)
    pool.shutdown(wait=False)

    def ready() -> Callable[..., Any]:
        compiled = compiling.result()

        def loop(state: Any, data: Any, rows: Any, start: int, stop: int) -> Any:
            stacks = _zeros(shapes, steps)
            for index in range(start, stop):
                state, stacks = compiled(state, stacks, data, rows, index)
            return state, stacks

        return loop

    return ready


def _eager_loop(one: Callable[..., Any]) -> Callable[..., Any]:
    def loop(state: Any, data: Any, rows: Any, start: int, stop: int) -> Any:
        each = EachStep([None] * len(rows))
        for index in range(start, stop):
            each[index], state = one(state, data, np.asarray(rows), index)
        return state, each

    return loop


def _platform(state: tuple[list[Any], ...]) -> str:
    arrays = [array for group in state for array in group]
    return str(next(iter(arrays[0].devices())).platform if arrays else jax.default_backend())
