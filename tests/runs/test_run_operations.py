"""Floating-point operations, counted by hand."""

from __future__ import annotations

import keras
import pytest

from keras3_lab import recipes
from keras3_lab.models import airbench
from keras3_lab.runs.operations import multiply_adds, numbers_out, training_operations


def test_operations_are_those_counted_by_hand() -> None:
    convolution = keras.layers.Conv2D(7, 3, use_bias=False)  # 8 × 8 × 3 to 6 × 6 × 7
    dense = keras.layers.Dense(10)
    frozen = keras.layers.Conv2D(3, 1, trainable=False, padding="same")
    inner = keras.Sequential([keras.Input((8, 8, 3)), frozen, convolution])
    outer = keras.Sequential([inner, keras.layers.Flatten(), dense])
    forward = {frozen: 64 * 9, convolution: 36 * 9 * 3 * 7, dense: 36 * 7 * 10}
    for layer, expected in forward.items():
        assert multiply_adds(layer) == expected
    made = {frozen: 64 * 3, convolution: 36 * 7, dense: 10, outer.layers[1]: 0}
    assert {layer: numbers_out(layer) for layer in made} == made
    per_row = forward[frozen] + 3 * (forward[convolution] + forward[dense])
    assert training_operations(outer, rows=50) == 2 * 50 * per_row
    model = airbench((4, 6, 8))
    # Places × patch × filters, from the whitening to the dense layer.
    layers = [(961, 12, 24), (961, 9 * 24, 4), (225, 36, 4), (225, 36, 6), (49, 54, 6)]
    layers += [(49, 54, 8), (9, 72, 8), (1, 8, 10)]
    first, *rest = (a * b * c for a, b, c in layers)
    assert training_operations(model, rows=1) == 2 * (first + 3 * sum(rest))


@pytest.mark.parametrize(
    ("name", "products"),
    [
        ("fmnist/dropout", 784 * 100 + 100 * 10),
        ("fmnist/batch-norm", 784 * 30 + 30 * 30 + 30 * 10),
        ("mnist/mlp", 784 * 256 + 256 * 64 + 64 * 32 + 32 * 10),
    ],
)
def test_a_dense_network_has_six_operations_a_product_and_row(name: str, products: int) -> None:
    """An addition and a multiplication, forwards and twice backwards."""
    assert training_operations(recipes.get(name).model(), rows=100) == 6 * 100 * products


def test_a_subclassed_model_counts_like_the_others() -> None:
    sequential, _, subclassed = (
        training_operations(trial.model(), rows=10)
        for trial in recipes.get("mnist/api-styles").trials().values()
    )
    assert sequential == subclassed == 6 * 10 * (784 * 256 + 256 * 64 + 64 * 32 + 32 * 10)
