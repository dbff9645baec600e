"""What all HTML pages share: one style, light and dark, and plots that stand in a page alone.

A page is one file without a network: what it shows is inside it.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GREY = "#8b929a"  # seen on white and on black, as are
COLOURS = ("#3b82f6", "#e0812b", "#1a9e6a", "#b0488f", "#8b6fd1", "#b8940f", "#d4503e", "#2aa5b5")
STYLE = """
:root{color-scheme:light dark;--ink:#1c2024;--paper:#fff;--soft:#6a7178;--line:#dfe3e8;
--fill:#f4f6f8;--blue:#2f6fde;--good:#1a7f4b;--bad:#c62828;--warn:#a06200}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--paper:#15181b;--soft:#9aa1a9;
--line:#33383e;--fill:#1e2226;--blue:#6ea8fe;--good:#5fce93;--bad:#ff7b72;--warn:#e3b341}}
*{box-sizing:border-box}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:2rem auto;
max-width:72rem;padding:0 1rem;overflow-wrap:break-word}
h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.2rem;margin:2.2rem 0 .6rem}
table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.agree{color:var(--good)}.differ{color:var(--bad);font-weight:600}.unjudged,.warn{color:var(--warn)}
figure{margin:1rem 0;flex:1 1 22rem;min-width:0;max-width:35rem}
.row{display:flex;flex-wrap:wrap;gap:1rem}
svg{width:100%;height:auto}figcaption,small,.soft{color:var(--soft)}.scroll{overflow-x:auto}
pre{overflow-x:auto;background:var(--fill);padding:.8rem;font-size:12px;line-height:1.35}
"""


def document(title: str, *parts: str, style: str = "") -> str:
    """Return a whole page.

    Args:
        title: The title, as text.
        parts: What it shows, as HTML.
        style: CSS of this page alone.
    """
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{escape(title)}</title>'
        f"<style>{STYLE}{style}</style>{''.join(parts)}</html>\n"
    )


def table(headings: Sequence[str], rows: Iterable[Sequence[str]], text_columns: int = 1) -> str:
    """Return a table that scrolls by itself where it is too wide.

    Args:
        headings: Heading of each column, as text; none for a table without.
        rows: Cells of each row, as text.
        text_columns: Number of columns of text; the others, of figures, are set to the right.
    """

    def line(cells: Sequence[str], tag: str) -> str:
        return "".join(
            f"<{tag}{'' if index < text_columns else ' class=n'}>{escape(cell)}</{tag}>"
            for index, cell in enumerate(cells)
        )

    head = f"<tr>{line(headings, 'th')}</tr>" if headings else ""
    body = "".join(f"<tr>{line(row, 'td')}</tr>" for row in rows)
    return f'<div class="scroll"><table>{head}{body}</table></div>'


def figure(svg: str, caption: str = "") -> str:
    """Return a plot with what it shows, as text."""
    return f"<figure>{svg}<figcaption>{escape(caption)}</figcaption></figure>"


@contextmanager
def plots_for_pages() -> Iterator[None]:
    """Have the plots that are made inside be seen on white and on black."""
    import matplotlib as mpl
    from matplotlib.rcsetup import cycler

    settings: dict[Any, Any] = {
        "svg.fonttype": "none",
        "svg.hashsalt": "keras3_lab",
        "font.size": 9,
        "text.color": GREY,
        "axes.edgecolor": GREY,
        "axes.labelcolor": GREY,
        "axes.titlecolor": GREY,
        "axes.facecolor": "none",
        "axes.prop_cycle": cycler(color=COLOURS),
        "xtick.color": GREY,
        "ytick.color": GREY,
        "legend.frameon": False,
        "legend.fontsize": 8,
    }
    with mpl.rc_context(settings):
        yield


def to_svg(plot: Figure) -> str:
    """Return a plot as an `<svg>` element."""
    file = io.StringIO()
    plot.savefig(file, format="svg", transparent=True, metadata={"Date": None})
    text = file.getvalue()
    return text[text.index("<svg") :]
