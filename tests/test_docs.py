"""The examples in the documentation run, page by page."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

FENCE = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
DOCS = Path(__file__).parents[1] / "docs"
PAGES = [page for page in sorted(DOCS.glob("*.md")) if FENCE.search(page.read_text())]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_examples_of_a_page_run(page: Path, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = "\n".join(FENCE.findall(page.read_text()))
    exec(compile(code, page.name, "exec"), {"__name__": page.stem})  # noqa: S102
