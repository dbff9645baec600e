"""Run chapters and concepts as notebooks, as a reader does who downloads them.

`python docs/notebooks.py [PAGE …]` runs chapters/fmnist, concepts/training, …, or all of them;
`--write DIR` only writes them, as .ipynb. A cell that warns, or leaves what only a terminal
understands, ends it with 1.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

import click
import jupytext
import nbclient
from nbformat import NotebookNode

DOCS = Path(__file__).parent
PAGES = [
    str(page.relative_to(DOCS).with_suffix(""))
    for folder in ("chapters", "concepts")
    for page in sorted((DOCS / folder).glob("*.md"))
]


def garbage(notebook: NotebookNode) -> list[str]:
    """Return what a reader should not see of what the cells have printed, imports left aside."""
    _imports, *cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    printed = [
        (output.get("name"), output.get("text") or output.get("data", {}).get("text/plain", ""))
        for output in outputs
    ]
    return [text for name, text in printed if name == "stderr" or {"\r", "\b", "\x1b"} & set(text)]


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
        if left := garbage(notebook):
            raise click.ClickException(f"{page}: {left[0]!r}")


if __name__ == "__main__":
    main()
