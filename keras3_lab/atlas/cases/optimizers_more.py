"""Cases of optimizers around optimizers, and of steps that are compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import WIDE, Case, Procedure, numbers
from keras3_lab.atlas.cases.optimizers import (
    NAMES,
    RATE,
    STEPS,
    TOKENS,
    embedding_model,
    state,
    weight,
)

optimizers = keras.optimizers


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name in [*NAMES, "LossScaleOptimizer", "MultiOptimizer"]:
        yield Procedure(f"optimizers.{name}", "compiled", function=_compiled(name))
    for what, gradients in _SCALED.items():
        for dynamic in (2, 2000):
            yield Procedure(
                "optimizers.LossScaleOptimizer",
                f"{what}-every-{dynamic}",
                WIDE,
                function=_loss_scaled(gradients, dynamic),
            )
    for symbol in ("optimizers.MultiOptimizer", "optimizers.OptimizerMap"):
        for what, scale in (("plain", None), ("scaled", 4.0)):
            yield Procedure(symbol, what, WIDE, function=_several(symbol, scale))
    yield Procedure("optimizers.SGD", "constrained", WIDE, function=_constrained)
    yield Procedure("optimizers.SGD", "missing-gradient", WIDE, function=_missing)
    yield Procedure("optimizers.AdamW", "excluded-from-decay", WIDE, function=_excluded)
    yield Procedure("optimizers.Adam", "averages-put-in", WIDE, function=_finalized)
    yield Procedure("optimizers.Adam", "rate-assigned", WIDE, function=_assigned)
    yield Procedure("optimizers.SGD", "zeros-like-a-variable", function=_zeros_like)
    yield Procedure("optimizers.SGD", "float64-variable", function=_float64)
    yield Procedure("optimizers.SGD", "stateless", WIDE, function=_stateless)
    yield Procedure("optimizers.SGD", "gradient-of-other-dtype", WIDE, function=_other_dtype)
    for name in ("SGD", "Adam", "Adafactor"):
        yield Procedure(f"optimizers.{name}", "scalar", WIDE, function=_of_shape(name))
        yield Procedure(f"optimizers.{name}", "empty", WIDE, function=_of_shape(name, 0, 3))
        yield Procedure(f"optimizers.{name}", "volume", WIDE, function=_of_shape(name, 2, 2, 3, 2))


def _make(name: str) -> Any:
    if name == "LossScaleOptimizer":
        return optimizers.LossScaleOptimizer(optimizers.Adam(RATE))
    if name == "MultiOptimizer":
        chosen = optimizers.OptimizerMap(optimizers.SGD(RATE))
        chosen["embedding.*"] = optimizers.Adam(RATE)
        return optimizers.MultiOptimizer(chosen)
    return getattr(optimizers, name)(RATE)


def _compiled(name: str) -> Callable[[], Any]:
    """Ten steps of the model with an embedding as `compile` does it by itself."""

    def steps() -> Any:
        model = embedding_model()
        model.compile(_make(name), "mse")
        losses = []
        for step in range(STEPS):
            losses.append(model.train_on_batch(TOKENS, numbers(2, 2, seed=70 + step)))
        return [losses, model.get_weights()]

    return steps


def _variable(*shape: int) -> Any:
    return weight(numbers(*shape, seed=1))


def _apply(optimizer: Any, variable: Any, gradients: list[Any]) -> Any:
    optimizer.build([variable])
    for gradient in gradients:
        optimizer.apply([keras.ops.convert_to_tensor(gradient, variable.dtype)], [variable])
    return [variable.numpy(), *state(optimizer)]


def _ordinary(*shape: int) -> list[Any]:
    return [numbers(*shape, seed=10 + step) for step in range(STEPS)]


_HOLES = [np.full((3, 2), np.nan) if n in (2, 5, 6) else g for n, g in enumerate(_ordinary(3, 2))]
_SCALED: dict[str, list[Any]] = {
    "finite": _ordinary(3, 2),
    "with-nan": _HOLES,
    "infinite": [np.full((3, 2), np.inf)] * 3,
}


def _loss_scaled(gradients: list[Any], dynamic: int) -> Callable[[], Any]:
    def steps() -> Any:
        inner = optimizers.Adam(RATE)
        optimizer = optimizers.LossScaleOptimizer(
            inner, initial_scale=16.0, dynamic_growth_steps=dynamic
        )
        after = _apply(optimizer, _variable(3, 2), gradients)
        one = keras.ops.ones(())
        return [after, optimizer.scale_loss(one), int(inner.iterations.value)]

    return steps


def _several(symbol: str, scale: float | None) -> Callable[[], Any]:
    def steps() -> Any:
        kernel, bias = _variable(3, 2), weight(np.zeros(2), "bias")
        adam, sgd = optimizers.Adam(RATE), optimizers.SGD(RATE)
        chosen = optimizers.OptimizerMap(sgd, {"kernel": adam})
        selector = chosen if "Map" in symbol else lambda v: adam if v.name == "kernel" else sgd
        optimizer = optimizers.MultiOptimizer(selector, loss_scale_factor=scale)
        optimizer.build([kernel, bias])
        for step in range(STEPS):
            gradients = numbers(3, 2, seed=10 + step), numbers(2, seed=50 + step)
            given = [keras.ops.convert_to_tensor(g, kernel.dtype) for g in gradients]
            optimizer.apply(given, [kernel, bias])
        return [kernel.value, bias.value, *state(optimizer)]

    return steps


def _constrained() -> Any:
    layer = keras.layers.Dense(2, kernel_constraint="non_neg")
    layer.build((None, 3))
    layer.set_weights([numbers(3, 2), np.zeros(2)])
    optimizer = optimizers.SGD(1.0)
    for gradient in _ordinary(3, 2):
        given = keras.ops.convert_to_tensor(gradient, layer.kernel.dtype)
        optimizer.apply([given, keras.ops.zeros(2)], layer.trainable_variables)
    return layer.get_weights()


def _missing() -> Any:
    kernel, other = _variable(3, 2), _variable(2, 2)
    optimizer = optimizers.SGD(RATE, weight_decay=0.1)
    for gradient in _ordinary(3, 2):
        given = keras.ops.convert_to_tensor(gradient, kernel.dtype)
        optimizer.apply([given, None], [kernel, other])
    return [kernel.value, other.value]


def _excluded() -> Any:
    kernel, bias = _variable(3, 2), weight(np.ones(2), "bias")
    optimizer = optimizers.AdamW(RATE, weight_decay=0.1)
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    zeros = [keras.ops.zeros(v.shape, dtype=v.dtype) for v in (kernel, bias)]
    for _ in range(STEPS):
        optimizer.apply(zeros, [kernel, bias])
    return [kernel.value, bias.value]


def _finalized() -> Any:
    variable = _variable(3, 2)
    optimizer = optimizers.Adam(RATE, use_ema=True, ema_momentum=0.8)
    _apply(optimizer, variable, _ordinary(3, 2))
    optimizer.finalize_variable_values([variable])
    return variable.value


def _assigned() -> Any:
    variable = _variable(3, 2)
    optimizer = optimizers.Adam(RATE)
    before = _apply(optimizer, variable, _ordinary(3, 2)[:5])
    optimizer.learning_rate = 0.001
    return [before, _apply(optimizer, variable, _ordinary(3, 2)[5:])]


def _zeros_like() -> Any:
    variable = _variable(3, 2)
    optimizer = optimizers.SGD(RATE)
    optimizer.apply([keras.ops.zeros_like(variable)], [variable])
    return variable.numpy()


def _float64() -> Any:
    variable = keras.Variable(numbers(3, 2, seed=1))
    optimizer = optimizers.SGD(RATE)
    optimizer.apply([keras.ops.ones((3, 2), variable.dtype)], [variable])
    return variable.value


def _stateless() -> Any:
    variable = _variable(3, 2)
    optimizer = optimizers.SGD(RATE, momentum=0.9)
    optimizer.build([variable])
    before = [v.value for v in optimizer.variables]
    gradient = keras.ops.convert_to_tensor(numbers(3, 2), variable.dtype)
    return optimizer.stateless_apply(before, [gradient], [variable.value])


def _other_dtype() -> Any:
    variable = _variable(3, 2)
    optimizer = optimizers.SGD(RATE, momentum=0.9, clipnorm=0.5)
    optimizer.build([variable])
    for gradient in _ordinary(3, 2):
        optimizer.apply([keras.ops.convert_to_tensor(gradient, "float16")], [variable])
    return [variable.numpy(), *state(optimizer)]


def _of_shape(name: str, *shape: int) -> Callable[[], Any]:
    return lambda: _apply(getattr(optimizers, name)(RATE), _variable(*shape), _ordinary(*shape))
