"""The examples in the documentation run, page by page.

Chapters and concepts are notebooks, which run when the site is built.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import keras
import pytest

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS / "results"))

import differences  # noqa: E402 - docs/results/differences.py

FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PAGES = [page for page in sorted(DOCS.glob("*.md")) if FENCE.search(page.read_text())]
PROGRAMS = sorted(differences.PROGRAMS.glob("*.py"))
PRINTED = json.loads(differences.RESULT.read_text(encoding="utf-8"))
NUMBER = re.compile(r"-?\d+\.?\d*(?:e-?\d+)?|nan")


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_a_page_run(page: Path, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "\n".join(FENCE.findall(page.read_text()))
    exec(compile(code, page.name, "exec"), {"__name__": page.stem})  # noqa: S102


@pytest.mark.long
@pytest.mark.released
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_a_difference_between_backends_is_as_the_page_tells_it(program: Path) -> None:
    for (label, value), (published, expected) in zip(
        differences.printed(program), PRINTED[program.stem][keras.backend.backend()], strict=True
    ):
        assert label == published
        # Rounding itself is another one on another processor.
        if program.stem != "rounding":
            assert NUMBER.sub("", value) == NUMBER.sub("", expected)
            numbers, theirs = ([float(n) for n in NUMBER.findall(v)] for v in (value, expected))
            assert numbers == pytest.approx(theirs, rel=2e-3, abs=2e-4, nan_ok=True)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.stem)
def test_backends_differ_in_a_program_and_agree_in_its_remedy(program: Path) -> None:
    entry = PRINTED[program.stem]
    same = [
        jax == tensorflow for jax, tensorflow in zip(entry["jax"], entry["tensorflow"], strict=True)
    ]
    assert not all(same)
    assert same[-1] or program.stem == "rounding"
