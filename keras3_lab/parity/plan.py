"""How much of a problem a lane runs; the same in every lane."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

DTYPES = ("float64", "float32")


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
    """

    dtypes: tuple[str, ...] = DTYPES
    seed: int = 42
    epochs: int | None = None
    steps: int | None = None
    survey: bool = False
    ulps: int = 4
    seeds: int = 5

    def to_json(self) -> dict[str, Any]:
        """Return the plan as JSON has it."""
        return asdict(self)

    @classmethod
    def from_json(cls, plan: dict[str, Any]) -> Plan:
        """Return the plan that `to_json` described."""
        return cls(**{**plan, "dtypes": tuple(plan["dtypes"])})
