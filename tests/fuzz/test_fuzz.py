"""A thousand changed files, the same ones each time; `nox -s fuzz` makes many more."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing import fuzz
from readers import READERS

pytestmark = pytest.mark.once

INPUTS = 170
ONCE_WRONG = {"trace": (3429, 9586, 11413, 25971), "model": (27160,)}
"""Of the long run: a run without a step, a title of several lines, one that is too long; a layer
for an input of 2³¹ columns, whose weights were given initial values before anything was read."""


@pytest.mark.parametrize("name", READERS)
def test_a_changed_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    answers = fuzz(READERS[name], range(INPUTS), tmp_path)
    assert answers.wrong == {}
    assert answers.refused > INPUTS / 10
    assert answers.read > 0


@pytest.mark.parametrize(("name", "number"), [(n, k) for n in ONCE_WRONG for k in ONCE_WRONG[n]])
def test_an_input_that_was_answered_wrongly_is_not_any_more(
    name: str, number: int, tmp_path: Path
) -> None:
    assert fuzz(READERS[name], range(number, number + 1), tmp_path).wrong == {}
