"""`keras3-lab bench`. Imports Keras only when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from keras3_lab import backends, options
from keras3_lab.files import whole, write_text

SUITES = ("mlp", "cnn", "models", "scale")
APART = ("models", "scale")
"""Suites that are not a list of cases."""
SCHEMA = "keras3_lab.bench/1"


@click.command()
@click.option(
    "--suite",
    "suites",
    multiple=True,
    type=click.Choice(SUITES),
    help="What to measure; may be given several times. Default: mlp.",
)
@click.option("--runs", default=5, show_default=True, type=options.WholeNumber(1))
@click.option(
    "--yardstick",
    metavar="COMMAND",
    help="Also measure a program, such as `python docs/results/handwritten.py` where JAX is.",
)
@options.AS_JSON
@click.option(
    "--out",
    metavar="FILE.json",
    type=click.Path(path_type=Path),
    help="Also write the JSON to this file, and beside it the tables and the plot of models as "
    "FILE.md and FILE.svg.",
)
def bench(
    suites: tuple[str, ...], runs: int, yardstick: str | None, as_json: bool, out: Path | None
) -> None:
    """Measure the engine beside stock `fit`, in turn."""
    name = backends.require()
    from rich.console import Console
    from rich.table import Table

    from keras3_lab.runs.record import to_json

    console = Console(stderr=as_json)
    with console.status(f"loading Keras on {name}") as status:
        result = run(suites or ("mlp",), runs, yardstick, status.update)
    from keras3_lab.bench import figure, tables

    if out:
        write_text(out, to_json(result))
        write_text(out.with_suffix(".md"), tables.page(result))
        if result["people"]:
            with whole(out.with_suffix(".svg")) as aside:
                figure.plot(result, aside)
    if as_json:
        click.echo(to_json(result), nl=False)
        return
    for headings, lines in tables.every(result):
        if lines:
            table = Table(*headings)
            for column in table.columns[:3]:
                column.overflow = "fold"  # a name that is cut off says nothing
            for line in lines:
                table.add_row(*line)
            console.print(table)
    console.print(tables.caption(result), highlight=False)


def run(
    suites: tuple[str, ...], runs: int, yardstick: str | None, say: Any = lambda text: None
) -> dict[str, Any]:
    """Measure suites, and return a plain dict of everything."""
    import keras

    from keras3_lab.bench import cases, measure, people, scale
    from keras3_lab.runs.record import hardware, versions

    gpu = any(device.startswith("gpu") for device in keras.distribution.list_devices())
    measured = [case for suite in suites if suite not in APART for case in cases.suite(suite)]
    return {
        "schema": SCHEMA,
        "backend": keras.config.backend(),
        "versions": versions(),
        "hardware": hardware("gpu" if gpu else "cpu"),
        "runs": runs,
        "cases": [measure.measure(c, runs=runs, yardstick=yardstick, say=say) for c in measured],
        "people": people.measure(runs, say) if "models" in suites else {},
        "scale": scale.measure(say) if "scale" in suites else [],
    }
