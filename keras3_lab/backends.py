"""Which Keras backend runs, decided before Keras is imported."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

from keras3_lab.errors import UsageError

SUPPORTED = ("jax", "tensorflow")


def select() -> None:
    """Name an installed backend in `KERAS_BACKEND` where nothing else names one.

    Keras would take TensorFlow, installed or not. Runs when `keras3_lab` is imported.
    """
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND") or _from_keras_json():
        return
    for name in SUPPORTED:
        if importlib.util.find_spec(name):
            os.environ["KERAS_BACKEND"] = name
            return


def require() -> str:
    """Return the backend that Keras runs on, one that this package supports and finds installed.

    Returns:
        `"jax"` or `"tensorflow"`.

    Raises:
        UsageError: If another backend is named, or one that is not installed.

    Example:
    ```python
    from keras3_lab import backends

    assert backends.require() in backends.SUPPORTED
    ```
    """
    name, origin = _named()
    if name not in SUPPORTED:
        raise UsageError(
            f"{origin} names the backend {name!r}; keras3_lab runs on {' or '.join(SUPPORTED)}"
        )
    if not importlib.util.find_spec(name):
        raise UsageError(
            f"{origin} names the backend {name!r}, which is not installed; "
            f"install it with `pip install 'keras3-lab[{name}]'` or set KERAS_BACKEND to another"
        )
    return name


def _named() -> tuple[str, str]:
    if "keras" in sys.modules:
        return str(sys.modules["keras"].config.backend()), "Keras"
    if name := os.environ.get("KERAS_BACKEND"):
        return name, "KERAS_BACKEND"
    if name := _from_keras_json():
        return name, str(_keras_json())
    raise UsageError(
        "no Keras backend is installed; install one with `pip install 'keras3-lab[jax]'` "
        "or `pip install 'keras3-lab[tensorflow]'`"
    )


def _keras_json() -> Path:
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path.home() / ".keras") / "keras.json"


def _from_keras_json() -> str | None:
    try:
        name = json.loads(_keras_json().read_text()).get("backend")
    except (OSError, ValueError, AttributeError):
        return None  # Keras, too, goes on without a file it cannot read
    return name if isinstance(name, str) else None
