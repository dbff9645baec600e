"""The run record: everything that is claimed of a run later, as JSON."""

from __future__ import annotations

import json
import os
import platform
from importlib import metadata
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab import __version__
from keras3_lab.engine.interface import backend
from keras3_lab.files import write_text
from keras3_lab.processor import processor_name


def versions() -> dict[str, str]:
    """Return the versions of what the numbers depend on."""
    packages = ("numpy", "scikit-learn")
    return {
        "keras3_lab": __version__,
        "python": platform.python_version(),
        "keras": keras.__version__,  # its pre-releases are installed by another name
        **{name: metadata.version(name) for name in packages},
        **backend().VERSIONS,
    }


def hardware(device: str, count: int = 1, processes: int = 1) -> dict[str, Any]:
    """Name what computes: `device` is `"cpu"` or `"gpu"`, `count` how many in all processes."""
    kind = processor_name() if device == "cpu" else backend().gpu_kind()
    several = {"count": count} if count > 1 else {}
    if processes > 1:
        several["processes"] = processes
    return {"platform": device, "kind": kind, "cores": os.cpu_count(), **several}


def plain(value: Any) -> Any:
    """Return the value with everything in it as JSON has it."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return str(value)


def configuration(part: Any) -> dict[str, Any]:
    """Return the configuration of a part of Keras, with the name of its class, as JSON has it."""
    return plain(part.get_config()) | {"class": type(part).__name__}


def write_record(record: dict[str, Any], path: Path) -> None:
    """Write a record as indented JSON."""
    write_text(path, to_json(record))


def to_json(record: Any) -> str:
    """Return a record, or several, as indented JSON."""
    return json.dumps(plain(record), indent=2, ensure_ascii=False) + "\n"
