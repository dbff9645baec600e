"""The precision that a run computes in."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras

from keras3_lab.engine.interface import backend
from keras3_lab.portable import float64


@contextlib.contextmanager
def precision(dtype: str) -> Iterator[None]:
    """Compute in the given dtype inside; what a user's function sets there ends there."""
    with contextlib.ExitStack() as stack:
        # A function may set them for its model, and the lane has other models to run.
        stack.callback(keras.config.set_floatx, keras.config.floatx())
        stack.callback(keras.config.set_dtype_policy, keras.config.dtype_policy())
        if dtype == "float64":
            if keras.backend.backend() != "numpy":
                stack.enter_context(backend().float64())
            stack.enter_context(float64.enable())
        yield
