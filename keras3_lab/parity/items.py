"""What a step computes, as replays hand it over."""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np


class Item(NamedTuple):
    """One thing that a step computes.

    Args:
        kind: What it is: `"gradient"`, `"metric"`.
        name: Of which variable, layer, array or metric.
        value: The value.
    """

    kind: str
    name: str
    value: np.ndarray


class Replay(Protocol):
    """A lane whose steps can be looked into; in this process or in another."""

    def state(self, step: int) -> list[Item]:
        """Return weights and optimizer slots before a step."""

    def inspect(self, step: int) -> list[Item]:
        """Return all that a step computes, in order."""
