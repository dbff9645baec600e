"""Try a case on the backend at hand."""

from __future__ import annotations

import contextlib
import signal
import time
import types
import warnings
from collections.abc import Callable, Hashable, Iterator
from functools import partial
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import Call, Case, LayerCall, Procedure, numbers
from keras3_lab.atlas.outcome import Outcome, Raised, Result, Value
from keras3_lab.engine.interface import backend
from keras3_lab.parity.record.culprit import first_line

LONGEST_S = 60
"""Seconds a case may take; after that it has failed."""


def observe(case: Case, dtype: str) -> Outcome:
    """Return what a case comes to in a dtype."""
    outcome = Outcome(case.name, dtype)
    started = time.perf_counter()
    with _floats(dtype), warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        keras.utils.clear_session(free_memory=False)  # names begin afresh
        for aspect, compute in _aspects(case, dtype):
            outcome.results[aspect] = _result(compute, case.random)
    outcome.seconds = time.perf_counter() - started
    return outcome


@contextlib.contextmanager
def _floats(dtype: str) -> Iterator[None]:
    before, policy = keras.config.floatx(), keras.config.dtype_policy()
    with contextlib.ExitStack() as stack:
        if dtype == "float64" and _differentiates():
            stack.enter_context(backend().float64())
        keras.config.set_floatx(dtype)
        keras.config.set_dtype_policy(dtype)
        try:
            yield
        finally:
            keras.config.set_floatx(before)
            keras.config.set_dtype_policy(policy)


def _differentiates() -> bool:
    return keras.config.backend() != "numpy"


def _aspects(case: Case, dtype: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    if isinstance(case, Call):
        yield from _of_call(case, dtype)
    elif isinstance(case, LayerCall):
        yield from _of_layer(case, dtype)
    elif isinstance(case, Procedure) and _differentiates():
        yield "result", case.function


def _of_call(case: Call, dtype: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    def tensors() -> list[Any]:
        return [_tensor(value, dtype) for value in case.inputs]

    yield "eager", lambda: case.function(*tensors())
    if not _differentiates() or dtype not in ("float32", "float64"):
        return
    arrays = [n for n, value in enumerate(case.inputs) if isinstance(value, np.ndarray)]

    def at(positions: list[int]) -> Callable[..., Any]:
        """Return the function of the inputs at these positions alone."""
        given = tensors()

        def function(*varying: Any) -> Any:
            for position, value in zip(positions, varying, strict=True):
                given[position] = value
            return case.function(*given)

        return function

    def shared(make: Callable[..., Any], positions: list[int], function: Any) -> Any:
        """Call what is made of a function, once for all cases that part in those arrays alone."""
        constants = [v for n, v in enumerate(case.inputs) if n not in positions]
        key = (make.__name__, dtype, *positions, _frozen(case.function), _frozen(constants))
        if key not in _MADE:
            _MADE[key] = make(function)
        given = tensors()
        return _MADE[key](*(given[n] for n in positions))

    if case.compiles and dtype == "float32":
        yield "compiled", lambda: shared(backend().compiled, arrays, at(arrays))
    floats = [n for n in arrays if _is_float(case.inputs[n])]
    if case.gradient and not case.random and floats:
        number = at(floats)
        yield (
            "gradient",
            lambda: shared(
                backend().derivatives, floats, lambda *varying: _weighted(number(*varying))
            )[0],
        )


_MADE: dict[Any, Callable[..., Any]] = {}
"""Functions that are compiled already."""


def _frozen(value: Any) -> Hashable:
    """Return what two functions, or arguments, that do the same have in common."""
    match value:
        case partial():
            return _frozen([value.func, value.args, value.keywords])
        case np.ndarray():
            return str(value.dtype), value.shape, value.tobytes()
        case dict():
            return tuple((name, _frozen(one)) for name, one in value.items())
        case list() | tuple():
            return type(value).__name__, *map(_frozen, value)
    # 1, 1.0 and True are equal, and 0.0 and -0.0, and not the same.
    return value if callable(value) else repr(value)


def _of_layer(case: LayerCall, dtype: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    made: list[Any] = []

    def layer() -> Any:
        """Return the layer, built, with its numbers as at first."""
        if not made:
            keras.utils.set_random_seed(0)
            new = case.make()
            new(*inputs(), **keywords())
            made.append((new, _first_values(new, fixed=case.weights)))
        new, values = made[0]
        for variable, value in zip(new.variables, values, strict=True):
            variable.assign(value)
        return new

    def inputs() -> list[Any]:
        return [_tensors(value, dtype) for value in case.inputs]

    def keywords(**more: Any) -> dict[str, Any]:
        own = {name: _tensors(value, dtype) for name, value in (case.keywords or {}).items()}
        return own | {k: v for k, v in more.items() if made and _takes(made[0][0], k)}

    kept: dict[str, Any] = {}

    def call(training: bool) -> Any:
        new = layer()
        kept.clear()
        outputs = new(*inputs(), **keywords(training=training))
        own = [v for v in new.non_trainable_variables if "seed" not in v.name]
        kept.update({v.path: v.value for v in own})
        return outputs

    yield "inference", lambda: call(training=False)
    if not made or _takes(made[0][0], "training"):
        yield "training", lambda: call(training=True)
    if kept:
        yield "state", lambda: dict(kept)
    if not _differentiates() or dtype not in ("float32", "float64"):
        return
    leaves = keras.tree.flatten(inputs())
    arrays = [n for n, value in enumerate(leaves) if hasattr(value, "dtype")]

    def given(positions: list[int], varying: tuple[Any, ...]) -> Any:
        """Return the inputs, with these values at these positions."""
        new = keras.tree.flatten(inputs())
        for position, value in zip(positions, varying, strict=True):
            new[position] = value
        return keras.tree.pack_sequence_as(list(case.inputs), new)

    if case.compiles and dtype == "float32":

        def compiled() -> Any:
            new = layer()
            call = backend().compiled(
                lambda *varying: new(*given(arrays, varying), **keywords(training=True)),
                new.variables,
            )
            return call(*(leaves[n] for n in arrays))

        yield "compiled", compiled
    if case.gradient and not case.random:

        def gradient() -> Any:
            new = layer()
            floats = [n for n in arrays if _is_float(leaves[n])]

            def loss(*varying: Any) -> Any:
                return _weighted(new(*given(floats, varying), **keywords(training=True)))

            call = backend().derivatives(loss, new.trainable_variables)
            by_inputs, by_weights = call(*(leaves[n] for n in floats))
            names = [v.path for v in new.trainable_variables]
            return {"inputs": by_inputs, "weights": dict(zip(names, by_weights, strict=True))}

        yield "gradient", gradient


def _takes(layer: Any, argument: str) -> bool:
    return bool(getattr(layer, f"_call_has_{argument}_arg", False))


def _first_values(layer: Any, *, fixed: bool) -> list[np.ndarray]:
    """Return a layer's first values, with fixed numbers in the place of drawn ones if wanted."""
    trainable = {id(variable) for variable in layer.trainable_variables}
    values = []
    for n, variable in enumerate(layer.variables):
        value = keras.ops.convert_to_numpy(variable.value)
        drawn = id(variable) in trainable or (value.size and (value != value.flat[0]).any())
        if fixed and drawn and "float" in variable.dtype:
            value = 0.5 * numbers(*variable.shape, seed=n + 1)
        values.append(value)
    return values


def _is_float(value: Any) -> bool:
    dtype = getattr(value, "dtype", None)
    return dtype is not None and "float" in keras.backend.standardize_dtype(dtype)


def _tensor(value: Any, dtype: str) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    return keras.ops.convert_to_tensor(value, dtype if value.dtype.kind == "f" else None)


def _tensors(value: Any, dtype: str) -> Any:
    return keras.tree.map_structure(lambda leaf: _tensor(leaf, dtype), value)


def _weighted(outputs: Any) -> Any:
    """Return the sum of all float outputs times fixed numbers: a gradient that none hides in."""
    total = keras.ops.zeros(())
    for n, output in enumerate(keras.tree.flatten(outputs)):
        if _is_float(output):
            factors = keras.ops.convert_to_tensor(0.1 + numbers(*output.shape, seed=100 + n))
            part = keras.ops.sum(output * keras.ops.cast(factors, output.dtype))
            total += keras.ops.cast(part, total.dtype)
    return total


def _result(compute: Callable[[], Any], random: bool) -> Result:
    def late(signum: int, frame: types.FrameType | None) -> None:
        raise TimeoutError(f"more than {LONGEST_S} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LONGEST_S)
    try:
        return tuple(_values(compute(), "", random))
    except Exception as error:  # any error is an outcome
        name, _, message = first_line(error).partition(": ")
        return Raised(name, message)
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def _values(result: Any, path: str, random: bool) -> Iterator[Value]:
    if isinstance(result, dict):
        for key in result:
            yield from _values(result[key], f"{path}.{key}".lstrip("."), random)
    elif isinstance(result, list | tuple):
        for n, item in enumerate(result):
            yield from _values(item, f"{path}.{n}".lstrip("."), random)
    elif result is not None:
        yield _value(result, path, random)


def _value(result: Any, path: str, random: bool) -> Value:
    if not hasattr(result, "dtype"):
        dtype, array = type(result).__name__, np.asarray(result)
    else:
        dtype = keras.backend.standardize_dtype(result.dtype)
        narrow = dtype == "bfloat16" or "float8" in dtype
        array = keras.ops.convert_to_numpy(keras.ops.cast(result, "float32") if narrow else result)
    return Value(path, dtype, np.zeros(0) if random else array, tuple(array.shape))
