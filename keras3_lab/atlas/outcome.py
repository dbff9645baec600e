"""What a case came to in a lane. NumPy alone."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

ASPECTS = ("eager", "inference", "training", "result", "gradient", "state", "compiled")


@dataclass(frozen=True)
class Value:
    """An array that was computed.

    Args:
        path: Where in the result: `""`, `"0"`, `"loss"`.
        dtype: Its dtype in the backend, such as `"bfloat16"`.
        array: Its numbers; float32 where NumPy has no such dtype; empty where they are drawn.
        shape: Its shape.
    """

    path: str
    dtype: str
    array: np.ndarray
    shape: tuple[int, ...]


@dataclass(frozen=True)
class Raised:
    """An error instead of a result: its class, and the first line of what it says."""

    error: str
    message: str


Result = tuple[Value, ...] | Raised


@dataclass
class Outcome:
    """All that was observed of a case in one dtype.

    Args:
        case: Its name.
        dtype: The dtype.
        results: By aspect: `"eager"`, `"compiled"`, `"gradient"`; of layers `"inference"`,
            `"training"`, `"gradient"`, `"state"`, `"compiled"`; of procedures `"result"`.
        seconds: Time it took.
    """

    case: str
    dtype: str
    results: dict[str, Result] = field(default_factory=dict)
    seconds: float = 0.0
