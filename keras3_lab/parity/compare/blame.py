"""Where the first difference arises."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from keras3_lab.parity.compare.checks import (
    AGREE,
    FINITE,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    TRAINING,
    UNJUDGED,
    Check,
)
from keras3_lab.parity.compare.float32 import OVER_SEEDS
from keras3_lab.parity.compare.measure import Difference, largest_difference, typical_scale
from keras3_lab.parity.items import Item, Replay

# Inputs, outputs and losses have each their own.
ON_ONE_SCALE = (
    "weight", "gradient", "optimizer slot", "optimizer slot before the step", "updated weight",
)  # fmt: skip


LAYER_OUTPUT = "layer output"


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
        """Return what is to blame as JSON has it."""
        return {**asdict(self), "text": str(self)}


@dataclass(frozen=True)
class Search:
    """Where to look for what is to blame.

    Args:
        dtype: Precision to replay in.
        step: A step by which two lanes have parted.
        tolerance: Relative difference that counts as none.
    """

    dtype: str
    step: int
    tolerance: float


def step_to_search(checks: list[Check], lanes: tuple[str, str], steps: int) -> Search | None:
    """Return where to look for what parts two lanes.

    Args:
        checks: All comparisons.
        lanes: The two lanes.
        steps: Steps of the run: where only its end differs, it is the last.

    Returns:
        Precision and step, or `None` where nothing can be looked for.
    """
    # Too few seeds are no difference that could be looked for.
    own = [
        check
        for check in checks
        if check.lanes == lanes
        and check.verdict != AGREE
        and not (check.verdict == UNJUDGED and check.what.endswith(OVER_SEEDS))
        and not check.what.startswith((TRAINING, FINITE))
    ]
    if not own or all(check.gate == "G3" for check in own):
        return None
    exact = any(c.gate == "G1" or (c.gate == "G0" and c.what.endswith("float64")) for c in own)
    dtype, gate, tolerance = (
        ("float64", "G1", FLOAT64_TOLERANCE) if exact else ("float32", "G2", 10 * FLOAT32_TOLERANCE)
    )
    known = [check.step for check in own if check.step is not None and check.gate == gate]
    return Search(dtype, min([*known, steps - 1]), tolerance)


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


def _with_partners(one: list[Item], other: list[Item]) -> list[Item]:
    """Return the items of a lane without layer outputs that the other lane has not seen.

    Inside a loop that the backend traces, such as that of a recurrent layer on JAX, a layer is
    called and puts out no values.
    """
    here, there = (
        Counter(item.name for item in items if item.kind == LAYER_OUTPUT) for items in (one, other)
    )
    return [
        item for item in one if item.kind != LAYER_OUTPUT or here[item.name] == there[item.name]
    ]


def _first(one: list[Item], other: list[Item], tolerance: float) -> tuple[Item, Difference] | None:
    by_kind: dict[str, dict[str, np.ndarray]] = {}
    for index, item in enumerate(one):
        by_kind.setdefault(item.kind, {})[str(index)] = item.value
    scales = {kind: typical_scale(values) for kind, values in by_kind.items()}
    one, other = _with_partners(one, other), _with_partners(other, one)
    if len(one) != len(other):
        odd = next((a for a, b in zip(one, other, strict=False) if a[:2] != b[:2]), one[-1])
        return odd, Difference(np.inf, (), (len(one), len(other)))
    for ours, theirs in zip(one, other, strict=True):
        scale = scales[ours.kind] if ours.kind in ON_ONE_SCALE else 0.0
        found = largest_difference(ours.value, theirs.value, scale)
        if found.relative > tolerance:
            return ours, found
    return None
