"""What a table of results was made with."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


def versions() -> str:
    """Return the versions of Python and of the packages that decide results."""
    named = [f"Python {platform.python_version()}"]
    for name in ("keras", "jax", "tensorflow", "tensorflow-cpu", "numpy"):
        try:
            named.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(named)
