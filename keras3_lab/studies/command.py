"""`keras3-lab compare`, `runs` and `sweep`. Keras is imported by what trains alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from keras3_lab import backends, options, recipes
from keras3_lab.files import write_text
from keras3_lab.folders import new_folder

OUT = click.option(
    "--out",
    default="runs",
    metavar="DIR",
    show_default=True,
    help="Folder for the page; nothing in it is overwritten.",
)


@click.command()
@click.argument("runs", nargs=-1, required=True, metavar="RUN…")
@OUT
@click.option("--json", "as_json", is_flag=True, help="Print JSON on standard output; no page.")
def compare(runs: tuple[str, ...], out: str, as_json: bool) -> None:
    """Show RUNs side by side, and write a page with their curves.

    A RUN is the folder of a run, or its record.json.
    """
    from keras3_lab.studies import comparison

    compared = comparison.entries(runs)
    if as_json:
        answer = {
            "columns": comparison.headings(compared),
            "figures": comparison.figures(compared),
            "differences": comparison.differences(compared),
        }
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
        return
    show_comparison(runs, Path(out), quiet=False, stderr=False)


def show_comparison(
    runs: tuple[str | Path, ...] | list[Path], out: Path, *, quiet: bool, stderr: bool
) -> Path:
    """Print a comparison of runs, and return the page that is written of it.

    Args:
        runs: Folders of runs, or their records.
        out: Folder to write the page in, in a new folder of its own.
        quiet: Whether to print nothing.
        stderr: Whether to print on standard error.
    """
    from rich.console import Console

    from keras3_lab.studies import comparison
    from keras3_lab.terminal import say

    compared = comparison.entries(runs)
    console = Console(stderr=stderr, quiet=quiet)
    comparison.show(console, compared)
    page = new_folder(out, prefix="comparisons/") / "comparison.html"
    write_text(page, comparison.page(compared))
    say(console, f"Saved {page}")
    return page


@click.command(name="runs")
@click.argument("folder", default="runs", metavar="[DIR]")
@options.AS_JSON
def list_runs(folder: str, as_json: bool) -> None:
    """List the runs in DIR, by default runs: result and status of each."""
    from rich.console import Console

    from keras3_lab.studies import finding

    found = finding.find(Path(folder))
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], indent=2, ensure_ascii=False))
    else:
        finding.show(Console(), found)


@click.command()
@click.argument("recipe")
@options.run(
    recipes.everything(),
    click.option(
        "--seeds",
        type=options.WholeNumber(1),
        default=5,
        show_default=True,
        help="Train with seeds 1 to N.",
    ),
    click.option(
        "--set",
        "settings",
        multiple=True,
        metavar="NAME=VALUES",
        help="Values of an optimizer's setting: learning_rate=0.001,0.01, or a range, "
        "LOW:HIGH:log or LOW:HIGH:lin, of 5 values or as many as :N says. "
        "Several settings: each value of one with each of the others.",
    ),
)
def sweep(
    recipe: str, settings: tuple[str, ...], as_json: bool, quiet: bool, **chosen: Any
) -> None:
    """Train RECIPE with many seeds and settings; a table of means with their 95 % confidence.

    What differs in seed and learning rate alone is trained at once, as one program.
    """
    from keras3_lab.studies import values

    declared = recipes.get(recipe)
    wanted = values.parse(settings)
    backends.require()
    from rich.console import Console

    console = Console(stderr=as_json, quiet=quiet)
    with console.status("loading Keras"):
        from keras3_lab.studies import sweeping, tell

    own = {name: chosen.pop(name) for name in recipes.own_options() if name in chosen}
    swept = sweeping.sweep(declared, settings=wanted, options=own, console=console, **chosen)
    answer = tell.to_json(swept)
    write_text(swept.folder / "sweep.json", json.dumps(answer, indent=2, ensure_ascii=False) + "\n")
    write_text(swept.folder / "sweep.html", tell.page(swept))
    if as_json:
        click.echo(json.dumps(answer, indent=2, ensure_ascii=False))
    tell.show(console, swept)
