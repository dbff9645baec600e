"""A lane of the atlas whose programs compile sooner: thousands that run once."""

from __future__ import annotations

import os

import keras

from keras3_lab.atlas.worker import Worker
from keras3_lab.engine.interface import backend
from keras3_lab.parity.compiling import quick_to_compile
from keras3_lab.parity.worker import serve

if __name__ == "__main__":
    os.environ["XLA_FLAGS"] = quick_to_compile()
    if keras.config.backend() != "numpy":
        backend().share_context()
    serve(Worker)
