"""Sphinx configuration."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import keras3_lab

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "keras3_lab"
author = "the keras3_lab founders"
release = keras3_lab.__version__
extensions = [
    "myst_nb",  # pages of MyST Markdown, some of them notebooks
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinx_design",
    "site_pages",
]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
nb_execution_mode = "force"
nb_execution_in_temp = True
nb_execution_raise_on_error = True
nb_execution_timeout = 120
nb_merge_streams = True
exclude_patterns = [
    "_build",
    "_ext",
    "jupyter_execute",  # where notebooks are executed
    "results/bench-*.md",  # these are included in pages
    "results/checks-*.md",
    "results/fuzz.md",
    "results/labels-*.md",
    "results/memory-*.md",
    "results/parity-all.md",
    "results/parity-arms.md",
    "results/parity-whole.md",
    "results/parity-dense.md",
    "results/parity-gpu.md",
    "results/peer-*.md",
    "results/convolutions.md",
    "results/devices.md",
    "results/disk-*.md",
    "results/elsewhere.md",
    "results/signals-*.md",
    "results/sweep.md",
]
html_theme = "furo"
html_title = "keras3_lab"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["find.js"]

# Docstrings are written as Keras writes them: code in single backticks and in fences.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Reference", "notes_style"), ("Call arguments", "params_style")]
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"

LINK = re.compile(r"(?<!`)\[(?P<text>[^][]+)\]\((?P<url>https?://[^()\s]+)\)")
FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)$")


def markdown_to_rest(app, what, name, obj, options, lines: list[str]) -> None:
    """Turn fenced code and links in a docstring, which are Markdown, into reStructuredText."""
    result: list[str] = []
    inside = False
    for line in lines:
        fence = FENCE.match(line)
        if fence and not inside:
            # The empty line before it: else it goes on the line that says "Example:".
            result += ["", f"{fence['indent']}.. code-block:: {fence['language'] or 'text'}", ""]
        elif fence:
            result.append("")
        else:
            result.append(f"    {line}" if inside else LINK.sub(r"`\g<text> <\g<url>>`__", line))
        inside = inside != bool(fence)
    lines[:] = result


def deal_out_notebooks(app, env, names: list[str]) -> None:
    """Put the notebooks apart: processes read pages in batches, and one would have them all."""
    notebooks = [name for name in names if name.startswith(("chapters/", "concepts/"))]
    pages = [name for name in names if name not in notebooks]
    for place, name in enumerate(notebooks):
        pages.insert(place * len(names) // len(notebooks), name)
    names[:] = pages


def setup(app) -> None:
    app.connect("env-before-read-docs", deal_out_notebooks)
    # Before napoleon, which reads the sections.
    app.connect("autodoc-process-docstring", markdown_to_rest, priority=1)
