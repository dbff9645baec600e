"""`parity shrink` on the command line. Nothing here imports Keras: the lanes do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from keras3_lab import options
from keras3_lab.errors import UsageError
from keras3_lab.files import write_text
from keras3_lab.folders import new_folder

if TYPE_CHECKING:
    from rich.console import Console

    from keras3_lab.parity.shrink.shrinking import Shrunk


@click.command(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.argument("subject", metavar="MODULE:FUNCTION")
@click.option("--lanes", metavar="LANE,LANE", help="Two of them; default: jax:cpu,tensorflow:cpu.")
@click.option(
    "--steps",
    type=options.WholeNumber(1),
    default=8,
    show_default=True,
    help="Steps of training within which a difference is looked for.",
)
@options.SEED
@options.folder("the program and what it printed")
@options.AS_JSON
@click.pass_context
def shrink(
    ctx: click.Context,
    /,
    subject: str,
    lanes: str | None,
    steps: int,
    seed: int,
    out: str | None,
    as_json: bool,
) -> None:
    """Make of a model that differs between two lanes the smallest that still does.

    What comes out is a program that needs Keras and NumPy alone, with what it prints in each lane.

    Exit status: 0 there is such a program, 1 the lanes agree, 2 wrong usage.
    """
    from rich.console import Console

    from keras3_lab.parity.lanes import parse_lanes
    from keras3_lab.parity.shrink.shrinking import Shrinker
    from keras3_lab.parity.subject import Subject

    if ":" not in subject:
        raise UsageError(f"shrink takes MODULE:FUNCTION, which makes a model; received: {subject}")
    wanted = parse_lanes((lanes or "jax:cpu,tensorflow:cpu").split(","))
    folder = new_folder(Path(out), "shrink-") if out else None
    console = Console(stderr=True)
    with _progress(console) as show, Shrinker(wanted, show) as shrinker:
        candidate = shrinker.take_apart(Subject(subject), steps, seed)
        shrunk = shrinker.shrink(candidate)
    if shrunk is None:
        one, other = wanted
        click.echo(f"{subject} does not differ between {one} and {other} within {steps} steps")
        ctx.exit(1)
    if folder is not None:
        write_text(folder / "program.py", shrunk.program)
        write_text(folder / "shrunk.json", json.dumps(to_json(shrunk), indent=2) + "\n")
        console.print(f"Saved in {folder}: program.py and shrunk.json", highlight=False)
    click.echo(json.dumps(to_json(shrunk), indent=2) if as_json else to_text(shrunk))


@contextmanager
def _progress(console: Console) -> Iterator[Callable[[str], None]]:
    """Show how far it is: in one line on a terminal, in one for each size elsewhere."""
    if console.is_terminal:
        with console.status("looking for a difference") as status:
            yield status.update
        return
    said: set[str] = set()

    def show(text: str) -> None:
        size = text.partition(", ")[2]
        if size not in said:
            said.add(size)
            console.print(text, highlight=False)

    yield show


def to_text(shrunk: Shrunk) -> str:
    """Return the program, and what it prints in each lane."""
    lines = [shrunk.program]
    for lane, text in shrunk.said.items():
        lines += [f"# {lane}", *(f"#   {line}" for line in text.splitlines())]
    lines += [
        "",
        f"# {shrunk.lines} lines; first difference: {shrunk.difference.kind}; "
        f"{shrunk.tried} models tried in {shrunk.seconds:.0f} s",
    ]
    return "\n".join(lines)


def to_json(shrunk: Shrunk) -> dict[str, Any]:
    """Return what was found as JSON has it."""
    return {
        "program": shrunk.program,
        "lines": shrunk.lines,
        "said": shrunk.said,
        "difference": asdict(shrunk.difference),
        "tried": shrunk.tried,
        "seconds": round(shrunk.seconds, 1),
    }
