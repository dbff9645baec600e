"""The differences that are known: for each cause an entry, and a program that shows it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

from keras3_lab.atlas.compare import Part

FOLDER = Path(__file__).parent / "differences"
PRINTS = FOLDER / "prints.json"
GRAVITIES = ("function", "point", "dtype", "refused", "rounding", "message")
"""From a different function to an error's wording alone."""


@dataclass(frozen=True)
class Difference:
    """One cause for which backends part.

    Args:
        id: Its name, for good: `"KD-017"`.
        title: What differs, in a sentence.
        gravity: One of `GRAVITIES`: another function; only at points of measure zero; the dtype of
            a result; refused on one side; rounding beyond what Keras promises; only an error's
            wording.
        training: Whether an ordinary training run can meet it.
        who_is_right: `"JAX"`, `"TensorFlow"`, `"neither"`, or `"open"` where mathematics leaves it
            open.
        why: The cause, in whose code, and why that side is right.
        remedy: How to get the same on both all the same.
        public_report: Where it was reported, `"keras-team/keras#21867"`, or nothing.
        lint: The rule of `parity lint` that knows it, or nothing.
        parts: Patterns of the parts it explains: `case aspect dtype kind`.
        program: The smallest program that shows it; needs Keras and NumPy alone.
        prints: What the program prints, by backend.
        since: The oldest Keras that was tried in which it differs.
    """

    id: str
    title: str
    gravity: str
    training: bool
    who_is_right: str
    why: str
    remedy: str
    public_report: str
    lint: str
    parts: tuple[str, ...]
    program: str
    prints: dict[str, list[str]] = field(default_factory=dict)
    since: str = ""

    def explains(self, part: Part) -> bool:
        """Whether a part is one of its own."""
        return any(fnmatchcase(str(part), pattern) for pattern in self.parts)

    def to_json(self) -> dict[str, Any]:
        """Return the entry as JSON has it."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "parts"}
        return own | {"page": f"atlas/{self.id.lower()}.html"}


@cache
def known() -> tuple[Difference, ...]:
    """Return all known differences, by number."""
    found = []
    for path in sorted(FOLDER.glob("kd_*.toml")):
        facts = tomllib.loads(path.read_text(encoding="utf-8"))
        program = path.with_suffix(".py").read_text(encoding="utf-8")
        measured = measurements().get(facts["id"], {})
        facts |= {"parts": tuple(facts["parts"]), "program": program}
        facts |= {"prints": measured.get("prints", {}), "since": measured.get("since", "")}
        found.append(Difference(**facts))
    return tuple(found)


@cache
def measurements() -> dict[str, Any]:
    """Return what the programs printed when they were measured, by id."""
    read: dict[str, Any] = json.loads(PRINTS.read_text(encoding="utf-8"))
    return read


def digest(program: str) -> str:
    """Return what a program is known by, so that what it printed is not that of another."""
    return hashlib.sha256(program.encode()).hexdigest()


def explained(parts: Iterable[Part]) -> tuple[dict[str, list[Part]], list[Part]]:
    """Sort parts by cause.

    Returns:
        The parts by the id of the difference that explains them, the first that does; and those
        that none explains.
    """
    by_id: dict[str, list[Part]] = {}
    unexplained = []
    for part in parts:
        cause = next((entry for entry in known() if entry.explains(part)), None)
        if cause is None:
            unexplained.append(part)
        else:
            by_id.setdefault(cause.id, []).append(part)
    return by_id, unexplained
