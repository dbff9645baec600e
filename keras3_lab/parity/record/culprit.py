"""Whose code an error comes from, in one line."""

from __future__ import annotations

import re
import site
import sysconfig
import traceback
from pathlib import Path

import keras

import keras3_lab
from keras3_lab.parity.header import Failure

_OURS = str(Path(keras3_lab.__file__).parent)
_LIBRARIES = (
    *site.getsitepackages(),
    *(sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")),
)
_WHOSE = {"keras": "Keras", "tensorflow": "TensorFlow", "jax": "JAX", "jaxlib": "JAX"}
LONGEST = 300
WRAPPING = ("Exception encountered", "Graph execution error", "Detected at node", 'File "')
COLOURS = re.compile("\x1b\\[[0-9;]*m")


def failure(error: BaseException, doing: str) -> Failure:
    """Describe an error that stopped a lane.

    Args:
        error: The error.
        doing: What the lane was at, `"training in float64"`.

    Returns:
        One line for people (what failed, in whose code, what to do) and the traceback.
    """
    message = f"{doing} failed in {_whose(error)}: {first_line(error)}"
    return Failure(message, "".join(traceback.format_exception(error)))


def first_line(error: BaseException) -> str:
    """Return the kind of an error and the first line of what it says.

    Keras wraps errors in one that names the layer first, TensorFlow in one that tells the places in
    the graph; the reason comes after that.
    """
    lines = [line.strip() for line in COLOURS.sub("", str(error)).splitlines() if line.strip()]
    said = next((line for line in lines if not line.startswith(WRAPPING)), "".join(lines[:1]))
    if len(said) > LONGEST:
        said = f"{said[:LONGEST]}…"
    return f"{type(error).__name__}: {said}" if said else type(error).__name__


def place_of(error: BaseException) -> str:
    """Return file and line in the user's own code where an error arose, or nothing."""
    own = [f for f in traceback.extract_tb(error.__traceback__) if not _of_library(f.filename)]
    own = [frame for frame in own if not frame.filename.startswith((_OURS, "<"))]
    return f"{Path(own[-1].filename).name}, line {own[-1].lineno}" if own else ""


def _whose(error: BaseException) -> str:
    if place := place_of(error):
        return f"your code ({place})"
    frames = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    for filename in reversed(frames):
        package = next((part for part in Path(filename).parts if part in _WHOSE), None)
        if package is not None and not filename.startswith(_OURS):
            return f"{_WHOSE[package]}; see whether model.fit does it under {_backend()}"
    return "parity itself; please report it with its traceback"


def _backend() -> str:
    return f"KERAS_BACKEND={keras.backend.backend()}"


def _of_library(filename: str) -> bool:
    return filename.startswith(_LIBRARIES) and not filename.startswith(_OURS)
