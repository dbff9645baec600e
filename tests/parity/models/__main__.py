"""Run parity over the collection of models and hold its verdicts against the declared ones.

python tests/parity/models                                          all of them
python tests/parity/models recurrent attention:rotary               a module, a model
python tests/parity/models sample                                   a few of them
python tests/parity/models --table docs/results/parity-zoo.md       write or renew rows of the page
python tests/parity/models --rounding docs/results/parity-rounding.md   what rests on rounding
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parents[1])  # here and in lanes: `models.recurrent:gru`
sys.path.append(str(Path(__file__).resolve().parents[2]))

import click
from versions import versions

from keras3_lab.errors import UsageError
from keras3_lab.parity.compare.checks import Check
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.session import Session
from keras3_lab.parity.subject import Subject
from keras3_lab.processor import processor_name
from models import SAMPLE, everything
from models.declare import REFUSED, Model
from models.outcome import (
    FAILED,
    Outcome,
    by_rounding,
    judge,
    read_rows,
    render,
    render_rounding,
    renew,
)

BACKENDS = "jax:cpu,tensorflow:cpu"
PLAN = Plan(steps=12, seeds=1)
"""Twelve steps show what a step computes; over seeds nothing is told of so short a run."""


def run(session: Session, model: Model, plan: Plan, rounding: dict[str, list[Check]]) -> Outcome:
    """Run parity on one model, whatever comes of it; note what rests on rounding."""
    began = time.perf_counter()
    try:
        result = session.run(Subject(model.name), plan)
        if found := by_rounding(result):
            rounding[model.name] = found
        return judge(model, result)
    except UsageError as error:
        verdict, place = REFUSED, str(error)
        mistake = "" if model.expected.verdict == REFUSED else f"not {model.expected.verdict}"
    except Exception as error:  # whatever it is, it is a row of the table
        lines = str(error).strip().splitlines()
        verdict, place, mistake = FAILED, lines[-1] if lines else repr(error), "traceback"
        click.echo("\n".join(lines), err=True)
    seconds = time.perf_counter() - began
    return Outcome(model.name, model.expected, verdict, place, mistake, seconds)


def choose(names: Sequence[str]) -> list[Model]:
    """Return the models of these modules and names, by default all."""
    models = everything()
    if not names:
        return models
    chosen = []
    for model in models:
        module, _, function = model.name.removeprefix("models.").partition(":")
        known = {module, function, f"{module}:{function}", *(["sample"] * (model.name in SAMPLE))}
        if known & set(names):
            chosen.append(model)
    if not chosen:
        raise click.UsageError(f"no module or model is called {' or '.join(names)}")
    return chosen


@click.command(help=__doc__)
@click.argument("names", nargs=-1)
@click.option("--lanes", default=BACKENDS, show_default=True)
@click.option("--table", type=click.Path(path_type=Path), help="Renew the rows of this page.")
@click.option(
    "--rounding", type=click.Path(path_type=Path), help="Run G1 and G2 alone; write this page."
)
def main(names: tuple[str, ...], lanes: str, table: Path | None, rounding: Path | None) -> None:
    """Run the models; end with 1 if a verdict is not the declared one."""
    wanted = [Lane.parse(text) for text in lanes.split(",")]
    mistakes = []
    machine = f"{processor_name()}, {os.cpu_count()} cores"
    head = f"Lanes {lanes}, {PLAN.steps} steps; {machine}; {versions()}."
    chosen = "" if lanes == BACKENDS else f" --lanes {lanes}"
    command = f"python tests/parity/models{chosen} --table {table}"
    plan = PLAN if rounding is None else replace(PLAN, gates=("G1", "G2"))
    found: dict[str, list[Check]] = {}
    chosen_models = choose(names)
    with Session(wanted) as session:
        for count, model in enumerate(chosen_models, 1):
            outcome = run(session, model, plan, found)
            click.echo(outcome.row())
            if outcome.mistake and rounding is None:  # which leaves gates out
                mistakes.append(model.name)
            if table is not None:
                rows = read_rows(table) | {model.name: outcome.row()}
                table.write_text(render(renew(rows, everything()), head, command))
            if rounding is not None:
                command = f"python tests/parity/models{chosen} --rounding {rounding}"
                rounding.write_text(render_rounding(found, count, head, command))
    click.echo(f"{len(mistakes)} not as expected: {', '.join(mistakes) or 'none'}")
    sys.exit(bool(mistakes))


if __name__ == "__main__":
    main()
