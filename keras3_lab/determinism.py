"""One switch for the same bits in every run, set before a backend is imported."""

from __future__ import annotations

import os
import sys

from keras3_lab.errors import UsageError

SWITCH = "KERAS3_LAB_DETERMINISTIC"


def variables(*, gpu: bool) -> dict[str, str]:
    """Return the environment variables with which a run gives the same bits again.

    What a CPU computes is the same in every run as it is; what they do there is that float32 is
    float32 in whatever library is used.

    Args:
        gpu: Whether it may run on a GPU, where two runs of a kernel may add up in another order.

    Example:
    ```python
    from keras3_lab.determinism import variables

    print(variables(gpu=True)["TF_DETERMINISTIC_OPS"])
    ```
    """
    exact = {
        # tf32 keeps 10 bits of a float32's 23: off in every library that reads this.
        "NVIDIA_TF32_OVERRIDE": "0",
        "JAX_DEFAULT_MATMUL_PRECISION": "highest",
    }
    if not gpu:
        return exact
    flags, wanted = os.environ.get("XLA_FLAGS", ""), "--xla_gpu_deterministic_ops=true"
    if wanted not in flags.split():
        flags = f"{flags} {wanted}".strip()
    return {**exact, "XLA_FLAGS": flags, "TF_DETERMINISTIC_OPS": "1"}


def select() -> None:
    """Set them for this process, where the user says `KERAS3_LAB_DETERMINISTIC=1`.

    Runs when `keras3_lab` is imported. A backend that is there already has read them.
    """
    if os.environ.get(SWITCH) == "1" and not _early():
        os.environ.update(variables(gpu=True))


def require() -> None:
    """Make sure that what the user said has been done.

    Raises:
        UsageError: If the variable is neither 0 nor 1, or a backend was imported too early.

    Example:
    ```python
    from keras3_lab import determinism

    determinism.require()
    ```
    """
    wanted = os.environ.get(SWITCH, "0") or "0"
    if wanted not in ("0", "1"):
        raise UsageError(f"{SWITCH} must be 0 or 1; received: {wanted!r}")
    lacking = [name for name in variables(gpu=True).items() if name not in os.environ.items()]
    if wanted == "1" and lacking:
        raise UsageError(
            f"{SWITCH}=1 must be set before a backend is imported, and keras3_lab imported first; "
            f"received: {', '.join(_early())} imported before it"
        )


def _early() -> list[str]:
    return [name for name in ("jax", "tensorflow") if name in sys.modules]
