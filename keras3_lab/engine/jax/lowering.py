"""One MLIR context for all programs of a thread."""

from __future__ import annotations

import functools
import threading
from typing import Any

from jax._src.interpreters import mlir


@functools.cache
def share_context() -> None:
    """Write the programs of a thread in one MLIR context, where JAX makes one for each of them.

    That takes 3 ms a program, and its memory is never let go of: too much for thousands of small
    ones. JAX has no option for it.
    """
    made, make = threading.local(), getattr(mlir, "make_ir_context", None)
    if make is None:  # private, and gone: it took time, and nothing else
        return

    def shared() -> Any:
        if not hasattr(made, "context"):
            made.context = make()
        return made.context

    mlir.make_ir_context = shared
