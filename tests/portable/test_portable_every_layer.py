"""Initial weights of every layer of Keras are portable, or named as not."""

from __future__ import annotations

import warnings

import every_layer
import keras
import numpy as np
import pytest

from keras3_lab.errors import PortabilityWarning
from keras3_lab.portable import initialize


def test_every_public_layer_has_a_case_or_a_reason() -> None:
    assert every_layer.missing() == []


def drawn(name: str, seed: int) -> tuple[dict[str, np.ndarray], str]:
    """Return the initial weights of a layer behind a backend's own draws, and what was named."""
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    case = every_layer.CASES[name]
    inputs = [keras.Input(shape, dtype="int32" if case.integers else None) for shape in case.shapes]
    model = keras.Model(inputs, every_layer.call(case, inputs))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", PortabilityWarning)
        initialize(model, 5)
    warned = "".join(str(one.message) for one in caught)
    return {v.path: keras.ops.convert_to_numpy(v) for v in model.weights}, warned


@pytest.mark.parametrize("name", every_layer.CASES)
def test_initial_weights_do_not_come_from_the_backend_or_are_named(name: str) -> None:
    first, warned = drawn(name, 1)
    if not first:
        return
    second, _ = drawn(name, 2)
    assert first.keys() == second.keys()
    for path, value in first.items():
        if not np.array_equal(value, second[path]):
            assert f"Weight {path.rpartition('/')[2]!r}" in warned


def test_every_weight_of_a_convlstm_is_drawn() -> None:
    (first, warned), (second, _) = drawn("ConvLSTM2D", 1), drawn("ConvLSTM2D", 2)
    assert not warned
    for path, value in first.items():
        np.testing.assert_array_equal(value, second[path])
