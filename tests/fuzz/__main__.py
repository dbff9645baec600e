"""Give every reader many changed files, and write down how they were answered."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("", "parity")]

import click
from fuzzing import MOST_BYTES, MOST_SECONDS, joined, row, share
from readers import READERS
from versions import versions

SHARE = 1000
PAGE = """\
Made by `nox -s fuzz` on {day}; the changed files are always the same ones. *Read*: the change left
the file sound. *Refused*: a named error of one line. *Other answers*: any other error, a process
that ended, more than {seconds:g} s of processor time or {most} MiB. {versions}.

| reader | inputs | read | refused | other answers | longest | most memory |
| --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


@click.command()
@click.option("--inputs", default=100_000, show_default=True, type=click.IntRange(min=1))
@click.option("--only", type=click.Choice([*READERS]), help="One reader.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--table", type=click.Path(path_type=Path), help="Write to this page.")
def main(inputs: int, only: str | None, jobs: int, table: Path | None) -> None:
    """Fuzz the readers; ends with 1 where one gave another answer than it should.

    Rows of the page about readers that are left out stay as they are.
    """
    rows, wrong = dict.fromkeys(READERS, ""), False
    if table and table.exists():
        for line in table.read_text().splitlines():
            rows |= {name: line for name in rows if line.startswith(f"| {name} |")}
    for name in [only] if only else READERS:
        shares = [range(at, min(at + SHARE, inputs)) for at in range(0, inputs, SHARE)]
        with ProcessPoolExecutor(jobs, get_context("spawn")) as processes:
            answers = joined(processes.map(share, [name] * len(shares), shares))
        rows[name] = row(name, answers)
        click.echo(rows[name])
        for what, numbers in answers.wrong.items():
            wrong = True
            click.echo(f"  {len(numbers)} times, first by input {numbers[0]}: {what}")
    if table:
        page = PAGE.format(
            day=date.today(), seconds=MOST_SECONDS, most=MOST_BYTES // 2**20, versions=versions(),
            rows="\n".join(filter(None, rows.values())),
        )  # fmt: skip
        table.write_text(page)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
