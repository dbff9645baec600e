"""Keras's tests with stock Keras and with our functions in its place, compared test by test."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SUITES = {
    "trainers": ("trainers/trainer_test.py",),
    "callbacks": ("callbacks/",),
    "rest": ("models/", "optimizers/", "losses/", "saving/", "wrappers/"),
    "layers": ("layers/",),
}
"""Parts of Keras's own tests, within `keras/src`."""

Outcomes = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Difference:
    """A test of Keras's that is meant to fail with our functions.

    Args:
        test: Its name, from `keras/src/` on.
        reason: Why the difference is wanted.
        guard: A test of ours, which fails once Keras does as we do.
        backends: Where it fails.
    """

    test: str
    reason: str
    guard: str
    backends: tuple[str, ...]


def wanted_differences(backend: str, path: Path = HERE / "differences.toml") -> list[Difference]:
    """Return the differences that are wanted on a backend."""
    rows = tomllib.loads(path.read_text())["difference"]
    found = [Difference(**{**row, "backends": tuple(row["backends"])}) for row in rows]
    return [difference for difference in found if backend in difference.backends]


def suite_of(test: str) -> str | None:
    """Return the part that a test belongs to."""
    path = test.removeprefix("keras/src/")
    return next((name for name, paths in SUITES.items() if path.startswith(paths)), None)


def mistakes(stock: Outcomes, ours: Outcomes, wanted: Iterable[Difference]) -> list[str]:
    """Return what must not be: tests that stock passes and we do not, rows that are not needed.

    Args:
        stock: What became of each test with stock Keras.
        ours: The same with our functions in its place.
        wanted: The differences that are wanted, of the parts that were run.
    """
    excused = {difference.test for difference in wanted}
    found = []
    for test in sorted(passed(stock) - passed(ours) - excused):
        found.append(f"{test}: passes with stock Keras alone; {ours.get(test, {}).get('why', '')}")
    for test in sorted(excused):
        if test not in passed(stock):
            found.append(f"{test}: is in differences.toml, and stock Keras does not pass it")
        elif test in passed(ours):
            found.append(f"{test}: is in differences.toml, and passes")
    return found


def passed(outcomes: Outcomes) -> set[str]:
    """Return the tests that passed."""
    return {test for test, found in outcomes.items() if found.get("outcome") == "passed"}


def table(stock: Outcomes, ours: Outcomes, wanted: Iterable[Difference]) -> str:
    """Return the counts of each part, in Markdown, and the differences that are wanted."""
    calling = {test for test, found in ours.items() if found.get("calls")}
    lines = [
        "| Keras's tests | all | pass with stock Keras | of these call `fit`, `evaluate` or "
        "`predict` | pass with ours | wanted differences |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    excused = {difference.test for difference in wanted}
    for name, paths in SUITES.items():
        tests = {test for test in stock if suite_of(test) == name}
        if not tests:
            continue
        good = passed(stock) & tests
        called = good & calling
        counts = (tests, good, called, called & passed(ours), called & excused)
        where = ", ".join(f"`{path}`" for path in paths)
        lines.append(f"| {where} | {' | '.join(str(len(count)) for count in counts)} |")
    for difference in wanted:
        lines += ["", f"`{difference.test.rpartition('::')[2]}`: {difference.reason}"]
    return "\n".join(lines) + "\n"
