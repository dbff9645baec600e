"""Parity: prove that a model trains to the same numbers on every backend and device.

Data flows from a subject (`subject`, `problem`) through one process per lane (`process`, `worker`),
which records a trace (`record/`, `trace`), to the comparison of traces (`compare/`) and to what
people see of it (`tell/`); `session` joins them. `check` does it all from Python. Nothing is
imported here before it is used: comparing traces needs no Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras3_lab.parity.checking import check

__all__ = ["check"]


def __getattr__(name: str) -> Any:
    if name != "check":
        raise AttributeError(f"module 'keras3_lab.parity' has no attribute {name!r}")
    from keras3_lab.parity.checking import check

    return check
