"""The known differences: each entry, and what its program prints on the backend at hand."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import pytest

from keras3_lab.atlas.compare import Part
from keras3_lab.atlas.known import (
    FOLDER,
    GRAVITIES,
    Difference,
    digest,
    explained,
    known,
    measurements,
)
from keras3_lab.atlas.programs import run_programs

ENTRIES = {entry.id: entry for entry in known()}
BACKEND = keras.config.backend()
NUMBER = re.compile(r"-?\d+\.?\d*(?:e[-+]?\d+)?")
PARITY_PAGE = Path(__file__).parents[2] / "docs" / "parity.md"


def as_measured(entry: Difference, lines: list[str]) -> bool:
    """Whether a program prints what it did; of rounding, which is other elsewhere, not the same."""
    printed, expected = ("\n".join(text) for text in (lines, entry.prints[BACKEND]))
    if entry.gravity == "rounding":
        return len(printed.splitlines()) == len(expected.splitlines())
    numbers, theirs = ([float(n) for n in NUMBER.findall(text)] for text in (printed, expected))
    same = NUMBER.sub("", printed) == NUMBER.sub("", expected)
    return same and numbers == pytest.approx(theirs, rel=2e-3, abs=1e-9)


def shares() -> Iterator[Any]:
    """Yield the programs in shares, for each a process; the gravest of them are not slow."""
    for slow in (False, True):
        own = [i for i, e in ENTRIES.items() if slow != (e.training and e.gravity == "function")]
        for start in range(0, len(own), 45):
            share = own[start : start + 45]
            yield pytest.param(share, marks=[pytest.mark.slow] * slow, id=f"from-{share[0]}")


@pytest.mark.long
@pytest.mark.released
@pytest.mark.parametrize("share", [*shares()])
def test_programs_print_what_their_entries_say(share: list[str]) -> None:
    """It fails where a new Keras has mended a difference: then the entry goes."""
    other = {
        ident: (lines, ENTRIES[ident].prints[BACKEND])
        for ident, lines in run_programs(share).items()
        if not as_measured(ENTRIES[ident], lines)
    }
    assert other == {}


@pytest.mark.parametrize("ident", ENTRIES)
def test_the_backends_print_different_things(ident: str) -> None:
    entry = ENTRIES[ident]
    assert set(entry.prints) == {"jax", "tensorflow"}
    assert entry.prints["jax"] != entry.prints["tensorflow"]
    assert measurements()[ident]["sha256"] == digest(entry.program)


@pytest.mark.parametrize("ident", ENTRIES)
def test_an_entry_is_whole(ident: str) -> None:
    entry = ENTRIES[ident]
    assert re.fullmatch(r"KD-\d{3}", ident)
    assert entry.gravity in GRAVITIES
    assert entry.who_is_right in ("JAX", "TensorFlow", "neither", "open")
    assert re.fullmatch(r"|[\w-]+/[\w-]+#\d+", entry.public_report)
    assert not entry.lint or f'id="{entry.lint}"' in PARITY_PAGE.read_text()
    assert all(len(pattern.split()) == 4 for pattern in entry.parts)
    for text in (entry.title, entry.why, entry.remedy):
        assert text == text.strip()
        assert text
    assert len(entry.title) <= 110


@pytest.mark.parametrize("ident", ENTRIES)
def test_a_program_is_short_and_needs_keras_and_numpy_alone(ident: str) -> None:
    program = ENTRIES[ident].program
    assert len(program.splitlines()) <= 15
    assert "backend()" not in program
    imported = set()
    for node in ast.walk(ast.parse(program)):
        if isinstance(node, ast.Import):
            imported |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(str(node.module).partition(".")[0])
    assert imported <= {"keras", "numpy", "os", "subprocess", "sys"}


def test_every_program_has_its_entry() -> None:
    stems = [{path.stem for path in FOLDER.glob(f"kd_*.{end}")} for end in ("py", "toml")]
    assert stems[0] == stems[1] == {ident.lower().replace("-", "_") for ident in ENTRIES}


def test_parts_are_sorted_by_the_first_cause_that_explains_them() -> None:
    entry = known()[0]
    words = [word.replace("*", "x").replace("?", "x") for word in entry.parts[0].split()]
    case, aspect, dtype, kind = words
    own = Part(case, dtype, aspect, kind, {})
    other = Part("ops.none/none", "float32", "eager", "value", {})
    assert explained([own, other]) == ({entry.id: [own]}, [other])
