"""Cases of `keras.optimizers.schedules`: the rate at steps, also beyond the last."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras3_lab.atlas.case import WIDE, Call, Case

schedules = keras.optimizers.schedules

MADE: dict[str, tuple[str, Mapping[str, Any]]] = {
    "ordinary": ("ExponentialDecay", {"decay_steps": 4, "decay_rate": 0.9}),
    "staircase": ("ExponentialDecay", {"decay_steps": 4, "decay_rate": 0.9, "staircase": True}),
    "rate-0": ("ExponentialDecay", {"decay_steps": 4, "decay_rate": 0.0}),
    "by-time": ("InverseTimeDecay", {"decay_steps": 4, "decay_rate": 0.5}),
    "by-time-staircase": (
        "InverseTimeDecay",
        {"decay_steps": 4, "decay_rate": 0.5, "staircase": True},
    ),
    "line": ("PolynomialDecay", {"decay_steps": 6}),
    "root": ("PolynomialDecay", {"decay_steps": 6, "power": 0.5}),
    "cycle": ("PolynomialDecay", {"decay_steps": 3, "cycle": True}),
    "cosine": ("CosineDecay", {"decay_steps": 6}),
    "cosine-floor": ("CosineDecay", {"decay_steps": 6, "alpha": 0.1}),
    "cosine-warm": ("CosineDecay", {"decay_steps": 6, "warmup_target": 0.2, "warmup_steps": 3}),
    "restarts": ("CosineDecayRestarts", {"first_decay_steps": 3}),
    "restarts-alike": ("CosineDecayRestarts", {"first_decay_steps": 3, "t_mul": 1.0, "m_mul": 0.5}),
}
STEPS = (0, 1, 2, 3, 4, 5, 6, 7, 9, 12, 21, 100)


def cases() -> Iterator[Case]:
    """Yield the cases."""
    for what, (name, options) in MADE.items():
        yield from _steps(name, what, getattr(schedules, name)(0.1, **options))
    pieces: dict[str, tuple[list[Any], list[float]]] = {
        "whole": ([2, 5], [1.0, 0.5, 0.1]),
        "float-bounds": ([2.5, 5.0], [1.0, 0.5, 0.1]),
        "one-bound": ([1], [1.0, 0.1]),
    }
    for what, (bounds, values) in pieces.items():
        made = schedules.PiecewiseConstantDecay(bounds, values)
        yield from _steps("PiecewiseConstantDecay", what, made)


def _steps(name: str, what: str, schedule: Callable[[Any], Any]) -> Iterator[Case]:
    """Whole steps as optimizers count them, given as Python's or the backend's numbers."""
    symbol = f"optimizers.schedules.{name}"

    def every(*steps: Any) -> Any:
        return [schedule(step) for step in steps]

    tensors = tuple(np.array(step, "int32") for step in STEPS)
    yield Call(symbol, what, WIDE, function=every, inputs=tensors, gradient=False)
    yield Call(
        symbol, f"{what}-python", WIDE, function=every, inputs=STEPS, gradient=False, compiles=False
    )
    halves = (np.array(0.5), np.array(2.5), np.array(-1.0))
    yield Call(symbol, f"{what}-floats", WIDE, function=every, inputs=halves, gradient=False)
