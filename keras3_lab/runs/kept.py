"""What a run keeps in its folder to go on with if it is interrupted, until it is done."""

from __future__ import annotations

import contextlib
import json
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import keras

from keras3_lab import checkpoints, state
from keras3_lab.errors import UsageError
from keras3_lab.files import discard_unfinished
from keras3_lab.resumable import Checkpoints, read_every

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

NAME = ".resume"


class Kept:
    """What a run keeps: how it was called, and of each of its trainings how far it has come.

    Args:
        folder: The run's folder; it is there.
        every: When to save, as in `keras3_lab.callbacks.resumable`.
    """

    def __init__(self, folder: Path, every: int | str | None = None) -> None:
        read_every(every)
        self.folder = folder
        self._at = folder / NAME
        self._every = every

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Let no other process go on with the run meanwhile."""
        try:
            lock = (self._at / "lock").open("w")
        except FileNotFoundError:
            raise UsageError(f"{self.folder}: {self._why_nothing()}") from None
        except OSError as error:
            raise UsageError(f"{self.folder}: cannot be written to ({error.strerror})") from None
        with lock:
            if fcntl:
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    raise UsageError(f"{self.folder}: another process is at it") from None
            discard_unfinished(self.folder)
            yield

    def make(self) -> None:
        """Make room for what is kept, in the folder of a new run."""
        self._call.mkdir(parents=True)

    def begin(self, arguments: dict[str, Any], record: dict[str, Any]) -> None:
        """Keep how the run was called, and what its record says before training."""
        checkpoints.write(self._call, int(time.time()), {"arguments": arguments, "record": record})

    def begun(self) -> dict[str, Any]:
        """Return `arguments` and `record`, as kept by the process that began the run.

        Raises:
            UsageError: If there is no run, or it is done, or what it kept is damaged.
        """
        begun: dict[str, Any] | None = checkpoints.read(self._call)
        if begun is None:
            raise UsageError(f"{self.folder}: {self._why_nothing()}")
        return begun

    def part(self, name: str) -> Part:
        """Return what is kept of a training; `name` is that of the arm or stage."""
        folder = self._at / f"training-{quote(name, safe='')}"
        folder.mkdir(exist_ok=True)
        return Part(folder, self._every)

    def remove(self) -> None:
        """Remove it all: the run is done."""
        shutil.rmtree(self._at, ignore_errors=True)

    @property
    def _call(self) -> Path:
        return self._at / "call"

    def _why_nothing(self) -> str:
        if not self.folder.is_dir():
            return "there is no such folder of a run"
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            if json.loads((self.folder / "record.json").read_text())["status"] == "done":
                return "this run is done"
        return "there is no run that could go on; begin it again"


class Part:
    """What is kept of one training.

    Args:
        folder: Where.
        every: When to save.
    """

    def __init__(self, folder: Path, every: int | str | None = None) -> None:
        self._folder, self._every = folder, every

    def callback(
        self, callbacks: Sequence[keras.callbacks.Callback], clock: Callable[[], float]
    ) -> Checkpoints:
        """Return what saves a training, and goes on with it; to stand behind its callbacks."""
        return Checkpoints(self._folder, callbacks, every=self._every, clock=clock)

    def finished(self, model: keras.Model) -> dict[str, Any] | None:
        """Return what a training told at its end, and restore the model; `None` if it goes on."""
        saved = checkpoints.read(self._folder)
        if saved is None or "trained" not in saved:
            return None
        state.to_model(model, saved["model"])
        trained: dict[str, Any] = saved["trained"]
        return trained

    def finish(self, model: keras.Model, trained: dict[str, Any], epochs: int) -> None:
        """Keep the trained model, and what is told of its training, of so many epochs."""
        saved = {"model": state.of_model(model), "trained": trained}
        checkpoints.write(self._folder, epochs + 1, saved)
