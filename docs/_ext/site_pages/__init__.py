"""Pages and plots of the site that are made from the package and the committed result files.

`sphinx-build` writes them before it reads the sources: `recipes/`, `plots/`, and the pages in
`differences/`. None of it is committed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


def write(app: Any) -> None:
    """Write all of them."""
    from site_pages import atlas, checks, differences, lies, recipe_pages, tables, terminal

    docs = Path(app.srcdir)
    checks.check(docs)
    recipe_pages.write(docs)
    tables.write(docs)
    lies.write(docs)
    terminal.write(docs)
    differences.write(docs)
    atlas.write(docs)


def setup(app: Any) -> dict[str, Any]:
    """Write them when a build begins."""
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
