"""How `keras.applications` gets its files."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from keras3_lab.private.parts import part

MODELS = "keras3_lab.models"

_one_at_a_time = threading.RLock()
_file_utils = part("keras.src.utils:file_utils", MODELS)
part("keras.src.utils.file_utils:get_file", MODELS)


@contextmanager
def downloads_by(get_file: Callable[..., str]) -> Iterator[None]:
    """Let another function get files for Keras inside, in the place of `keras.utils.get_file`.

    Unnecessary once `keras.applications` takes weights from a folder; `keras.utils.get_file`
    deletes a file whose hash it does not know, and then fails without a network.

    Args:
        get_file: Takes what `keras.utils.get_file` takes, and returns a path.
    """
    with _one_at_a_time:  # another thread would take our function for Keras's, and leave it there
        original = _file_utils.get_file
        _file_utils.get_file = get_file
        try:
            yield
        finally:
            _file_utils.get_file = original
