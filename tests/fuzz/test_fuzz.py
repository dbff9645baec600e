"""A thousand changed files, the same ones each time; `nox -s fuzz` makes many more."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing import fuzz
from readers import READERS

INPUTS = 170


@pytest.mark.parametrize("name", READERS)
def test_a_changed_file_is_read_or_refused(name: str, tmp_path: Path) -> None:
    answers = fuzz(READERS[name], range(INPUTS), tmp_path)
    assert answers.wrong == {}
    assert answers.refused > INPUTS / 10
    assert answers.read > 0
