"""The page of the atlas, and one about each difference in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from sphinx.errors import ExtensionError

from keras3_lab.atlas.known import GRAVITIES, Difference, digest, known, measurements
from site_pages import measured, plots

PROGRAMS = "python docs/results/atlas.py --programs"
MANY = 5
"""Numbers in a line from which on a plot tells more than they do."""
NUMBER = re.compile(r"(?<![\w.])-?(?:\d+\.?\d*(?:e[-+]?\d+)?|inf|nan)\b")
NAMES = {"jax": "JAX", "tensorflow": "TensorFlow"}


def write(docs: Path) -> None:
    """Write the pages, the table of them, and what was tried."""
    counted = measured.load("atlas.json")
    parts = counted.get("swept", {}).get("parts", {})
    folder = docs / "atlas"
    folder.mkdir(exist_ok=True)
    for entry in known():
        printed = measurements().get(entry.id, {})
        if printed.get("sha256") != digest(entry.program) or set(entry.prints) != set(NAMES):
            raise ExtensionError(f"{entry.id} has changed; run `{PROGRAMS}` under each backend")
        plot = _plot(entry, docs)
        page = "\n".join(_page(entry, parts.get(entry.id, 0), plot))
        (folder / f"{entry.id.lower()}.md").write_text(page, encoding="utf-8")
    (folder / "list.md.inc").write_text("\n".join(_list()), encoding="utf-8")
    (folder / "tried.md.inc").write_text("\n".join(_tried(counted)), encoding="utf-8")


def _plot(entry: Difference, docs: Path) -> str:
    """Draw the first line of numbers that parts the backends, where it has many; say where."""
    for pair in zip(entry.prints["jax"], entry.prints["tensorflow"], strict=False):
        one, other = ([*map(float, NUMBER.findall(line.partition(":")[2]))] for line in pair)
        if one != other and len(one) == len(other) >= MANY and np.isfinite(one + other).all():
            path = f"plots/atlas/{entry.id.lower()}.svg"
            plots.save(plots.beside(one, other, pair[0].partition(":")[0]), docs / path)
            return path
    return ""


def _page(entry: Difference, parts: int, plot: str) -> Iterator[str]:
    # In no tree of contents: hundreds of lines beside every page, which takes long to write, too.
    yield "---\norphan: true\n---\n"
    yield f"# {entry.id}: {entry.title}\n"
    training = "can" if entry.training else "does not ordinarily"
    right = {"neither": "neither", "open": "left open"}.get(entry.who_is_right, entry.who_is_right)
    yield f"**Gravity:** {entry.gravity}. **Right:** {right}. A training run {training} meet it.\n"
    yield f"{entry.why}\n"
    yield f"```python\n{entry.program.strip()}\n```\n"
    for backend, lines in entry.prints.items():
        yield f"Under {NAMES[backend]} it prints\n\n```text\n{chr(10).join(lines)}\n```\n"
    if plot:
        yield f"```{{image}} /{plot}\n:class: plot\n:alt: The numbers of both, by place\n```\n"
    yield f"**Remedy.** {entry.remedy}\n"
    if entry.public_report:
        repository, _, number = entry.public_report.partition("#")
        address = f"https://github.com/{repository}/issues/{number}"
        yield f"Reported: [{entry.public_report}]({address}).\n"
    if entry.lint:
        yield f"`keras3-lab parity lint` names it: rule `{entry.lint}`, see {{doc}}`/parity`.\n"
    since = f" It was so in Keras {entry.since} already." if entry.since else ""
    where = f"Found in {parts:,} places of {{doc}}`/atlas`." if parts else "See {doc}`/atlas`."
    yield f"{where}{since}\n"


def _list() -> Iterator[str]:
    """Yield the table: plain HTML, which a page from a file can search."""
    entries = sorted(
        known(), key=lambda one: (GRAVITIES.index(one.gravity), not one.training, one.id)
    )
    yield "```{raw} html"
    yield '<input class="find" type="search" aria-label="Search" data-find="#differences tbody tr"'
    yield 'placeholder="Search: embedding, gradient, float64 …">'
    yield '<div class="table-wrapper"><table id="differences" class="docutils"><thead><tr>'
    headings = ("Difference", "Gravity", "In training", "Right")
    yield f"{''.join(f'<th>{one}</th>' for one in headings)}</tr></thead><tbody>"
    for entry in entries:
        words = " ".join((entry.id, entry.title, entry.gravity, entry.why, *entry.parts)).lower()
        yield (
            f'<tr data-words="{escape(words)}"><td><a href="atlas/{entry.id.lower()}.html">'
            f"{entry.id}</a> {escape(entry.title)}</td><td>{entry.gravity}</td>"
            f"<td>{'yes' if entry.training else ''}</td><td>{escape(entry.who_is_right)}</td></tr>"
        )
    yield "</tbody></table></div>\n```\n"


def _tried(counted: dict[str, Any]) -> Iterator[str]:
    gravities = Counter(entry.gravity for entry in known())
    by_gravity = ", ".join(f"{gravities[gravity]} {gravity}" for gravity in GRAVITIES)
    training = sum(entry.training for entry in known())
    rows = counted["coverage"].items()
    cases = sum(one["cases"] for _, one in rows)
    yield f"**{len(known())} differences** ({by_gravity}), {training} of which a training run"
    yield "can meet;"
    yield f"{cases:,} cases of Keras {counted['keras']}.\n"
    if swept := counted.get("swept"):
        counts, dtypes = swept["counts"], " and ".join(swept["dtypes"])
        versions = "; ".join(
            f"{lane} ({', '.join(f'{name} {version}' for name, version in found.items())})"
            for lane, found in swept["lanes"].items()
        )
        yield f"In {dtypes}, {swept['seconds']:.0f} s on {swept['cores']} cores:"
        yield f"{counts['unexplained']:,} places where the lanes part are not explained yet,"
        yield f"{counts['rounding']:,} are rounding. {versions}.\n"
    yield "| kind | symbols that compute | with a case | cases | compute nothing |"
    yield "| --- | ---: | ---: | ---: | ---: |"
    for kind, one in rows:
        row = (kind, *(f"{one[key]:,}" for key in ("symbols", "covered", "cases", "aside")))
        yield f"| {' | '.join(row)} |"
    yield f"\nWithout a case: {', '.join(f'`{name}`' for name in counted['missing']) or 'none'}."
