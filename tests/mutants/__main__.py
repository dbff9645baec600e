"""Plant one fault at a time in a copy of the project, and see whether the tests notice it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from queue import SimpleQueue

sys.path.append(str(Path(__file__).resolve().parents[1]))

import click
from mutant_table import Mutant, mistakes, read
from versions import versions

ROOT = Path(__file__).parents[2]
COPIED = (
    "keras3_lab", "pytest_keras3_lab.py", "tests", "docs", "noxfile.py", "pyproject.toml",
    "README.md", "LICENSE",
)  # fmt: skip
PYTEST = (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=line")
SPARE_S = 60.0
"""Seconds that tests may take beyond ten times what they take without a fault."""

SURVIVED = "**survived**"
FAILED = re.compile(r"^(?:FAILED|ERROR|SUBFAILED\S*) (?:\[.*?\] )?(\S+::\w+)", re.MULTILINE)


@dataclass(frozen=True)
class Outcome:
    """What became of a fault.

    Args:
        mutant: The fault.
        by: What noticed it.
        seconds: How long that took.
    """

    mutant: Mutant
    by: str
    seconds: float


class Copy:
    """A copy of the project, in which faults are planted.

    Args:
        folder: An empty folder for it.
        cache: Folder of compiled programs, shared by all copies.
    """

    _stamps = count(1)

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(folder),
            "JAX_COMPILATION_CACHE_DIR": str(cache),
        }
        for name in COPIED:
            if (ROOT / name).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "_build")
                shutil.copytree(ROOT / name, folder / name, ignore=ignored)
            elif (ROOT / name).exists():
                shutil.copy2(ROOT / name, folder / name)

    def test(self, *arguments: str, seconds: float | None = None) -> subprocess.CompletedProcess:
        """Run pytest."""
        return subprocess.run(
            [*PYTEST, *arguments], cwd=self.folder, env=self.environment, timeout=seconds,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def plant(self, mutant: Mutant, seconds: float) -> Outcome:
        """Plant a fault, run its tests, and mend it."""
        path = self.folder / mutant.file
        text, times = path.read_text(), path.stat()
        path.write_text(text.replace(mutant.old, mutant.new))
        # Python looks at size and time, in whole seconds, to tell whether what it compiled is old.
        os.utime(path, (times.st_atime, times.st_mtime + next(self._stamps)))
        began = time.monotonic()
        try:
            by = noticed(self.test("-x", *mutant.tests, seconds=seconds))
        except subprocess.TimeoutExpired:
            by = f"no end within {seconds:.0f} s"
        finally:
            path.write_text(text)
            os.utime(path, (times.st_atime, times.st_mtime))
        return Outcome(mutant, by, time.monotonic() - began)


def noticed(result: subprocess.CompletedProcess) -> str:
    """Return which test failed, or that none did."""
    if result.returncode == 0:
        return SURVIVED
    failed = FAILED.search(result.stdout)
    if result.returncode == 1 and failed:
        return f"`{failed[1]}`"
    error = re.search(r"^(?:E|ERROR) +(.*)$", result.stdout + result.stderr, re.M)
    return f"error: {error[1] if error else f'pytest ended with {result.returncode}'}"


def unharmed_seconds(copy: Copy, mutants: Sequence[Mutant]) -> dict[str, float]:
    """Run all tests without a fault, which must pass; return how long each takes."""
    tests = list(dict.fromkeys(test for mutant in mutants for test in mutant.tests))
    result = copy.test("--durations=0", *tests)
    if result.returncode:
        raise click.ClickException(f"without a fault, the tests fail:\n{result.stdout}")
    spent = re.findall(r"^([\d.]+)s (?:setup|call|teardown) +(\S.*)$", result.stdout, re.M)
    return {
        test: sum(float(s) for s, name in spent if name == test or name.startswith(f"{test}["))
        for test in tests
    }


def run(mutants: Sequence[Mutant], jobs: int) -> list[Outcome]:
    """Plant all faults one by one, in as many copies at once as there are jobs."""
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        copies: SimpleQueue[Copy] = SimpleQueue()
        for job in range(jobs):
            copies.put(Copy(Path(folder) / f"copy-{job}", Path(folder) / "compiled"))
        first = copies.get()
        seconds = unharmed_seconds(first, mutants)
        copies.put(first)

        def one(mutant: Mutant) -> Outcome:
            copy = copies.get()
            try:
                most = 10 * sum(seconds[test] for test in mutant.tests) + SPARE_S
                outcome = copy.plant(mutant, most)
            finally:
                copies.put(copy)
            click.echo(f"{outcome.seconds:5.0f} s  {mutant.what}: {outcome.by}")
            return outcome

        return list(pool.map(one, mutants))


def markdown(outcomes: Sequence[Outcome]) -> str:
    """Return the outcomes as a page."""
    survived = sum(outcome.by == SURVIVED for outcome in outcomes)
    lines = [
        "# Faults that the tests notice",
        "",
        "Each fault was planted alone, by `nox -s mutants`, and the tests listed for it were run.",
        "",
        f"{len(outcomes)} faults, {survived} survived. {versions()}.",
        "",
        "| fault | file | noticed by | seconds |",
        "| --- | --- | --- | ---: |",
    ]
    for outcome in outcomes:
        cells = outcome.mutant.what, f"`{outcome.mutant.file}`", outcome.by
        cells = [cell.replace("|", r"\|") for cell in cells]
        lines.append(f"| {' | '.join(cells)} | {outcome.seconds:.0f} |")
    return "\n".join([*lines, ""])


@click.command(help=__doc__)
@click.option("--only", default="", help="Plant those alone whose text contains this.")
@click.option("--jobs", type=click.IntRange(1), default=1, help="How many at once.")
@click.option("--table", type=click.Path(path_type=Path), help="Write the outcome to this page.")
def main(only: str, jobs: int, table: Path | None) -> None:
    """Plant the faults of the running backend; end with 1 if one survives."""
    mutants = read()
    if wrong := mistakes(mutants, ROOT):
        raise click.ClickException("\n".join(wrong))
    backend = os.environ.get("KERAS_BACKEND", "jax")
    chosen = [m for m in mutants if m.backend == backend and only in f"{m.what} {m.file}"]
    if not chosen:
        raise click.ClickException(f"no fault for {backend} contains {only!r}")
    outcomes = run(chosen, jobs)
    if table is not None:
        table.write_text(markdown(outcomes))
    survivors = [outcome.mutant.what for outcome in outcomes if outcome.by == SURVIVED]
    click.echo(f"{len(outcomes)} faults, {len(survivors)} survived")
    sys.exit(bool(survivors))


if __name__ == "__main__":
    main()
