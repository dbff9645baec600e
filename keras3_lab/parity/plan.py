"""How much of a problem a lane runs; the same in every lane."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from keras3_lab.errors import UsageError

DTYPES = ("float64", "float32")
GATES = ("G0", "G1", "G2", "G3")
QUICK_GATES, QUICK_STEPS = GATES[:2], 12


def gates_of(names: Iterable[str]) -> tuple[str, ...]:
    """Return the gates of these names, in their order.

    Raises:
        UsageError: If there is no such gate, or none is named.
    """
    names = list(names)
    if not names or not set(names) <= set(GATES):
        raise UsageError(
            f"gates must be one or more of {', '.join(GATES)}; received: {', '.join(names)}"
        )
    return tuple(gate for gate in GATES if gate in names)


def dtypes_for(gates: tuple[str, ...]) -> tuple[str, ...]:
    """Return the precisions that gates are judged in; float64 is the yardstick of G2, too."""
    return DTYPES if "G2" in gates else ("float64",)


@dataclass(frozen=True)
class Plan:
    """How much to run.

    Args:
        dtypes: Precisions to run in: `"float64"` for G1 and G3, `"float32"` for G2.
        seed: Seed of the runs.
        epochs: Number of epochs. Defaults to the problem's.
        steps: Number of steps. Defaults to as many as the work of a run allows, see
            `keras3_lab.parity.record.budget`.
        survey: Whether it is one of many problems that are checked at once, with less work for
            each.
        ulps: Number of runs from weights moved by one ulp.
        seeds: Number of seeds for the final metrics, that of the runs included.
        gates: Which gates are judged; what none of them needs is not run.
    """

    dtypes: tuple[str, ...] = DTYPES
    seed: int = 42
    epochs: int | None = None
    steps: int | None = None
    survey: bool = False
    ulps: int = 4
    seeds: int = 5
    gates: tuple[str, ...] = GATES

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON has it."""
        return asdict(self)
