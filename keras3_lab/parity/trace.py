"""A trace: everything that one lane hands over to be compared, as one `.npz` file.

Arrays are named `run/part/index` and variables stored by position, because Keras's automatic names
are counted through a process; the header keeps the names for people. NumPy is all that is needed to
read one.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from keras3_lab.errors import UsageError

SCHEMA = "keras3_lab.trace/1"

Arrays = dict[str, np.ndarray]


@dataclass
class Run:
    """One training run of one lane.

    Args:
        start: First step that this run made itself; more than 0 where it resumed another's.
        steps: Loss and metrics of each step's batch, each of shape `(steps,)`.
        epochs: Validation metrics at the end of each epoch, each of shape `(epochs,)`.
        weights: The model's variables at the end, by position.
        optimizer: The optimizer's variables at the end, by position.
        predictions: The model's outputs for a few rows: at the start of the run, and at its end.
        rows: A checksum of each row of the data, by array.
    """

    start: int = 0
    steps: Arrays = field(default_factory=dict)
    epochs: Arrays = field(default_factory=dict)
    weights: Arrays = field(default_factory=dict)
    optimizer: Arrays = field(default_factory=dict)
    predictions: Arrays = field(default_factory=dict)
    rows: Arrays = field(default_factory=dict)


PARTS = ("steps", "epochs", "weights", "optimizer", "predictions", "rows")


@dataclass
class Trace:
    """All runs of one problem in one lane.

    Args:
        header: What ran and where: `subject`, `variant`, `lane`, `seed`, `device`, `versions`,
            `digests`, `names` of the variables, `unjudged` reasons, `findings` of lint.
        runs: By name: a dtype for the run itself (`"float64"`), `"float32/ulp/1"` for one from
            weights moved by an ulp (in float64 made only where lanes part, and with
            `"float64/ulp/resumed"` for one from those of the saved model),
            `"float32/seed/43"` for another seed, and `"float64/from/jax:cpu"` for one that resumes
            another lane's.
        artifacts: The model saved as `.keras` in the middle of a run, as bytes, by dtype.
    """

    header: dict[str, Any]
    runs: dict[str, Run] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)

    @property
    def lane(self) -> str:
        """The lane that made it, `"jax:cpu"`."""
        return str(self.header["lane"])

    def children(self, prefix: str) -> dict[str, Run]:
        """Return the runs under a name, `"float32/ulp"`, by what follows it."""
        return {
            name.removeprefix(f"{prefix}/"): run
            for name, run in self.runs.items()
            if name.startswith(f"{prefix}/")
        }

    def name_of(self, part: str, index: str) -> str:
        """Return the name that a person knows a variable by."""
        names: Mapping[str, str] = self.header["names"].get(part, {})
        return names.get(index, index)

    def scaled_by(self, part: str, arrays: Arrays) -> list[str]:
        """Return the variables that say what is large in a part of the state.

        Of the weights those that are trained: the variance in a Normalization may be one of squared
        dollars.
        """
        trained = self.header.get("trainable") if part == "weights" else None
        return [name for name in arrays if not trained or name in trained]


def save(trace: Trace, path: Path) -> None:
    """Write a trace to a new `.npz` file.

    Args:
        trace: The trace.
        path: Where to write it. Nothing is overwritten.

    Raises:
        UsageError: If there is such a file already, or it cannot be written.
    """
    header = {
        **trace.header,
        "schema": SCHEMA,
        "starts": {n: r.start for n, r in trace.runs.items()},
    }
    arrays = {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)}
    for dtype, artifact in trace.artifacts.items():
        arrays[f"artifact//{dtype}"] = np.frombuffer(artifact, np.uint8)
    for name, run in trace.runs.items():
        for part in PARTS:
            for index, array in getattr(run, part).items():
                arrays[f"{name}//{part}//{index}"] = array
    try:
        with path.open("xb") as file:
            np.savez_compressed(file, **arrays)  # type: ignore[arg-type]  # NumPy's stubs
    except FileExistsError as error:
        raise UsageError(f"{path} exists already, and nothing is overwritten") from error
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror})") from error


def load(path: Path) -> Trace:
    """Read a trace.

    Args:
        path: A file that `parity record` wrote.

    Returns:
        The trace.

    Raises:
        UsageError: If it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        header = json.loads(arrays.pop("header").tobytes())
        if header["schema"] != SCHEMA:
            raise ValueError(f"its schema is {header['schema']!r}, this version reads {SCHEMA!r}")
    except (
        OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile, zlib.error,
    ) as error:  # fmt: skip
        raise UsageError(f"{path} is no trace of `parity record`: {error}") from error
    trace = Trace(header, {name: Run(start) for name, start in header.pop("starts").items()})
    for key, array in arrays.items():
        name, *where = key.split("//")
        if name == "artifact":
            trace.artifacts[where[0]] = array.tobytes()
        else:
            getattr(trace.runs[name], where[0])[where[1]] = array
    return trace


def pairs(traces: list[Trace]) -> Iterator[tuple[Trace, Trace]]:
    """Yield the first trace with each of the others."""
    yield from ((traces[0], other) for other in traces[1:])
