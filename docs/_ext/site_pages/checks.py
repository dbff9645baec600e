"""What is committed and made from result files must be what they make today."""

from __future__ import annotations

from pathlib import Path

from sphinx.errors import ExtensionError

from keras3_lab.bench import tables as bench_tables
from site_pages import measured, overview, tables

START, END = "<!-- results: python docs/_ext -->\n", "<!-- /results -->"
README = Path(__file__).parents[3] / "README.md"


def check(docs: Path) -> None:
    """Fail where a committed table or picture is stale."""
    for result in sorted((docs / "results").glob("bench-*.json")):
        page = result.with_suffix(".md")
        # Older files have no models of people's.
        table = bench_tables.page({"people": {}} | measured.load(result.name))
        if page.read_text(encoding="utf-8") != table:
            raise ExtensionError(f"{page.name} is not what {result.name} says")
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
