"""Where compiled programs are kept for the next process."""

from __future__ import annotations

import hashlib
from pathlib import Path

from keras3_lab.backends import keras_home
from keras3_lab.processor import processor_features


def folder_of_compiled(backend: str, version: str) -> Path:
    """Return the folder of a backend's compiled programs, for this processor and its version.

    The keys under which backends keep programs leave out the processor, and TensorFlow's its own
    version: a program with instructions that a processor does not have would end in a SIGILL.
    """
    kind = hashlib.sha256(f"{version} {processor_features()}".encode()).hexdigest()[:12]
    return keras_home() / "keras3_lab" / backend / kind
