"""Ctrl-C and its like end the process within a second, whatever it is doing, in one line."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

from keras3_lab.files import writing

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")
GRACE_S = 0.4
"""What the main thread has to leave its blocks in order; it may be in the compiler and not hear."""
LONGEST_S = 0.9
"""When the process ends, whatever is left to do."""

_last_words: list[Callable[[], Any]] = []
_ending = threading.Lock()
_stderr: int | None = None
_received: int | None = None


@contextlib.contextmanager
def before_the_end(call: Callable[[], Any]) -> Iterator[None]:
    """Have a function called if a signal ends the process inside."""
    _last_words.append(call)
    try:
        yield
    finally:
        _last_words.remove(call)


def last_of_all(call: Callable[[], Any]) -> None:
    """Have a function called whenever `end` ends the process, after all others."""
    _last_words.insert(0, call)


def end_at_signals() -> None:
    """From now on, end the process at SIGINT, SIGTERM and SIGHUP; for the command line.

    A `KeyboardInterrupt` lets the main thread leave its blocks in order. That is not enough: in the
    compiler it does not hear, in a callback of the garbage collector the exception is swallowed,
    and an interpreter that is taken apart while something compiles ends in a segmentation fault. So
    a thread watches, which the signal reaches at once, and which ends the process before a second
    has passed. A signal that is ignored, as by `nohup`, stays ignored.
    """
    global _stderr
    _stderr = os.dup(2)  # another file may stand there for a while
    heard, sender = socket.socketpair()
    sender.setblocking(False)
    numbers = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    for number in numbers:
        if signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, _raise)
    signal.set_wakeup_fd(sender.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_watch, args=(heard, sender), daemon=True).start()
    sys.unraisablehook = _without_interrupts(sys.unraisablehook)

    def as_before() -> None:  # the watching thread is not forked along
        signal.set_wakeup_fd(-1)
        for number in numbers:
            if signal.getsignal(number) is _raise:
                signal.signal(number, signal.SIG_DFL)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=as_before)


def take_back() -> None:
    """Have signals do again what Python knows of, where a library has put a handler of its own."""
    for name in NAMES:
        number = getattr(signal, name, None)
        if number is not None and (handler := signal.getsignal(number)) is not None:
            with contextlib.suppress(ValueError):  # not in the main thread
                signal.signal(number, handler)


def end(said: str = "interrupted", status: int | None = None) -> NoReturn:
    """Say that the process was interrupted, and end it with the signal's status.

    Without taking the interpreter apart, which a thread in the compiler does not survive.

    Args:
        said: What to say instead, one line.
        status: What to end with instead.
    """
    if not _ending.acquire(blocking=False):
        time.sleep(2 * LONGEST_S)  # another thread is ending the process
    if status is None:
        status = 128 + (_received or signal.SIGINT)
    latest = threading.Timer(LONGEST_S - GRACE_S, os._exit, [status])
    latest.daemon = True
    latest.start()
    with writing:  # no file is left aside that is about to be whole
        for call in _last_words[::-1]:
            with contextlib.suppress(Exception):
                call()
        terminal = b"\r\x1b[K\x1b[?25h" if os.isatty(2) else b""  # the cursor, which a bar hides
        with contextlib.suppress(OSError):
            os.write(2 if _stderr is None else _stderr, terminal + f"{said}\n".encode())
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()
        os._exit(status)


def _raise(number: int, frame: Any) -> None:
    global _received
    if _received is None:
        _received = number
        raise KeyboardInterrupt


def _watch(heard: socket.socket, sender: socket.socket) -> None:
    global _received
    number = heard.recv(1)[0]
    time.sleep(GRACE_S)
    _received = _received or number
    end()


def _without_interrupts(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Print no interrupt that was swallowed: the process ends all the same."""

    def without(unraisable: Any) -> None:
        if not issubclass(unraisable.exc_type, KeyboardInterrupt):
            hook(unraisable)

    return without
