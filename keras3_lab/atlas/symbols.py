"""Every public name of the installed Keras that the atlas looks at."""

from __future__ import annotations

import importlib
import inspect
import types
from collections.abc import Iterator
from typing import Any

from keras3_lab.atlas.jobs import Symbol

MODULES = (
    "layers",
    "ops",
    "ops.image",
    "ops.linalg",
    "ops.nn",
    "ops.numpy",
    "activations",
    "losses",
    "metrics",
    "optimizers",
    "optimizers.schedules",
    "regularizers",
    "constraints",
    "initializers",
    "callbacks",
    "applications",
    "preprocessing.image",
    "preprocessing.sequence",
)

_LOOKUPS = ("get", "serialize", "deserialize")
_ASIDE = {
    "layers.Layer": "a base class",
    "layers.Wrapper": "a base class",
    "losses.Loss": "a base class",
    "metrics.Metric": "a base class",
    "optimizers.Optimizer": "a base class",
    "optimizers.schedules.LearningRateSchedule": "a base class",
    "regularizers.Regularizer": "a base class",
    "constraints.Constraint": "a base class",
    "initializers.Initializer": "a base class",
    "initializers.RandomInitializer": "a base class",
    "callbacks.Callback": "a base class",
    "layers.Input": "declares an input, computes nothing",
    "layers.InputLayer": "declares an input, computes nothing",
    "layers.InputSpec": "declares an input, computes nothing",
    "layers.TorchModuleWrapper": "for PyTorch alone",
    "layers.JaxLayer": "for JAX alone",
    "layers.FlaxLayer": "for JAX alone",
    "layers.TFSMLayer": "for TensorFlow alone",
    "callbacks.RemoteMonitor": "sends to a server",
    "callbacks.TensorBoard": "writes a log",
    "callbacks.ProgbarLogger": "prints",
    "callbacks.OrbaxCheckpoint": "writes files; is in parity's tests",
}


def symbols() -> list[Symbol]:
    """Return the symbols, in order; of several names of one object the first."""
    import keras

    found: list[Symbol] = []
    first: dict[int, str] = {}
    for name in MODULES:
        module = _module(keras, name)
        for short, value in _public(module):
            full = f"{name}.{short}"
            aside = _aside(full, short, value)
            if not aside and id(value) in first:
                aside = f"another name of {first[id(value)]}"
            first.setdefault(id(value), full)
            found.append(Symbol(full, aside))
    return found


def resolve(symbol: str) -> Any:
    """Return the part of Keras that a symbol names."""
    import keras

    module, _, short = symbol.rpartition(".")
    return getattr(_module(keras, module), short)


def _module(keras: types.ModuleType, name: str) -> types.ModuleType:
    return importlib.import_module(f"{keras.__name__}.{name}")


def _public(module: types.ModuleType) -> Iterator[tuple[str, Any]]:
    for short in sorted(dir(module), key=lambda name: (not name[0].isupper(), name)):
        value = getattr(module, short)
        if not short.startswith("_") and not isinstance(value, types.ModuleType):
            yield short, value


def _aside(full: str, short: str, value: Any) -> str:
    if full in _ASIDE:
        return _ASIDE[full]
    if short in _LOOKUPS:
        return "looks up or writes down, computes nothing"
    if not (inspect.isclass(value) or callable(value)):
        return "no function and no class"
    return ""
