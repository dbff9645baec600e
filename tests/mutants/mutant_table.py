"""The one-line faults that the tests must notice, as the TOML files beside this one list them."""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Mutant:
    """A fault to plant.

    Args:
        what: What is wrong, in one line.
        file: File to change, relative to the root of the project.
        old: Text that occurs exactly once in it.
        new: Text to put in its place.
        tests: Node ids of tests, at least one of which must fail then.
        backend: Backend to run the tests on.
    """

    what: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
    backend: str = "jax"


def read(folder: Path = HERE) -> list[Mutant]:
    """Return the faults of all tables in a folder."""
    return [
        Mutant(**{**row, "tests": tuple(row["tests"])})
        for path in sorted(folder.glob("*.toml"))
        for row in tomllib.loads(path.read_text())["mutant"]
    ]


def mistakes(mutants: list[Mutant], root: Path) -> list[str]:
    """Return what is wrong with the rows, in words: stale text, missing tests, doubled rows."""
    names = Counter(mutant.what for mutant in mutants)
    changes = Counter((mutant.file, mutant.old, mutant.new) for mutant in mutants)
    found = [f"{what}: listed twice" for what, times in names.items() if times > 1]
    found += [
        f"{file}: {old!r} is replaced twice" for (file, old, _), n in changes.items() if n > 1
    ]
    for mutant in mutants:
        path = root / mutant.file
        times = path.read_text().count(mutant.old) if path.is_file() else 0
        if times != 1:
            found.append(f"{mutant.what}: `old` occurs {times} times in {mutant.file}")
        if mutant.old == mutant.new:
            found.append(f"{mutant.what}: `new` is the same as `old`")
        if not mutant.tests:
            found.append(f"{mutant.what}: no tests")
        found += [
            f"{mutant.what}: there is no test {test}"
            for test in mutant.tests
            if not _exists(test, root)
        ]
    return found


def _exists(test: str, root: Path) -> bool:
    """Whether a file defines the test's function; its parameters are not looked at."""
    file, _, name = test.partition("::")
    path = root / file
    if not path.is_file():
        return False
    functions = (n for n in ast.walk(ast.parse(path.read_text())) if isinstance(n, ast.FunctionDef))
    return name.partition("[")[0] in {function.name for function in functions}
