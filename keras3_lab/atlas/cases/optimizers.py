"""Cases of `keras.optimizers`: ten steps on fixed gradients, dense and sparse."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import FLOATS, WIDE, Case, Procedure, numbers

optimizers = keras.optimizers
Make = Callable[[], Any]

STEPS = 10
RATE = 0.05
NAMES = [
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Ftrl",
    "Lamb",
    "Lion",
    "Muon",
    "Nadam",
    "RMSprop",
    "SGD",
    "ScheduleFreeAdamW",
]
OWN: list[tuple[str, str, Mapping[str, Any]]] = [
    ("Adafactor", "no-relative-step", {"relative_step": False}),
    ("Adafactor", "clip-0.1", {"clip_threshold": 0.1}),
    ("Adam", "amsgrad", {"amsgrad": True}),
    ("Adam", "epsilon-0", {"epsilon": 0.0}),
    ("Adam", "beta-1-0", {"beta_1": 0.0}),
    ("Ftrl", "penalties", {"l1_regularization_strength": 0.1, "l2_regularization_strength": 0.1}),
    ("Ftrl", "shrinkage", {"l2_shrinkage_regularization_strength": 0.1, "beta": 0.1}),
    ("Ftrl", "power-0", {"learning_rate_power": 0.0}),
    ("Muon", "no-nesterov", {"nesterov": False}),
    ("Muon", "ratio", {"adam_lr_ratio": 0.1, "rms_rate": None}),
    ("RMSprop", "centered", {"centered": True}),
    ("RMSprop", "momentum", {"momentum": 0.9, "centered": True}),
    ("SGD", "momentum", {"momentum": 0.9}),
    ("SGD", "nesterov", {"momentum": 0.9, "nesterov": True}),
    ("ScheduleFreeAdamW", "warm", {"warmup_steps": 4, "weight_decay": 0.1}),
]
"""What each has for itself."""

ALL_HAVE: dict[str, Mapping[str, Any]] = {
    "clipnorm": {"clipnorm": 0.5},
    "clipvalue": {"clipvalue": 0.2},
    "global-clipnorm": {"global_clipnorm": 0.5},
    "decayed": {"weight_decay": 0.1},
    "averaged": {"use_ema": True, "ema_momentum": 0.8},
    "averaged-overwritten": {
        "use_ema": True,
        "ema_momentum": 0.8,
        "ema_overwrite_frequency": 3,
    },
    "scaled": {"loss_scale_factor": 8.0},
    "accumulated": {"gradient_accumulation_steps": 3},
    "accumulated-clipped": {"gradient_accumulation_steps": 3, "global_clipnorm": 0.3},
    "accumulated-decayed": {"gradient_accumulation_steps": 3, "weight_decay": 0.1},
    "accumulated-averaged": {
        "gradient_accumulation_steps": 2,
        "use_ema": True,
        "ema_momentum": 0.8,
        "ema_overwrite_frequency": 4,
    },
}
"""What all have in common."""

SCHEDULES: dict[str, Callable[[], Any]] = {
    "exponential": lambda: optimizers.schedules.ExponentialDecay(RATE, 3, 0.5, staircase=True),
    "pieces": lambda: optimizers.schedules.PiecewiseConstantDecay([2, 6], [RATE, 0.01, 0.1]),
    "cosine": lambda: optimizers.schedules.CosineDecay(0.0, 8, warmup_target=RATE, warmup_steps=3),
    "callable": lambda: lambda: 0.01,
}


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for name in NAMES:
        symbol, make = f"optimizers.{name}", _maker(name)
        yield Procedure(symbol, "dense", FLOATS, function=_dense(make))
        yield Procedure(symbol, "sparse", WIDE, function=_sparse(make))
        for what, numbers_of in _GRADIENTS.items():
            yield Procedure(symbol, what, function=_dense(make, numbers_of))
        if name in ("SGD", "Adam", "Adafactor"):
            yield Procedure(symbol, "names", function=_names(make))
    for name, what, options in OWN:
        make = _maker(name, **options)
        yield Procedure(f"optimizers.{name}", what, WIDE, function=_dense(make))
    for name in ("Adam", "SGD"):
        symbol = f"optimizers.{name}"
        for what, options in ALL_HAVE.items():
            make = _maker(name, **options)
            yield Procedure(symbol, what, WIDE, function=_dense(make))
            yield Procedure(symbol, f"{what}-sparse", function=_sparse(make))
        for what, schedule in SCHEDULES.items():
            make = _scheduled(name, schedule)
            yield Procedure(symbol, what, WIDE, function=_dense(make))
    for name in ("Adafactor", "Lamb", "Muon", "RMSprop", "ScheduleFreeAdamW"):
        for what in ("accumulated", "averaged-overwritten", "decayed"):
            make = _maker(name, **ALL_HAVE[what])
            yield Procedure(f"optimizers.{name}", what, function=_dense(make))


def _maker(name: str, **options: Any) -> Make:
    return lambda: getattr(optimizers, name)(RATE, **options)


def _scheduled(name: str, schedule: Callable[[], Any]) -> Make:
    return lambda: getattr(optimizers, name)(schedule())


def _ordinary(step: int) -> tuple[Any, Any]:
    return numbers(3, 2, seed=10 + step), numbers(2, seed=50 + step)


def _strange(step: int) -> tuple[Any, Any]:
    kernel = numbers(3, 2, seed=10 + step)
    if step == 3:
        kernel[0, 0], kernel[1, 1] = np.inf, np.nan
    return kernel, numbers(2, seed=50 + step)


_GRADIENTS: dict[str, Callable[[int], tuple[Any, Any]]] = {
    "zero-gradients": lambda step: (np.zeros((3, 2)), np.zeros(2)),
    "large-gradients": lambda step: tuple(1e18 * g for g in _ordinary(step)),
    "small-gradients": lambda step: tuple(1e-25 * g for g in _ordinary(step)),
    "strange-gradients": _strange,
}


def _dense(
    make: Make, gradients: Callable[[int], tuple[Any, Any]] = _ordinary
) -> Callable[[], Any]:
    """Ten steps on a kernel and a bias, by gradients that are given."""

    def steps() -> Any:
        kernel, bias = weight(numbers(3, 2, seed=1)), weight(np.zeros(2), "bias")
        optimizer = make()
        optimizer.build([kernel, bias])
        for step in range(STEPS):
            given = [keras.ops.convert_to_tensor(g, kernel.dtype) for g in gradients(step)]
            optimizer.apply(given, [kernel, bias])
        return _state(optimizer, [kernel, bias])

    return steps


def embedding_model() -> Any:
    """Return a tiny model of tokens with fixed weights."""
    model = keras.Sequential(
        [
            keras.Input((4,), dtype="int32"),
            keras.layers.Embedding(6, 2),
            keras.layers.GlobalAveragePooling1D(),
            keras.layers.Dense(2),
        ]
    )
    model.set_weights([numbers(*w.shape, seed=n) for n, w in enumerate(model.get_weights())])
    return model


TOKENS = np.array([[1, 1, 2, 3], [1, 0, 2, 2]], "int32")
"""Tokens that occur once, twice, in two rows; 4 and 5 never."""


def _sparse(make: Make) -> Callable[[], Any]:
    """Ten steps of a model with an embedding."""

    def steps() -> Any:
        model = embedding_model()
        model.compile(make(), "mse", run_eagerly=True)
        for step in range(STEPS):
            tokens = np.roll(TOKENS, step, axis=1) if step % 2 else TOKENS
            model.train_on_batch(tokens, numbers(2, 2, seed=70 + step))
        return _state(model.optimizer, model.trainable_variables)

    return steps


def _names(make: Make) -> Callable[[], Any]:
    def names() -> Any:
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3, name="dense")])
        optimizer = make()
        optimizer.build(model.trainable_variables)
        return [f"{v.path} {v.dtype} {v.shape}" for v in optimizer.variables]

    return names


def weight(array: Any, name: str = "kernel") -> Any:
    """Return a variable in the float dtype of the case."""
    return keras.Variable(array, dtype=keras.config.floatx(), name=name)


def state(optimizer: Any) -> list[Any]:
    """Return an optimizer's state; the number of steps without its dtype, see the cases `names`."""
    return [int(v.value) if "int" in v.dtype else v.numpy() for v in optimizer.variables]


def _state(optimizer: Any, variables: Any) -> Any:
    return {"weights": [v.numpy() for v in variables], "optimizer": state(optimizer)}
