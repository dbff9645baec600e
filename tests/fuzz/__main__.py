"""Give every reader many changed files, and write down how they were answered."""

from __future__ import annotations

import resource
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / part) for part in ("", "parity")]

import click
from fuzzing import MOST_BYTES, MOST_SECONDS, Answers, fuzz, joined, row
from readers import READERS
from versions import versions

SHARE = 1000
ADDRESS_SPACE = 2**34
"""Bytes: what is wrong is to end a process, not the machine."""

PAGE = """\
Made by `nox -s fuzz` on {day}: {inputs:,} changed files for each reader, always the same ones.
*Read*: the change left the file sound. *Refused*: a named error of one line. *Other answers*: any
other error, a process that ended, more than {seconds:g} s or {most} MiB. {versions}.

| reader | inputs | read | refused | other answers | longest | most memory |
| --- | --- | --- | --- | --- | --- | --- |
{rows}
"""


def share(name: str, numbers: range) -> Answers:
    """Answer some of the inputs, in a process."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    with tempfile.TemporaryDirectory() as folder:
        return fuzz(READERS[name], numbers, Path(folder))


@click.command()
@click.option("--inputs", default=100_000, show_default=True, type=click.IntRange(min=1))
@click.option("--only", type=click.Choice([*READERS]), help="One reader.")
@click.option("--jobs", default=1, show_default=True, type=click.IntRange(min=1))
@click.option("--table", type=click.Path(path_type=Path), help="Write the page to this file.")
def main(inputs: int, only: str | None, jobs: int, table: Path | None) -> None:
    """Fuzz the readers; ends with 1 where one gave another answer than it should."""
    rows, wrong = [], False
    for name in [only] if only else READERS:
        shares = [range(at, min(at + SHARE, inputs)) for at in range(0, inputs, SHARE)]
        with ProcessPoolExecutor(jobs) as processes:
            answers = joined(processes.map(share, [name] * len(shares), shares))
        rows.append(row(name, answers))
        click.echo(rows[-1])
        for what, numbers in answers.wrong.items():
            wrong = True
            click.echo(f"  {len(numbers)} times, first by input {numbers[0]}: {what}")
    if table:
        page = PAGE.format(
            day=date.today(), inputs=inputs, seconds=MOST_SECONDS, most=MOST_BYTES // 2**20,
            versions=versions(), rows="\n".join(rows),
        )  # fmt: skip
        table.write_text(page)
    sys.exit(wrong)


if __name__ == "__main__":
    main()
