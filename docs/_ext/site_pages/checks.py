"""What is committed and made from result files must be what they make today."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from sphinx.errors import ExtensionError

from keras3_lab import recipes
from keras3_lab.bench import tables as bench_tables
from keras3_lab.parity.selection import select_subjects
from site_pages import measured, overview, tables

START, END = "<!-- results: python docs/_ext -->\n", "<!-- /results -->"
WITHIN_A_LINE = re.compile(r"^[^`\s].*```\{", re.MULTILINE)
PARITY = "docs/results/parity.md, which says how it is made"
README = Path(__file__).parents[3] / "README.md"


def check(docs: Path) -> None:
    """Fail where a committed table or picture is stale."""
    for result in sorted((docs / "results").glob("bench-*.json")):
        page = result.with_suffix(".md")
        # Older files have no models of people's.
        table = bench_tables.page({"people": {}} | measured.load(result.name))
        if page.read_text(encoding="utf-8") != table:
            raise ExtensionError(f"{page.name} is not what {result.name} says")
    table = (docs / "results" / "parity-all.md").read_text(encoding="utf-8")
    subjects = select_subjects(
        (), variant="all", data="sample", data_dir=None, fraction=1.0, portable=False,
        **dict.fromkeys(recipes.own_options()),
    )  # fmt: skip
    for subject in subjects:
        title = replace(subject, options={}).title.rstrip(")")  # with whatever options it was made
        if f"\n| {title}" not in table:
            raise ExtensionError(f"parity-all.md has no {title}); see {PARITY}")
    for page in docs.glob("**/*.md"):
        if WITHIN_A_LINE.search(page.read_text(encoding="utf-8")):
            raise ExtensionError(f"{page.name}: a fence opens within a line; all after it is code")
    if README.exists() and readme() != README.read_text(encoding="utf-8"):
        raise ExtensionError("README's table is stale; run `python docs/_ext`")
    if overview.is_stale():
        raise ExtensionError(f"{overview.COMMITTED.name} is stale; run `python docs/_ext`")


def readme() -> str:
    """Return README with the table that the result files make."""
    before, _, rest = README.read_text(encoding="utf-8").partition(START)
    _, _, after = rest.partition(END)
    return f"{before}{START}\n{tables.readme()}\n{END}{after}"


def renew() -> None:
    """Write README's table and picture."""
    README.write_text(readme(), encoding="utf-8")
    overview.COMMITTED.write_text(overview.svg(), encoding="utf-8")
