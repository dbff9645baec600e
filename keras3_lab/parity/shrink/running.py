"""Run a program in a lane, and compare what it says in two. NumPy alone."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from keras3_lab.parity.lanes import Lane


def run_program(text: str, lane: Lane) -> str:
    """Run a program in a new process of a lane; return what it prints, or its error."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "program.py"
        path.write_text(text)
        done = subprocess.run(  # noqa: S603  # our own interpreter, and what we wrote
            [sys.executable, str(path)],
            capture_output=True, text=True, check=False, timeout=600,
            env={**os.environ, **lane.environment()},
        )  # fmt: skip
    return error_in(done.stderr) if done.returncode else done.stdout.strip()


def error_in(text: str) -> str:
    """Return class and message of the last error that a program wrote, in one line."""
    lines = re.sub(r"\x1b\[\d*m", "", text).strip().splitlines() or ["it ended without a word"]
    starts = [n for n, line in enumerate(lines) if re.match(r"[\w.]*(Error|Exception)\b", line)]
    said = [line.strip() for line in lines[starts[-1] if starts else -1 :] if line.strip()]
    kind, _, message = said[0].partition(": ")
    if message.startswith("Exception encountered when calling") and len(said) > 1:
        message = said[1]  # Keras's own frame around what was raised
    if message.startswith("Graph execution error"):  # and TensorFlow's: the node comes behind it
        node = next((n for n, line in enumerate(said) if line.startswith("[[{{node")), len(said))
        message = said[node - 1]
    return f"{kind.rpartition('.')[2]}: {message}"[:200]


NUMBER = re.compile(r"nan|[-+]?inf|[-+]?\d+\.?\d*(?:e[-+]?\d+)?", re.IGNORECASE)


def print_otherwise(one: str, other: str, tolerance: float = 1e-5) -> bool:
    """Whether two programs printed something else, rounding aside."""
    if one == other:
        return False
    first, second = (NUMBER.findall(text) for text in (one, other))
    if NUMBER.sub("", one).split() != NUMBER.sub("", other).split() or len(first) != len(second):
        return True
    a, b = np.array(first, float), np.array(second, float)
    return not np.allclose(a, b, tolerance, 1e-30, equal_nan=True)
