"""What agreed before and has not changed since, so that it need not be run again."""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Iterable
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import keras3_lab
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.subject import Subject


class Store(Protocol):
    """Keeps JSON from one run to the next, as pytest's cache does."""

    def get(self, key: str, default: Any) -> Any:
        """Return what was kept."""

    def set(self, key: str, value: object) -> None:
        """Keep a value."""


class Agreements:
    """Subjects whose lanes agreed, with the content of all files that took part.

    Args:
        store: Where they are kept.
        root: The folder to which files are named relatively.
        lanes: The lanes.
    """

    def __init__(self, store: Store, root: Path, lanes: Iterable[Lane]) -> None:
        self._store, self._root = store, root
        self._lanes = [repr(lane) for lane in lanes]

    def holds(self, subject: Subject, plan: Plan) -> bool:
        """Return whether the lanes agreed, and nothing has changed since."""
        kept = self._store.get(self._key(subject, plan), None)
        if not kept or kept["environment"] != environment():
            return False
        return all(self._digest(file) == digest for file, digest in kept["files"].items())

    def add(self, subject: Subject, plan: Plan, files: Iterable[Path]) -> None:
        """Note that the lanes agree.

        Args:
            subject: On what.
            plan: How much of it was run.
            files: The files that decide what runs.
        """
        names = [os.path.relpath(file, self._root) for file in files]
        kept = {"environment": environment(), "files": {n: self._digest(n) for n in names}}
        self._store.set(self._key(subject, plan), kept)

    def _key(self, subject: Subject, plan: Plan) -> str:
        file = os.path.relpath(subject.file, self._root) if subject.file else ""
        asked = [{**subject.to_json(), "file": file}, plan.to_json(), self._lanes]
        return f"keras3-lab/{hashlib.sha256(json.dumps(asked).encode()).hexdigest()}"

    def _digest(self, file: str) -> str:
        try:
            return hashlib.sha256((self._root / file).read_bytes()).hexdigest()
        except OSError:
            return ""


@cache
def environment() -> str:
    """Return a digest of the rest that decides what runs: packages, Python, machine, variables."""
    digest = hashlib.sha256()
    package = Path(keras3_lab.__file__).parent
    for file in sorted(package.rglob("*.py")):  # its version stays the same while it is worked on
        digest.update(file.read_bytes())
    installed = sorted(f"{found.name} {found.version}" for found in metadata.distributions())
    variables = sorted(
        f"{name}={value}"
        for name, value in os.environ.items()
        if name.startswith(("XLA_", "TF_", "JAX_")) and not name.endswith("_DIR")
    )
    rest = [*installed, *variables, platform.python_version(), platform.platform()]
    digest.update("\n".join(rest).encode())
    return digest.hexdigest()
