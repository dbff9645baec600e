"""The precision of a run is its own, and ends with it."""

from __future__ import annotations

import keras
import pytest

from keras3_lab.parity.record.precision import precision


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_a_function_sets_does_not_reach_the_next_model(dtype: str) -> None:
    with precision(dtype):
        keras.config.set_floatx("float16")
        keras.config.set_dtype_policy("mixed_bfloat16")
    assert keras.config.floatx() == "float32"
    assert keras.config.dtype_policy().name == "float32"
