"""Run chapters and concepts as notebooks, as a reader does who downloads them.

`python docs/notebooks.py [PAGE …]` runs chapters/fmnist, concepts/training, …, or all of them;
`--write DIR` only writes them, as .ipynb.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click
import jupytext
import nbclient

DOCS = Path(__file__).parent
PAGES = [
    str(page.relative_to(DOCS).with_suffix(""))
    for folder in ("chapters", "concepts")
    for page in sorted((DOCS / folder).glob("*.md"))
]


@click.command(help=__doc__)
@click.argument("pages", nargs=-1, type=click.Choice(PAGES))
@click.option("--write", type=click.Path(path_type=Path), metavar="DIR")
def main(pages: tuple[str, ...], write: Path | None) -> None:
    """Run or write them."""
    for page in pages or PAGES:
        notebook = jupytext.read(DOCS / f"{page}.md")
        if write:
            path = write / f"{page}.ipynb"
            path.parent.mkdir(parents=True, exist_ok=True)
            jupytext.write(notebook, path)
            continue
        started = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            resources = {"metadata": {"path": folder}}
            nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute()
        click.echo(f"{page}: {time.perf_counter() - started:.1f} s")


if __name__ == "__main__":
    main()
