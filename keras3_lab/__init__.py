"""Backend-agnostic Keras 3 recipes: the same numbers on JAX and on TensorFlow, at compiled speed."""

from __future__ import annotations

import importlib
from typing import Any

from keras3_lab import backends

__version__ = "0.1.0"

# Where each public name lives. Nothing of it is imported before it is used, so that the command
# line can answer `--help` without loading a backend.
_MODULES = ("backends", "datasets", "errors", "layers", "losses", "models", "portable", "recipes")
_FUNCTIONS = {
    "fit": "keras3_lab.engine",
    "evaluate": "keras3_lab.engine",
    "predict": "keras3_lab.engine",
    "run": "keras3_lab.runs",
}

__all__ = ["__version__", *_MODULES, *_FUNCTIONS]  # noqa: PLE0604

backends.select()


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        return getattr(importlib.import_module(_FUNCTIONS[name]), name)
    if name in _MODULES:
        return importlib.import_module(f"keras3_lab.{name}")
    raise AttributeError(f"module 'keras3_lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
