"""The atlas in a browser: one self-contained page, searchable."""

from __future__ import annotations

from html import escape

from keras3_lab.atlas.compare import Part
from keras3_lab.atlas.known import Difference
from keras3_lab.atlas.summary import Atlas
from keras3_lab.pages import document, table

SEARCH = """<input id="find" type="search" placeholder="Search: embedding, gradient, float64 …"
aria-label="Search"><script>document.getElementById('find').addEventListener('input',e=>{
const words=e.target.value.toLowerCase().split(/\\s+/);
document.querySelectorAll('[data-text]').forEach(one=>{
one.hidden=!words.every(word=>one.dataset.text.includes(word))})})</script>"""
STYLE = """#find{width:100%;padding:.5rem;font:inherit;margin:1rem 0}
summary{cursor:pointer;padding:.3rem 0}
details{border-bottom:1px solid var(--line)}"""
MOST = 40
"""Parts shown of each difference."""


def render_page(atlas: Atlas) -> str:
    """Return the page of a sweep."""
    lanes = "; ".join(
        f"{lane} ({', '.join(f'{name} {version}' for name, version in versions.items())})"
        for lane, versions in atlas.lanes.items()
    )
    counted = ", ".join(f"{n} {gravity}" for gravity, n in atlas.gravities.items() if n)
    coverage = [
        (kind, f"{one.symbols:,}", f"{one.covered:,}", f"{one.cases:,}", f"{one.aside:,}")
        for kind, one in atlas.coverage.items()
    ]
    return document(
        "The atlas of Keras's backends",
        "<h1>The atlas of Keras's backends</h1>",
        f"<p>{atlas.cases:,} cases in {', '.join(atlas.dtypes)}, {atlas.seconds:.0f} s. "
        f"{escape(lanes)}.</p><p><b>{len(atlas.met)} differences: {counted or 'none'}</b>; "
        f"{len(atlas.unexplained)} parts not explained, {len(atlas.rounding)} rounding.</p>",
        SEARCH,
        *(_difference(entry, atlas.met[entry.id]) for entry in atlas.differences),
        "<h2>Not explained</h2>" if atlas.unexplained else "",
        _parts(atlas.unexplained, len(atlas.unexplained)),
        "<h2>What was tried</h2>",
        table(("kind", "symbols", "with a case", "cases", "compute nothing"), coverage),
        f"<p>Without a case: {escape(', '.join(atlas.missing)) or 'none'}.</p>",
        style=STYLE,
    )


def _difference(entry: Difference, parts: list[Part]) -> str:
    words = " ".join([entry.id, entry.title, entry.gravity, entry.why, *(p.case for p in parts)])
    printed = "".join(
        f"<p><b>{escape(backend)}</b></p><pre>{escape(chr(10).join(lines))}</pre>"
        for backend, lines in entry.prints.items()
    )
    reported = f"<p>Reported: {escape(entry.public_report)}</p>" if entry.public_report else ""
    return (
        f'<details data-text="{escape(words.lower())}"><summary><b>{entry.id}</b> '
        f"{escape(entry.title)} <small>{entry.gravity}; right: {escape(entry.who_is_right)}; "
        f"{len(parts)} parts</small></summary><p>{escape(entry.why)}</p>"
        f"<p><b>Remedy.</b> {escape(entry.remedy)}</p>{reported}"
        f"<pre>{escape(entry.program)}</pre>{printed}{_parts(parts, MOST)}</details>"
    )


def _parts(parts: list[Part], most: int) -> str:
    if not parts:
        return ""
    lanes = list(parts[0].texts)
    rows = [(str(part), *(part.texts.get(lane, "") for lane in lanes)) for part in parts[:most]]
    left = len(parts) - most
    more = f"<p>… {left:,} more in atlas.json.</p>" if left > 0 else ""
    return table(("part", *lanes), rows, text_columns=1 + len(lanes)) + more
