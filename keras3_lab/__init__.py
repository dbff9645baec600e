"""Backend-agnostic Keras 3 recipes, the same on JAX and TensorFlow, at compiled speed."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from keras3_lab import backends, determinism

if TYPE_CHECKING:
    from keras3_lab import datasets, errors, layers, losses, models, parity, portable, recipes
    from keras3_lab.engine import (
        evaluate,
        fit,
        fit_many,
        patch_keras,
        plan_of,
        predict,
        unpatch_keras,
    )
    from keras3_lab.runs import resume, run

__version__ = "0.1.0"

# Where each public name lives. Nothing of it is imported before it is used, so that the command
# line can answer `--help` without loading a backend.
_FUNCTIONS = {
    "fit": "keras3_lab.engine",
    "fit_many": "keras3_lab.engine",
    "patch_keras": "keras3_lab.engine",
    "plan_of": "keras3_lab.engine",
    "unpatch_keras": "keras3_lab.engine",
    "evaluate": "keras3_lab.engine",
    "predict": "keras3_lab.engine",
    "resume": "keras3_lab.runs",
    "run": "keras3_lab.runs",
}

# Modules that import Keras, and so need a backend that is there.
_OF_KERAS = ("layers", "losses", "models", "portable")

__all__ = [
    "__version__",
    "backends",
    "datasets",
    "errors",
    "evaluate",
    "fit",
    "fit_many",
    "layers",
    "losses",
    "models",
    "parity",
    "patch_keras",
    "plan_of",
    "portable",
    "predict",
    "recipes",
    "resume",
    "run",
    "unpatch_keras",
]

backends.select()
determinism.select()


def __getattr__(name: str) -> Any:
    if name in _FUNCTIONS:
        backends.require()
        return getattr(importlib.import_module(_FUNCTIONS[name]), name)
    if name in _OF_KERAS:
        backends.require_installed()
    if name in __all__:
        return importlib.import_module(f"keras3_lab.{name}")
    raise AttributeError(f"module 'keras3_lab' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
