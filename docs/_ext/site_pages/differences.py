"""The page about each difference between backends, from a program and what it printed."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path

from sphinx.errors import ExtensionError

from site_pages import measured

COMMAND = "python docs/results/differences.py"


def write(docs: Path) -> None:
    """Write a page for each program of `differences`, and the list of them."""
    found = measured.load("differences.json")
    folder = docs / "differences"
    lines, names = ["| difference | JAX | TensorFlow |", "| --- | --- | --- |"], []
    for program in sorted(folder.glob("*.py")):
        source = program.read_text(encoding="utf-8")
        entry = found.get(program.stem, {})
        stale = entry.get("sha256") != hashlib.sha256(source.encode()).hexdigest()
        if stale or not measured.BACKENDS.keys() <= entry.keys():
            raise ExtensionError(f"{program.name} has changed; run `{COMMAND}` under each backend")
        title, page = _page(source, entry)
        name = program.stem.replace("_", "-")
        (folder / f"{name}.md").write_text("\n".join(page), encoding="utf-8")
        (_, jax), (_, tensorflow) = entry["jax"][0], entry["tensorflow"][0]
        lines.append(f"| [{title}](/differences/{name}.md) | {jax} | {tensorflow} |")
        names.append(name)
    pages = (f"differences/{name}" for name in names)
    toctree = ["", "```{toctree}", ":hidden:", "", *pages, "```"]
    (folder / "list.md.inc").write_text("\n".join([*lines, *toctree]) + "\n", encoding="utf-8")


def _page(source: str, entry: dict[str, list[list[str]]]) -> tuple[str, Iterator[str]]:
    tree = ast.parse(source)
    docstring = ast.get_docstring(tree) or ""
    title, _, prose = docstring.partition("\n")
    title = title.rstrip(".")
    code = "\n".join(source.splitlines()[tree.body[0].end_lineno :]).strip()
    shown, _, remedy = code.partition("# Remedy: ")
    words: list[str] = []
    rest = remedy.splitlines()
    words.append(rest.pop(0))
    while rest and rest[0].startswith("# "):
        words.append(rest.pop(0).removeprefix("# "))

    def lines() -> Iterator[str]:
        yield f"# {title}\n\n{prose.strip()}\n"
        yield f"```python\n{shown.strip()}\n```\n"
        text = " ".join(words)
        yield f"## Remedy\n\n{text[:1].upper()}{text[1:]}\n"
        if any(line.strip() for line in rest):
            yield f"```python\n{chr(10).join(rest).strip()}\n```\n"
        yield "## What it prints\n\n| | JAX | TensorFlow |\n| --- | --- | --- |"
        for (label, jax), (_, tensorflow) in zip(entry["jax"], entry["tensorflow"], strict=True):
            differ = "**" if jax != tensorflow else ""
            yield f"| {label} | {differ}{jax}{differ} | {differ}{tensorflow}{differ} |"
        yield f"\nMeasured by `{COMMAND}`; all of them: {{doc}}`/differences`.\n"

    return title, lines()
