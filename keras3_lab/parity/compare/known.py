"""Whether the first difference is one that is known."""

from __future__ import annotations

from collections.abc import Sequence

from keras3_lab.parity.compare.blame import Blame
from keras3_lab.parity.header import Finding

TRAINED = ("optimizer slot", "updated weight")
"""What of a step shows a difference in how the gradient is used."""

OF_ITS_OWN: dict[str, tuple[str, ...]] = {
    "random-layer": ("layer output",),
    "resize": ("layer output",),
    "attention": ("layer output",),
    "pooling-3d": ("layer output",),
    "dtype": ("layer output", "gradient"),
    "batch-normalization": ("layer output",),
    "stateful": ("layer output",),
    "spectral-normalization": ("layer output", "gradient", *TRAINED),
    "l1-at-zero": ("gradient",),
    "sparse-gradients": TRAINED,
    "initializer": ("weight",),
    "top-k": ("metric", "validation metric"),
    "layer-metric": ("metric", "validation metric"),
}
"""In what a rule's finding shows first, under the name of what was found."""

OF_ANY: dict[str, tuple[str, ...]] = {
    "random-layer": ("loss", "gradient"),
    "random-inference": ("loss", "gradient"),
    "gradient-at-zero": ("gradient",),
    "normalized-zeros": ("gradient",),
    "masked-metrics": ("metric",),
    "schedule-free": TRAINED,
    "loss-on-probabilities": ("loss", "gradient"),
    "ctc": ("loss", "gradient"),
}
"""In what it shows first under any name: a gradient is that of all that comes before."""


def explain(blame: Blame, findings: Sequence[Finding]) -> Finding | None:
    """Return the known difference that a first difference belongs to.

    Args:
        blame: The first difference of two lanes.
        findings: What lint knows of the model.

    Returns:
        The finding; `None` where the difference is not one that is known.
    """
    for finding in findings:
        if blame.kind in OF_ITS_OWN.get(finding.rule, ()) and _is_of(blame.name, finding.where):
            return finding
    return next((f for f in findings if blame.kind in OF_ANY.get(f.rule, ())), None)


def _is_of(name: str, where: str) -> bool:
    """Whether a layer's output, a weight or an optimizer's slot belongs to a layer or weight.

    The slot of the weight `a/b` is called `a_b_velocity`, and stands in the optimizer's folder.
    """
    parts = name.removeprefix("val_").split("/")
    wanted = where.split("/")
    length = len(wanted)
    if any(parts[i : i + length] == wanted for i in range(len(parts) - length + 1)):
        return True
    slot = f"_{parts[-1]}_"
    return len(parts) > 1 and f"_{'_'.join(wanted)}_" in slot
