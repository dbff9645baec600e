"""Checkpoints: plain data in a file that cannot run code, and of which every bit is checked."""

from __future__ import annotations

import hashlib
import io
import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.files import write_bytes

KEPT = 2
"""So many of the last ones are kept: where one is damaged, there is the one before."""


def write(folder: Path, number: int, state: Any, *, step: int = 0) -> None:
    """Write a checkpoint; those of before go when it has been read back, and is the same.

    The file's name holds number, step and the SHA-256 of what is in it, so that the two cannot
    part.

    Args:
        folder: The folder of the checkpoints, in a folder that is there.
        number: Its number; `read` takes the highest.
        step: Its step, for several of one number.
        state: `None`, numbers, texts, arrays, and lists, tuples and dicts of them.

    Raises:
        UsageError: If it cannot be written, or comes back as something else.
        TypeError: If something in the state is none of these.
    """
    content = to_bytes(state)
    path = folder / f"{number:010}.{step:010}-{hashlib.sha256(content).hexdigest()}.npz"
    write_bytes(path, content)
    if path.read_bytes() != content:
        raise UsageError(f"{path}: what was written comes back as something else")
    others = [other for other in _files(folder) if other != path]
    for older in others[KEPT - 1 :]:
        older.unlink(missing_ok=True)


def read(folder: Path) -> Any:
    """Read the last checkpoint that is whole.

    Args:
        folder: The folder of the checkpoints.

    Returns:
        The state that was written; `None` where there is no checkpoint.

    Raises:
        UsageError: If there are checkpoints, and not one is whole.
    """
    found = _files(folder)
    for path in found:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UsageError(f"{path}: cannot be read ({error.strerror})") from error
        if hashlib.sha256(content).hexdigest() == path.stem.partition("-")[2]:
            return from_bytes(content)
        warnings.warn(f"{path} is damaged, and not used", stacklevel=2)
    if found:
        raise UsageError(f"{folder}: none of the {len(found)} checkpoints is whole; start again")
    return None


def remove(folder: Path) -> None:
    """Remove all checkpoints in a folder."""
    for path in _files(folder):
        path.unlink(missing_ok=True)


def to_bytes(state: Any) -> bytes:
    """Return plain data as an `.npz` of its arrays, with all else as JSON in one of them."""
    arrays: list[np.ndarray] = []
    text = json.dumps(_packed(state, arrays))
    file = io.BytesIO()
    named = {str(number): array for number, array in enumerate(arrays)}
    np.savez(file, state=np.frombuffer(text.encode(), np.uint8), **named)  # type: ignore[arg-type]
    return file.getvalue()


def from_bytes(content: bytes) -> Any:
    """Return what `to_bytes` was given."""
    with np.load(io.BytesIO(content), allow_pickle=False) as file:
        return _unpacked(json.loads(file["state"].tobytes()), file.__getitem__)


def _files(folder: Path) -> list[Path]:
    """Return the checkpoints in a folder, the last one first."""
    return sorted(folder.glob("*-*.npz"), reverse=True)


def _packed(value: Any, arrays: list[np.ndarray]) -> Any:
    if value is None or type(value) in (bool, int, float, str):
        return value
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        arrays.append(np.asarray(value))
        scalar = isinstance(value, np.generic)
        return {"scalar" if scalar else "array": len(arrays) - 1, "dtype": value.dtype.name}
    if type(value) in (list, tuple):
        return {type(value).__name__: [_packed(item, arrays) for item in value]}
    if type(value) is dict:
        return {"dict": [[_packed(part, arrays) for part in item] for item in value.items()]}
    raise TypeError(f"a checkpoint holds numbers, texts and arrays; received: {type(value)}")


def _unpacked(value: Any, array: Callable[[str], np.ndarray]) -> Any:
    if not isinstance(value, dict):
        return value
    kind, content = next(iter(value.items()))
    if kind == "dict":
        return {_unpacked(key, array): _unpacked(item, array) for key, item in content}
    if kind in ("list", "tuple"):
        items = [_unpacked(item, array) for item in content]
        return items if kind == "list" else tuple(items)
    found = array(str(content))
    if found.dtype.kind == "V":  # bfloat16 and its like, which NumPy has no letter for
        found = found.view(np.dtype(value["dtype"]))
    return found if kind == "array" else found[()]
