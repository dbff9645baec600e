"""The cases, by kind: each module that has a function `cases` is found here. They need Keras."""

from __future__ import annotations

import pkgutil
from importlib import import_module
from types import ModuleType


def modules() -> list[ModuleType]:
    """Return the modules that have cases, by name."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__, f"{__name__}."))
    return [module for module in map(import_module, names) if hasattr(module, "cases")]
