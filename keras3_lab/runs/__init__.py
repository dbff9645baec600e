"""From a recipe to a trained model, a record of the run, plots and a report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from keras3_lab.runs.execute import Run, resume, run

__all__ = ["Run", "resume", "run"]


def __getattr__(name: str) -> Any:
    """Import what runs a recipe at first use: records and plots need no Keras."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from keras3_lab.runs import execute

    return getattr(execute, name)
