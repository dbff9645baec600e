"""Sphinx configuration."""

from __future__ import annotations

import re

import keras3_lab

project = "keras3_lab"
author = "the keras3_lab founders"
release = keras3_lab.__version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.autosummary", "sphinx.ext.napoleon"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 3
exclude_patterns = [
    "_build",
    "results/accuracy.md",  # these are included in pages
    "results/bench-*.md",
    "results/parity-all.md",
    "results/parity-arms.md",
    "results/parity-whole.md",
    "results/parity-dense.md",
    "results/parity-gpu.md",
    "results/peer-*.md",
    "results/convolutions.md",
]
html_theme = "furo"
html_title = "keras3_lab"

# Docstrings are written as Keras writes them: code in single backticks and in fences.
default_role = "code"
napoleon_google_docstring = True
napoleon_numpy_docstring = False
napoleon_custom_sections = [("Reference", "notes_style"), ("Call arguments", "params_style")]
autodoc_typehints = "description"
autodoc_typehints_description_target = "documented"
autodoc_member_order = "bysource"

FENCE = re.compile(r"^(?P<indent> *)```(?P<language>\w*)$")


def fences_to_directives(app, what, name, obj, options, lines: list[str]) -> None:
    """Turn fenced code in a docstring into reStructuredText."""
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
            result.append(f"    {line}" if inside else line)
        inside = inside != bool(fence)
    lines[:] = result


def setup(app) -> None:
    # Before napoleon, which reads the sections.
    app.connect("autodoc-process-docstring", fences_to_directives, priority=1)
