"""In what two lanes differ first, and whether that is the same kind of difference."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from keras3_lab.parity.compare.measure import largest_difference, typical_scale
from keras3_lab.parity.shrink.jobs import Tried

TOLERANCES = {"float64": 1e-9, "float32": 1e-4}
CLEAR = 1e-3
"""A relative difference that is no matter of rounding, whatever the dtype."""

FLOORS = {"float64": 1e-5, "float32": 1e-2}
"""What a difference is divided by at least: numbers next to 0 are made of rounding."""

ON_ONE_SCALE = ("gradient", "optimizer slot", "weight", "state", "weight at the end")


@dataclass(frozen=True)
class Difference:
    """The first difference of two lanes, in the order of computation.

    Args:
        kind: `"error"`, `"prediction"`, `"loss"`, `"gradient"`, `"optimizer slot"`, `"weight"`,
            `"state"` or `"metric"`.
        name: Of which output, step or variable; of an error, where it arose.
        relative: How far apart, relative to their scale.
        lost: Whether one lane has a number where the other has none.
        texts: What each lane has.
    """

    kind: str
    name: str
    relative: float
    lost: bool = False
    texts: tuple[str, str] = ("", "")

    def __str__(self) -> str:
        one, other = self.texts
        size = "" if np.isinf(self.relative) else f", {self.relative:.2g} relative"
        return f"{self.kind} {self.name}{size}: {one} and {other}"

    def is_like(self, other: Difference) -> bool:
        """Whether this one, of a smaller model, is of the same kind as another."""
        if self.kind != other.kind or self.lost != other.lost:
            return False
        if self.kind == "error":
            return [text.partition(":")[0] for text in self.texts] == [
                text.partition(":")[0] for text in other.texts
            ]
        # What was clear must not become a matter of digits; that would be another cause.
        return self.relative >= min(CLEAR, other.relative / 30)


def gradients_are_rounding(one: Tried, other: Tried) -> bool:
    """Whether an entry of a gradient, next to 0 beside others, is another number in each lane.

    It is 0 but for rounding, which an optimizer makes a step of full size where it divides by it
    or takes its sign.
    """
    ours, theirs = ([i for i in tried.items if i.kind == "gradient"] for tried in (one, other))
    for a, b in zip(ours, theirs, strict=False):
        if a.value.shape == b.value.shape:
            largest = np.maximum(np.abs(a.value), np.abs(b.value))
            if (np.abs(a.value - b.value) > CLEAR * largest).any():
                return True
    return False


def first_difference(one: Tried, other: Tried) -> Difference | None:
    """Return in what two lanes differ first; nothing if they agree, or both raise an error."""
    dtype = one.candidate.dtype
    tolerance, floor = TOLERANCES[dtype], FLOORS[dtype]
    kinds = {item.kind for item in one.items}
    scales = {
        kind: typical_scale(
            {str(n): item.value for n, item in enumerate(one.items) if item.kind == kind}
        )
        for kind in kinds
        if kind in ON_ONE_SCALE
    }
    for ours, theirs in zip(one.items, other.items, strict=False):
        if ours.kind == "node":
            continue
        found = largest_difference(ours.value, theirs.value, max(scales.get(ours.kind, 0), floor))
        if found.relative > tolerance:
            lost = bool(np.isfinite(found.values[0]) != np.isfinite(found.values[1]))
            texts = tuple(f"{value:.9g}" for value in found.values)
            return Difference(ours.kind, ours.name, found.relative, lost, (texts[0], texts[1]))
    if bool(one.error) != bool(other.error):
        texts = (one.error or "no error", other.error or "no error")
        return Difference("error", one.stage or other.stage, np.inf, texts=texts)
    return None
