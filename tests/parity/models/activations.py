"""Activations, alone and at the points where their gradients differ."""

from __future__ import annotations

import keras
from keras import layers as L

from models.declare import Models, differs
from models.parts import classifier, functional, sequences, table

MODELS = Models(__name__)

GROUPS = {
    "smooth": (
        "celu", "elu", "exponential", "gelu", "linear", "log_sigmoid", "mish", "selu", "sigmoid",
        "silu", "softplus", "softsign", "squareplus", "tanh", "tanh_shrink",
    ),
    "piecewise": (
        "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu", "relu", "relu6",
        "soft_shrink", "sparse_plus", "sparse_sigmoid",
    ),
    "normalizing": ("log_softmax", "softmax", "sparsemax"),
}  # fmt: skip


def _side_by_side(names):
    """Every activation on units of its own, so that blame can name one."""
    inputs = keras.Input((6,))
    hidden = [L.Dense(3, activation=name, name=name)(inputs) for name in names]
    return functional(inputs, L.Dense(3)(L.Concatenate()(hidden)), table())


for name, members in GROUPS.items():
    MODELS.add(name, lambda members=members: _side_by_side(members))
for name, layer in {
    "layer_elu": lambda: L.ELU(0.5),
    "layer_leaky_relu": lambda: L.LeakyReLU(0.1),
    "layer_prelu": lambda: L.PReLU(alpha_initializer="he_normal"),
    "layer_relu": lambda: L.ReLU(max_value=1.0, negative_slope=0.1, threshold=0.2),
    "layer_softmax": lambda: L.Softmax(axis=1),
}.items():
    MODELS.add(name, lambda layer=layer: classifier(sequences(), [L.Dense(6), layer()]))


for name, activate in {
    "glu": keras.activations.glu,
    "threshold": lambda x: keras.activations.threshold(x, 0.3, -0.5),
}.items():
    MODELS.add(name, lambda activate=activate: _in_a_graph(activate))


def _in_a_graph(activate):
    inputs = keras.Input((6,))
    return functional(inputs, L.Dense(3)(activate(L.Dense(6)(inputs))), table())


def _at_zero(activation: str):
    """Its input is 0 in the first step: the kernel before it starts at zero."""
    body = [L.Dense(6, kernel_initializer="zeros"), L.Activation(activation)]
    return classifier(table(), body, "sgd")


for name, why in {
    "leaky_relu": "1 on JAX and the slope on TensorFlow",
    "selu": "1.76 on JAX and 1.05 on TensorFlow",
    "celu": "1 on JAX and 2 on TensorFlow",
}.items():
    MODELS.add(
        f"{name}_at_zero",
        lambda name=name: _at_zero(name),
        differs("gradient", "kernel", f"the gradient at 0 is {why}"),
    )
for name in ("relu", "gelu", "relu6"):
    MODELS.add(f"{name}_at_zero", lambda name=name: _at_zero(name))


@MODELS.expect(differs("gradient", "kernel", "the gradient of `ops.abs` at 0 is 1 on JAX and 0 on "
    "TensorFlow"))  # fmt: skip
def l1_at_zero():
    penalty = keras.regularizers.L1(0.01)
    body = [L.Dense(6, "tanh", kernel_initializer="zeros", kernel_regularizer=penalty)]
    return classifier(table(), body, "sgd")
