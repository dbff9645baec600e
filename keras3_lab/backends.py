"""Which Keras backend runs, decided before Keras is imported."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path
from typing import Any

from keras3_lab import determinism
from keras3_lab.errors import UsageError

SUPPORTED = ("jax", "tensorflow")
# What Keras itself writes when it is first imported, whichever backend it then runs on.
KERAS_DEFAULTS = {
    "floatx": "float32",
    "epsilon": 1e-07,
    "backend": "tensorflow",
    "image_data_format": "channels_last",
}
_unasked: str | None = None  # taken by `select` although Keras's own file names another


def select() -> None:
    """Name an installed backend in `KERAS_BACKEND` where the user names none.

    Keras would take TensorFlow, installed or not. Runs when `keras3_lab` is imported.
    """
    global _unasked
    if "keras" in sys.modules or os.environ.get("KERAS_BACKEND") or _chosen_in_file():
        return
    name = next((name for name in SUPPORTED if importlib.util.find_spec(name)), None)
    if name is None:
        return
    os.environ["KERAS_BACKEND"] = name
    if _read_file() and name != KERAS_DEFAULTS["backend"]:
        _unasked = name


def require() -> str:
    """Return the backend that Keras runs on, one that this package supports and finds installed.

    Tell once, on standard error, where it is not the one in the file that Keras wrote by itself.

    Returns:
        `"jax"` or `"tensorflow"`.

    Raises:
        UsageError: If another backend is named, or one that is not installed, or it cannot be
            deterministic any more and should.

    Example:
    ```python
    from keras3_lab import backends

    assert backends.require() in backends.SUPPORTED
    ```
    """
    global _unasked
    name, origin = _named()
    if name not in SUPPORTED:
        raise UsageError(
            f"{origin} names the backend {name!r}; keras3_lab runs on {' or '.join(SUPPORTED)}"
        )
    require_installed()
    determinism.require()
    if name == _unasked:
        sys.stderr.write(
            f"running on {name}: the {KERAS_DEFAULTS['backend']!r} in {_file()} is Keras's default "
            "and nobody's choice; set KERAS_BACKEND to choose\n"
        )
        _unasked = None
    return name


def require_installed() -> None:
    """Make sure that the backend that Keras is to run on is there.

    Raises:
        UsageError: If it is not installed.

    Example:
    ```python
    from keras3_lab import backends

    backends.require_installed()
    ```
    """
    name, origin = _named()
    if name in SUPPORTED and not importlib.util.find_spec(name):
        raise UsageError(
            f"{origin} names the backend {name!r}, which is not installed; "
            f"install it with `pip install 'keras3-lab[{name}]'` or set KERAS_BACKEND to another"
        )


def keras_home() -> Path:
    """Return the folder in which Keras keeps its files, without importing Keras."""
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser()


def _named() -> tuple[str, str]:
    if "keras" in sys.modules:
        return str(sys.modules["keras"].config.backend()), "Keras"
    if name := os.environ.get("KERAS_BACKEND"):
        return name, "KERAS_BACKEND"
    if name := _chosen_in_file():
        return name, str(_file())
    raise UsageError(
        "no Keras backend is installed; install one with `pip install 'keras3-lab[jax]'` "
        "or `pip install 'keras3-lab[tensorflow]'`"
    )


def _chosen_in_file() -> str | None:
    """Return the backend that the user's `keras.json` names, unless only Keras wrote the file."""
    settings = _read_file()
    name = settings.get("backend")
    return name if isinstance(name, str) and settings != KERAS_DEFAULTS else None


def _file() -> Path:
    return keras_home() / "keras.json"


def _read_file() -> dict[str, Any]:
    try:
        settings = json.loads(_file().read_text())
    except (OSError, ValueError):
        return {}  # Keras, too, goes on without a file it cannot read
    return settings if isinstance(settings, dict) else {}
