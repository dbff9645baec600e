"""Starting several processes on one machine, and ending them together, whatever ends one."""

from __future__ import annotations

import atexit
import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from keras3_lab import signals
from keras3_lab.errors import UsageError
from keras3_lab.processes import Place, here, variables

STARTED = "KERAS3_LAB_STARTED"
"""Set in a process that another one started."""

WATCHER = """
import os, shutil, sys, time
sys.stdin.read()
if os.path.isdir(sys.argv[1]):
    sys.stderr.write("error: the first process has ended, and so do the others\\n")
    for _ in range(20):  # they may still write there
        shutil.rmtree(sys.argv[1], ignore_errors=True)
        time.sleep(0.1)
"""
"""Says for the first process, should it be killed, what it cannot; and removes its files.

The others are no good for it: JAX may end them before they come to a word.
"""

LOOK_S = 0.1
OWN_WORDS_S = 3.0
"""What a process has to say itself why it ends, before the first one says that it did."""
LAST_S = 30.0
"""What the others have to end when the first one is done."""

_others: _Others | None = None
_several = False


def begin(backend: str, count: int | None, device: str) -> Place:
    """Start the processes that the user asks for, unless this is one of several already.

    Args:
        backend: `"jax"` or `"tensorflow"`; not imported yet.
        count: How many; `None` for as many as the environment says.
        device: Where to compute, `"auto"`, `"cpu"` or `"gpu"`.

    Returns:
        The place of this process.

    Raises:
        UsageError: If the environment says another number, or they were to share GPUs.
    """
    global _several
    place = here(backend)
    _several = max(place.count, count or 1) > 1
    if place.count == 1 and _several:
        if device == "gpu":
            raise UsageError(
                "--processes starts processes on the CPU of one machine; --devices shares a batch "
                "among its GPUs"
            )
        return _start(backend, int(count or 1))
    if count not in (None, place.count):
        raise UsageError(f"--processes must be {place.count}, as set for all; received: {count}")
    if os.environ.get(STARTED):
        threading.Thread(target=_end_with_the_first, daemon=True).start()
    return place


def _start(backend: str, count: int) -> Place:
    """Start all but the first, which is this process, as this one was started."""
    global _others
    addresses = _free_addresses(count)
    os.environ |= {
        "CUDA_VISIBLE_DEVICES": "-1",
        "JAX_PLATFORMS": "cpu",
        "JAX_COORDINATOR_BIND_ADDRESS": addresses[0],  # no one outside needs to reach them
        **variables(backend, Place(0, count, addresses)),
    }
    _others = _Others()
    # Before the backend is imported: after all that it does itself at exit.
    atexit.register(_others.finish)
    signals.last_of_all(_others.kill)
    _others.start(backend, addresses)
    threading.Thread(target=_others.watch, daemon=True).start()
    return Place(0, count, addresses)


def leave(said: str, status: int) -> None:
    """End this process at once after an error, and those that it started; alone it does nothing.

    At the end of Python a backend would wait for the others, which wait for this one.

    Args:
        said: What went wrong, one line.
        status: The exit status.
    """
    if not _several:
        return
    if _others is not None and status == 1:
        until = time.monotonic() + OWN_WORDS_S / 3
        while (lost := _others.lost()) is None and time.monotonic() < until:
            time.sleep(LOOK_S)
        said = lost[0] if lost else said  # the cause, where this one saw what came of it
    if _others is not None:
        _others.over = True
    elif os.environ.get(STARTED):
        _wait_for_the_first(OWN_WORDS_S / 3)
    signals.end(f"error: {said}", status)


def _free_addresses(count: int) -> tuple[str, ...]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(f"127.0.0.1:{one.getsockname()[1]}" for one in sockets)


def _end_with_the_first() -> None:
    """End this process when the first one has ended, however it did: its pipe does, too."""
    _wait_for_the_first(None)
    signals.end("error: the first process has ended", 1)


def _wait_for_the_first(limit_s: float | None) -> bool:
    """Wait until the first process has ended; return whether it has."""
    return bool(select.select([0], [], [], limit_s)[0])  # it writes nothing


class _Others:
    """The processes that this one, the first, has started."""

    def __init__(self) -> None:
        # What they write aside goes with it, even if they are killed.
        self._folder = tempfile.mkdtemp(prefix="keras3-lab-")
        self._said: list[Path] = []
        self._running: list[subprocess.Popen[bytes]] = []
        self._watcher = subprocess.Popen(  # noqa: S603  # ourselves
            [sys.executable, "-IS", "-c", WATCHER, self._folder],
            stdin=subprocess.PIPE,  # ends when this process does
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.over = False

    def start(self, backend: str, addresses: tuple[str, ...]) -> None:
        """Start one at each address but the first."""
        for number in range(1, len(addresses)):
            place = Place(number, len(addresses), addresses)
            started = {STARTED: "1", "TMPDIR": self._folder}
            self._said.append(Path(self._folder, f"said-{number}"))
            with self._said[-1].open("w") as said:
                process = subprocess.Popen(  # noqa: S603  # ourselves
                    [sys.executable, *sys.orig_argv[1:]],
                    env=os.environ | variables(backend, place) | started,
                    stdin=subprocess.PIPE,  # ends when this process does
                    stdout=subprocess.DEVNULL,
                    stderr=said,
                    start_new_session=True,  # Ctrl-C is for the first one, which ends the others
                )
            self._running.append(process)

    def watch(self) -> None:
        """End this process when another one has ended otherwise than by being done."""
        while not self.over:
            if (lost := self.lost()) is not None:
                said, status = lost
                if status != 1:  # it may have been refused what this one is being refused
                    time.sleep(OWN_WORDS_S)
                if not self.over:
                    signals.end(f"error: {said}", status)
            time.sleep(LOOK_S)

    def lost(self) -> tuple[str, int] | None:
        """Return which process has ended, and how, with the status that comes of it."""
        for number, process in enumerate(self._running, start=1):
            code = process.poll()
            if not code:
                continue
            which = f"process {number + 1} of {len(self._running) + 1}"
            if code < 0:
                how = f"was ended by {signal.Signals(-code).name}"
                return f"{which} {how}; the others were ended, and --resume goes on", 1
            lines = self._said[number - 1].read_text(errors="replace").strip().splitlines()
            reasons = (
                [line for line in lines if line.startswith("error: ")] or lines or ["in silence"]
            )
            return f"{which} ended: {reasons[-1].removeprefix('error: ')}", 2 if code == 2 else 1
        return None

    def finish(self) -> None:
        """Wait until they are done, too."""
        self.over = True
        until = time.monotonic() + LAST_S
        for process in self._running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(max(0.0, until - time.monotonic()))
        self.kill()

    def kill(self) -> None:
        """End them all, and remove what they wrote."""
        self.over = True
        for process in self._running:
            with contextlib.suppress(OSError):
                process.kill()
            process.wait()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._watcher.kill()
        self._watcher.wait()
