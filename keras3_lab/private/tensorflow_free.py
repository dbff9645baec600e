"""How to keep Keras from importing TensorFlow where another backend runs."""

from __future__ import annotations

import sys
from typing import Any

from keras3_lab.private.parts import part

_serialization = part("keras.src:saving.serialization_lib", "keras3_lab.parity")


class _OnceImported:
    """TensorFlow, which counts as not available until somebody has imported it."""

    def __init__(self, module: Any) -> None:
        self._module = module

    @property
    def available(self) -> bool:
        return "tensorflow" in sys.modules

    def __getattr__(self, name: str) -> Any:
        return getattr(self._module, name)


def serialize_without_tensorflow() -> None:
    """Let Keras serialize objects without importing TensorFlow to see whether they are its own.

    None of them can be before TensorFlow is imported, which takes longer than Keras itself.

    Unnecessary once `serialize_keras_object` looks into `sys.modules`.
    """
    if not isinstance(_serialization.tf, _OnceImported):
        _serialization.tf = _OnceImported(_serialization.tf)
