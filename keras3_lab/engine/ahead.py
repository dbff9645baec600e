"""What comes next is made in a thread while the last is used."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterator
from queue import SimpleQueue
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 5.0
"""Longest wait for a thread that is in the middle of an item when nobody wants it any more."""


def one_ahead(items: Iterator[T]) -> Generator[T]:
    """Yield items, each made in a thread while the one before it is used.

    An error arrives as it was raised. The thread ends when the items do, after an error, and when
    this generator is closed. It does not keep the process: an iterator that blocks cannot be
    stopped, but Ctrl-C is answered while it does.

    Args:
        items: What is iterated over in the thread; must not yield `None`.
    """
    wanted: SimpleQueue[bool] = SimpleQueue()
    made: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        while wanted.get():
            try:
                made.put((next(items, None), None))
            except BaseException as error:  # whatever it is, it is raised where the item is used
                made.put((None, error))

    thread = threading.Thread(target=work, name="keras3_lab.ahead", daemon=True)
    thread.start()
    waiting = False
    try:
        wanted.put(True)
        while True:
            waiting = True
            item, error = made.get()
            waiting = False
            if error is not None:
                raise error
            if item is None:
                return
            wanted.put(True)
            yield item
    finally:
        wanted.put(False)
        if not waiting:
            thread.join(PATIENCE_S)
