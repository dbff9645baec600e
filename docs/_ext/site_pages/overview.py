"""README's picture."""

from __future__ import annotations

import hashlib
import io
import json
import re
from typing import Any

from matplotlib.figure import Figure

from site_pages import measured
from site_pages.plots import BLUE, ORANGE, over_epochs

COMMITTED = measured.DOCS / "overview.svg"
SAME = ("fmnist/dropout", "corrected")
DATA = re.compile(r"<!-- made from data (\w+) -->")


def _data() -> dict[str, Any]:
    """Return what the picture shows."""
    return {
        "lie": measured.load("lies.json")["shared-batch-norm"],
        **{b: measured.curves(b)[SAME]["trials"][""]["history"] for b in measured.BACKENDS},
    }


def _digest() -> str:
    return hashlib.sha256(json.dumps(_data(), sort_keys=True).encode()).hexdigest()[:16]


def is_stale() -> bool:
    """Whether the committed picture was made from other data."""
    found = DATA.search(COMMITTED.read_text(encoding="utf-8")) if COMMITTED.exists() else None
    return found is None or found[1] != _digest()


def svg() -> str:
    """Draw it."""
    data = _data()
    figure = Figure(figsize=(9.2, 3.2), layout="constrained")
    same, hidden = figure.subplots(1, 2)
    dots = {"color": ORANGE, "ls": "", "marker": "o", "mfc": "none"}
    for backend, how in (("jax", {"color": BLUE, "lw": 2}), ("tensorflow", dots)):
        for name, part in (("val_loss", "validation"), ("loss", "training")):
            label = measured.BACKENDS[backend] if part == "validation" else None
            over_epochs(same, data[backend][name], label=label, **how)
            if backend == "jax":
                same.annotate(part, (20, data[backend][name][-1]), (20.3, data[backend][name][-1]),
                              fontsize=8, annotation_clip=False, va="center")  # fmt: skip
    same.set(title="One recipe, one seed, two backends", ylabel="loss", xlim=(0, 24))
    same.legend()
    lie = data["lie"]
    for side, color, what in (("failing", ORANGE, "one layer used twice"),
                              ("mended", BLUE, "a layer each")):  # fmt: skip
        how = {"ls": "", "marker": "o"} if side == "failing" else {"ls": ":"}
        over_epochs(hidden, lie[side]["accuracy"], color=color, label=f"{what}: training", **how)
        how = {"color": color, "lw": 2, "label": f"{what}: inference"}
        over_epochs(hidden, lie[side]["val_accuracy"], **how)
    hidden.set(title="What the notes got wrong: BatchNormalization", ylabel="accuracy", ylim=(0, 1))
    hidden.legend()
    file = io.StringIO()
    figure.savefig(file, format="svg", metadata={"Date": None}, facecolor="white")
    return file.getvalue().replace("<svg ", f"<!-- made from data {_digest()} -->\n<svg ", 1)
