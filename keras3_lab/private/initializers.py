"""How to see what Keras's initializers draw, and to make variables that have no values."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np

from keras3_lab.private.parts import part

PORTABLE = "keras3_lab.portable"

_compute_fans = part("keras.src.initializers.random_initializers:compute_fans", PORTABLE)
_random = part("keras.src:backend.random", PORTABLE)
_random_initializers = part("keras.src:initializers.random_initializers", PORTABLE)
_constant_initializers = part("keras.src:initializers.constant_initializers", PORTABLE)
_get_global = part("keras.src.backend.common.global_state:get_global_attribute", PORTABLE)
_set_global = part("keras.src.backend.common.global_state:set_global_attribute", PORTABLE)


def compute_fans(
    shape: Sequence[int],
    input_axes: Sequence[int] | None = None,
    output_axes: Sequence[int] | None = None,
) -> tuple[int, int]:
    """Return the numbers of inputs and outputs that `VarianceScaling` takes a weight to have.

    Unnecessary once Keras exports `compute_fans`.

    Args:
        shape: Shape of the weight.
        input_axes: As in `keras.initializers.VarianceScaling`.
        output_axes: As in `keras.initializers.VarianceScaling`.
    """
    fan_in, fan_out = _compute_fans(shape, input_axes=input_axes, output_axes=output_axes)
    return fan_in, fan_out


@contextmanager
def random_calls() -> Iterator[list[str]]:
    """Collect the names of the backend's random functions that Keras calls inside.

    Unnecessary once initializers say whether they draw.
    """
    calls: list[str] = []
    originals = {
        name: function
        for name, function in vars(_random).items()
        if inspect.isfunction(function) and "seed" in inspect.signature(function).parameters
    }

    def watched(name: str) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            calls.append(name)
            return originals[name](*args, **kwargs)

        return call

    try:
        for name in originals:
            setattr(_random, name, watched(name))
        yield calls
    finally:
        for name, function in originals.items():
            setattr(_random, name, function)


@contextmanager
def initial_values_on_host() -> Iterator[None]:
    """Let NumPy make what Keras's initializers would have the backend draw, or fill with zeros.

    For values that are drawn anew right away, or zero: JAX compiles a program for each shape, which
    takes longer than all else about a small model.

    Unnecessary once layers can be built without values that are never used.
    """
    generator = np.random.default_rng(0)

    def tensor(values: Any, dtype: Any) -> Any:
        dtype = keras.backend.standardize_dtype(dtype)
        # Converted by NumPy: in another dtype, JAX would compile that for each shape.
        return keras.ops.convert_to_tensor(values.astype(dtype), dtype=dtype)

    class Constants:
        def __getattr__(self, name: str) -> Any:
            return getattr(keras.ops, name)

        def zeros(self, shape: Any, dtype: Any = None) -> Any:
            return tensor(np.zeros(shape), dtype)

        def ones(self, shape: Any, dtype: Any = None) -> Any:
            return tensor(np.ones(shape), dtype)

    class OnHost:
        def __getattr__(self, name: str) -> Any:
            return getattr(_random, name)

        def uniform(
            self, shape: Any, minval: Any = 0.0, maxval: Any = 1.0, dtype: Any = None, seed: Any = 0
        ) -> Any:
            return tensor(generator.uniform(minval, maxval, shape), dtype)

        def normal(
            self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = 0
        ) -> Any:
            return tensor(generator.normal(mean, stddev, shape), dtype)

        def truncated_normal(
            self, shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = None, seed: Any = 0
        ) -> Any:
            values = generator.normal(size=shape)
            while (outside := np.abs(values) > 2).any():
                values = np.where(outside, generator.normal(size=shape), values)
            return tensor(mean + stddev * values, dtype)

    _random_initializers.random, _constant_initializers.ops = OnHost(), Constants()
    try:
        yield
    finally:
        _random_initializers.random, _constant_initializers.ops = _random, keras.ops


@contextmanager
def variables_of_at_most(numbers: int) -> Iterator[None]:
    """Refuse, by a `ValueError`, to give a variable more initial values than so many.

    Unnecessary once Keras reads how large a saved variable is before it makes it.
    """
    name = "_initialize_with_initializer"
    initialize = part(f"keras:Variable.{name}", "keras3_lab.parity")

    def checked(self: keras.Variable, initializer: Any) -> None:
        if math.prod(self.shape) > numbers:
            raise ValueError(
                f"a variable must have at most {numbers:,} numbers; its shape is {self.shape}"
            )
        initialize(self, initializer)

    setattr(keras.Variable, name, checked)
    try:
        yield
    finally:
        setattr(keras.Variable, name, initialize)


@contextmanager
def variables_without_values() -> Iterator[None]:
    """Make variables inside that have no values, and leave Keras's own counters as they were.

    Unnecessary once a `keras.Variable` keeps its initializer: it is only kept where the value is
    postponed, and Keras would draw the values in the end.
    """
    saved = {name: _get_global(name) for name in ("uninitialized_variables", "object_name_uids")}
    copies = {name: value.copy() for name, value in saved.items() if value is not None}
    try:
        with keras.StatelessScope(initialize_variables=False):
            yield
    finally:
        # Or the next scope to end would give the variables values after all, drawing each of them.
        for name in saved:
            _set_global(name, copies.get(name))
