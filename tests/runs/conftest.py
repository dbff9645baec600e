"""Figures that are saved, kept for a look at what they show."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from matplotlib.figure import Figure


@contextmanager
def kept_figures() -> Iterator[dict[str, Figure]]:
    """Collect all figures saved inside, by the name of their file."""
    figures, save = {}, Figure.savefig

    def save_and_keep(figure: Figure, path: Path | io.StringIO, **arguments) -> None:
        if isinstance(path, Path):
            figures[path.name] = figure
        save(figure, path, **arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save_and_keep)
        yield figures


@pytest.fixture
def figures() -> Iterator[dict[str, Figure]]:
    with kept_figures() as kept:
        yield kept


@pytest.fixture(scope="module")
def keep_figures():
    return kept_figures
