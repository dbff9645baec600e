"""Modules that chapters name in their declarations, imported at first use.

A recipe's parts stand behind `lambda:`, so that a chapter can be listed in milliseconds while
`keras`, which takes its backend along, takes seconds to import.
"""

from __future__ import annotations

import importlib
from typing import Any


class _LazyModule:
    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, attribute: str) -> Any:
        return getattr(importlib.import_module(self._name), attribute)


keras: Any = _LazyModule("keras")
losses: Any = _LazyModule("keras3_lab.losses")
models: Any = _LazyModule("keras3_lab.models")
findings: Any = _LazyModule("keras3_lab.findings")
optimizers: Any = _LazyModule("keras3_lab.optimizers")
schedules: Any = _LazyModule("keras3_lab.schedules")
callbacks: Any = _LazyModule("keras3_lab.callbacks")
