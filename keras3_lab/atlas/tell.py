"""What a person sees of the atlas on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from keras3_lab.terminal import say

if TYPE_CHECKING:
    from rich.console import Console

    from keras3_lab.atlas.compare import Part
    from keras3_lab.atlas.known import Difference
    from keras3_lab.atlas.summary import Atlas

MOST = 20
"""Unexplained parts shown, where all of Keras was tried."""


def show(console: Console, atlas: Atlas, *, details: bool) -> None:
    """Print what a sweep came to.

    Args:
        console: Where.
        atlas: What to print.
        details: Whether to print each part, and what each lane came to.
    """
    from rich.table import Table

    for reason in atlas.skipped:
        console.print(reason, style="yellow", highlight=False)
    if atlas.whole:
        table = Table(title="Tried", title_justify="left")
        table.add_column("kind")
        for heading in ("symbols", "with a case", "cases"):
            table.add_column(heading, justify="right")
        for kind, one in atlas.coverage.items():
            table.add_row(kind, f"{one.symbols:,}", f"{one.covered:,}", f"{one.cases:,}")
        console.print(table)
    if atlas.met:
        table = Table(title="Where the lanes part", title_justify="left")
        for heading in ("id", "gravity", "difference", "who is right"):
            table.add_column(heading, overflow="fold")
        table.add_column("parts", justify="right")
        for entry in atlas.differences:
            count = f"{len(atlas.met[entry.id]):,}"
            table.add_row(entry.id, entry.gravity, entry.title, entry.who_is_right, count)
        console.print(table)
    if details:
        for entry in atlas.differences:
            for part in atlas.met[entry.id]:
                _say_part(console, part, entry.id)
    for part in atlas.unexplained if details else atlas.unexplained[:MOST]:
        _say_part(console, part, "not explained")
    if not details and len(atlas.unexplained) > MOST:
        say(console, f"… {len(atlas.unexplained) - MOST:,} more are not explained; --out keeps all")
    counted = ", ".join(f"{n} {gravity}" for gravity, n in atlas.gravities.items() if n) or "none"
    say(
        console,
        f"{atlas.cases:,} cases in {atlas.seconds:.0f} s: {len(atlas.met)} differences "
        f"({counted}), {len(atlas.unexplained)} parts not explained, "
        f"{len(atlas.rounding)} rounding.",
        bold=True,
    )


def _say_part(console: Console, part: Part, why: str) -> None:
    say(console, f"{part} ({why})")
    for lane, text in part.texts.items():
        right = "  ← the reference" if lane in part.nearer and len(part.nearer) == 1 else ""
        say(console, f"    {lane}: {text or 'nothing'}{right}")


def show_difference(console: Console, entry: Difference) -> None:
    """Print all that is known of a difference."""
    say(console, f"{entry.id}: {entry.title}", bold=True)
    say(console, f"gravity: {entry.gravity}; who is right: {entry.who_is_right}")
    for text in (entry.why, f"Remedy: {entry.remedy}"):
        say(console, f"\n{text}")
    if entry.public_report:
        say(console, f"Reported: {entry.public_report}")
    say(console, f"\n{entry.program}")
    for backend, lines in entry.prints.items():
        say(console, f"{backend}:")
        for line in lines:
            say(console, f"    {line}")
