"""Ctrl-C that waits for the state of a model to be whole again."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interrupts_deferred() -> Iterator[None]:
    """Defer a `KeyboardInterrupt` until the block is left.

    A JAX program takes a model's arrays away and returns new ones. Raised between the two, the
    interrupt would leave a model without weights.
    """
    previous = signal.getsignal(signal.SIGINT)
    # Python runs signal handlers in the main thread alone, and only those that it has set itself.
    if threading.current_thread() is not threading.main_thread() or previous is None:
        yield
        return
    received: list[tuple[Any, ...]] = []
    signal.signal(signal.SIGINT, lambda *arguments: received.append(arguments))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
        if received and callable(previous):
            previous(*received[-1])
