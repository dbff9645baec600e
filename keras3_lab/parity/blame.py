"""Where the first difference arises; NumPy only, the replays do the rest."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from keras3_lab.parity.measure import Apart, apart, typical_scale

if TYPE_CHECKING:
    from keras3_lab.parity.items import Item, Replay


@dataclass(frozen=True)
class Blame:
    """The first thing that differs, in the order of computation.

    Args:
        step: The step, from 0.
        kind: What it is: data batch, weight, layer output, loss, gradient, …
        name: Of which layer, variable or array.
        relative: The relative difference.
        at: Where in the array.
        values: The two values there.
        lanes: The two lanes.
    """

    step: int
    kind: str
    name: str
    relative: float
    at: tuple[int, ...]
    values: tuple[float, float]
    lanes: tuple[str, str]

    def __str__(self) -> str:
        where = f" at {list(self.at)}" if self.at else ""
        size = "" if np.isinf(self.relative) else f", {self.relative:.2g} relative"
        one, other = (
            f"{value:.17g} on {lane}" for value, lane in zip(self.values, self.lanes, strict=True)
        )
        return (
            f"first difference at step {self.step}, in the {self.kind} `{self.name}`{where}{size}: "
            f"{one}, {other}"
        )

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {**asdict(self), "text": str(self)}


def find(
    one: Replay, other: Replay, step: int, tolerance: float, lanes: tuple[str, str]
) -> Blame | None:
    """Find the first thing that differs between two lanes.

    The state before a step decides what comes after it, so the first step that starts from equal
    states and ends in different ones is searched by bisection; then all it computes is compared.

    Args:
        one: A lane's replay.
        other: Another's.
        step: A step in which something is known to differ, or the last.
        tolerance: Relative difference that counts as none.
        lanes: Their names.

    Returns:
        What to blame; `None` if nothing differs by more than the tolerance up to that step.
    """
    low, high = 0, step
    if _first(one.state(0), other.state(0), tolerance) is None:
        if high and _first(one.state(high), other.state(high), tolerance) is not None:
            # The states before `low` agree, those before `high` do not.
            while high - low > 1:
                middle = (low + high) // 2
                agree = _first(one.state(middle), other.state(middle), tolerance) is None
                low, high = (middle, high) if agree else (low, middle)
        else:
            low = high
    found = _first(one.inspect(low), other.inspect(low), tolerance)
    if found is None:
        return None
    item, where = found
    return Blame(low, item.kind, item.name, where.relative, where.at, where.values, lanes)


def _first(one: list[Item], other: list[Item], tolerance: float) -> tuple[Item, Apart] | None:
    by_kind: dict[str, dict[str, np.ndarray]] = {}
    for index, item in enumerate(one):
        by_kind.setdefault(item.kind, {})[str(index)] = item.value
    scales = {kind: typical_scale(values) for kind, values in by_kind.items()}
    if len(one) != len(other):
        odd = next((a for a, b in zip(one, other, strict=False) if a[:2] != b[:2]), one[-1])
        return odd, Apart(np.inf, (), (len(one), len(other)))
    for ours, theirs in zip(one, other, strict=True):
        found = apart(ours.value, theirs.value, scales[ours.kind] if _summed(ours.kind) else 0.0)
        if found.relative > tolerance:
            return ours, found
    return None


def _summed(kind: str) -> bool:
    """Whether things of a kind are on one scale; inputs, outputs and losses have each their own."""
    return kind in (
        "weight", "gradient", "optimizer slot", "optimizer slot before the step", "updated weight",
    )  # fmt: skip
