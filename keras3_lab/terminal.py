"""Lines on a terminal that are copied: paths, commands, figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console


def say(console: Console, text: str, *, bold: bool = False) -> None:
    """Print a line as it is, however long, without colours of its own."""
    style = "bold" if bold else ""
    console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)
