"""How the engine runs a model's steps, and why so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from keras3_lab.errors import UsageError

MODES = ("auto", "epoch", "chunk", "step")


@dataclass(frozen=True)
class Plan:
    """How the steps of one program run.

    Args:
        loop: `"compiled"`: many steps are one program of the backend; `"python"`: a program is one
            step, and Python starts it again and again; `"keras"`: the call is left to Keras's own
            function as a whole.
        xla: Whether XLA compiles the program. `False` on JAX means that nothing is compiled.
        reason: Why, in words.
        devices: How many devices the program uses.
    """

    loop: Literal["compiled", "python", "keras"]
    xla: bool
    reason: str
    devices: int = 1


COMPILED = Plan("compiled", True, "XLA runs this model's loop at full speed")
EAGER = Plan("python", False, "compile() asked for steps that are not compiled")
NO_JIT = Plan("python", False, "the model has a layer that XLA cannot compile")
BY_STEPS = "a few steps take less time one by one than a loop takes to compile"


def check_mode(mode: str) -> str:
    """Return `mode` if there is such a mode.

    Raises:
        UsageError: If not.
    """
    if mode not in MODES:
        raise UsageError(f"mode must be one of {', '.join(MODES)}; received: {mode!r}")
    return mode
