"""A trace: everything that one lane hands over to be compared, as one `.npz` file.

Variables are stored by position, because Keras's automatic names are counted through a process; the
header keeps the names for people. NumPy is all that is needed to read a trace.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Literal

import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.files import whole
from keras3_lab.parity.header import Header, Length
from keras3_lab.parity.typed import typed
from keras3_lab.untrusted import one_line, read_npz, shown

SCHEMA = "keras3_lab.trace/2"

Arrays = dict[str, np.ndarray]

State = Literal["weights", "optimizer"]
"""The parts of a training's state that are compared."""


@dataclass
class Run:
    """One training run of one lane.

    Args:
        start: First step that this run made itself; more than 0 where it resumed another's.
        steps: Loss and metrics of each step's batch, each of shape `(steps,)`.
        epochs: Validation metrics at the end of each epoch, each of shape `(epochs,)`.
        weights: The model's variables at the end, by position.
        optimizer: The optimizer's variables at the end, by position.
        predictions: The model's outputs for a few rows, `"start/0"`: at the start of the run, where
            it was saved, and at its end.
        rows: A checksum of each row of the data, by array.
    """

    start: int = 0
    steps: Arrays = field(default_factory=dict)
    epochs: Arrays = field(default_factory=dict)
    weights: Arrays = field(default_factory=dict)
    optimizer: Arrays = field(default_factory=dict)
    predictions: Arrays = field(default_factory=dict)
    rows: Arrays = field(default_factory=dict)

    def state(self, part: State) -> Arrays:
        """Return the weights or the optimizer's variables at the end."""
        return self.weights if part == "weights" else self.optimizer

    def predicted(self, when: Literal["start", "saved", "end"]) -> Arrays:
        """Return the predictions of one moment, by number of the output."""
        return {
            f"output {name.partition(chr(47))[2]}": array
            for name, array in self.predictions.items()
            if name.startswith(f"{when}/")
        }


PARTS = tuple(f.name for f in fields(Run) if f.name != "start")

Kind = Literal["main", "moved", "moved-resumed", "seed", "resumed"]


@dataclass(frozen=True)
class RunName:
    """Which of a lane's runs.

    Args:
        dtype: Its precision.
        kind: `"main"`; `"moved"` from weights moved by one ulp, `"moved-resumed"` from those of the
            saved model; `"seed"` from another seed; `"resumed"` from a model that a lane had saved.
        which: Number of the perturbation, the seed, or the lane.
    """

    dtype: str
    kind: Kind = "main"
    which: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.dtype, self.kind, self.which) if part)


@dataclass
class Trace:
    """All runs of one subject in one lane.

    Args:
        header: What ran and where.
        runs: The runs by name; they are asked for by the methods.
        artifacts: The model saved as `.keras` in the middle of a run, as bytes, by dtype.
    """

    header: Header
    runs: dict[RunName, Run] = field(default_factory=dict)
    artifacts: dict[str, bytes] = field(default_factory=dict)

    @property
    def lane(self) -> str:
        """The lane that made it, `"jax:cpu"`."""
        return self.header.lane

    def add(self, run: Run, dtype: str, kind: Kind = "main", which: int | str = "") -> None:
        """Add a run; see `RunName` for what it is called by."""
        self.runs[RunName(dtype, kind, str(which))] = run

    def adopt(self, other: Trace) -> None:
        """Add the runs of a trace that the same lane made later."""
        self.runs |= other.runs
        self.header.failed |= other.header.failed

    def main(self, dtype: str) -> Run | None:
        """Return the run of a dtype itself."""
        return self.runs.get(RunName(dtype))

    def moved(self, dtype: str) -> list[Run]:
        """Return the runs from initial weights moved by one ulp."""
        return list(self._by_which(dtype, "moved").values())

    def moved_resumed(self, dtype: str) -> Run | None:
        """Return the run from the weights of the saved model, moved by one ulp."""
        return self.runs.get(RunName(dtype, "moved-resumed"))

    def seeds(self, dtype: str) -> dict[str, Run]:
        """Return the runs from other seeds, by seed."""
        return self._by_which(dtype, "seed")

    def resumed(self, dtype: str, source: str) -> Run | None:
        """Return the run that went on from the model that a lane had saved."""
        return self.runs.get(RunName(dtype, "resumed", source))

    def _by_which(self, dtype: str, kind: Kind) -> dict[str, Run]:
        return {
            name.which: run
            for name, run in self.runs.items()
            if (name.dtype, name.kind) == (dtype, kind)
        }

    def name_of(self, part: State, position: str) -> str:
        """Return the name that a person knows a variable by."""
        return self.header.names.get(part, {}).get(position, position)

    def scaled_by(self, part: State, arrays: Arrays) -> list[str]:
        """Return the variables that say what is large in a part of the state.

        Of the weights those that are trained: the variance in a Normalization may be one of squared
        dollars.
        """
        trained = self.header.trainable if part == "weights" else []
        return [name for name in arrays if not trained or name in trained]


def save(trace: Trace, path: Path) -> None:
    """Write a trace to a new `.npz` file.

    Args:
        trace: The trace.
        path: Where to write it. Nothing is overwritten.

    Raises:
        UsageError: If there is such a file already, or it cannot be written.
    """
    names = list(trace.runs)
    header = {
        "schema": SCHEMA,
        "header": trace.header.to_json(),
        "runs": [{**asdict(name), "start": trace.runs[name].start} for name in names],
    }
    arrays = {"header": np.frombuffer(json.dumps(header).encode(), np.uint8)}
    for dtype, artifact in trace.artifacts.items():
        arrays[f"artifact//{dtype}"] = np.frombuffer(artifact, np.uint8)
    for number, name in enumerate(names):
        for part in PARTS:
            for key, array in getattr(trace.runs[name], part).items():
                arrays[f"{number}//{part}//{key}"] = array
    with whole(path, overwrite=False) as aside, aside.open("xb") as file:
        np.savez(file, **arrays)  # type: ignore[arg-type]  # NumPy's stubs


def load(path: Path) -> Trace:
    """Read a trace.

    Args:
        path: A file that `parity record` wrote.

    Returns:
        The trace.

    Raises:
        UsageError: If it is no such file.
    """
    no_trace = f"{path} is no trace of `parity record`"
    try:
        arrays = read_npz(path)
    except UsageError as error:
        raise UsageError(f"{no_trace}: {str(error).removeprefix(f'{path}: ')}") from None
    try:
        return _trace(arrays)
    except Exception as error:  # whatever it is, the file is at fault
        raise UsageError(f"{no_trace}: {one_line(error)}") from None


@dataclass(frozen=True)
class _Listed(RunName):
    """What a trace's header lists of a run."""

    start: int = 0


@dataclass(frozen=True)
class _Start:
    """What a trace begins with."""

    schema: str
    header: Header
    runs: list[_Listed]


def _trace(arrays: Arrays) -> Trace:
    """Make a trace of the arrays of a file, which may be anybody's."""
    if "header" not in arrays:
        raise ValueError("it has no header")
    start = json.loads(arrays.pop("header").tobytes())
    if not isinstance(start, dict) or start.get("schema") != SCHEMA:
        schema = str(start.get("schema"))[:40] if isinstance(start, dict) else type(start).__name__
        raise ValueError(f"its schema is {schema!r}, this version reads {SCHEMA!r}")
    read = typed(_Start, start, "trace")
    trace = Trace(read.header)
    runs = []
    for listed in read.runs:
        runs.append(Run(listed.start))
        trace.add(runs[-1], listed.dtype, listed.kind, listed.which)
    for key, array in arrays.items():
        where, *rest = key.split("//")
        if where == "artifact" and len(rest) == 1:
            trace.artifacts[rest[0]] = array.tobytes()
        elif where.isdecimal() and len(rest) == 2 and rest[0] in PARTS:
            getattr(runs[int(where)], rest[0])[rest[1]] = array
        else:
            raise ValueError(f"it holds {shown([key])}")
    for name, run in trace.runs.items():
        _check_run(run, str(name), read.header.length)
    return trace


def _check_run(run: Run, name: str, length: Length | None) -> None:
    """Refuse a run of which some array is not what `Run` says it is."""
    for part in PARTS:
        for key, array in getattr(run, part).items():
            series = part in ("steps", "epochs", "rows")
            if array.dtype.kind not in "biuf" or (series and array.ndim != 1):
                raise ValueError(
                    f"{part} {shown([key])} of run {name} is {array.dtype} of shape {array.shape}"
                )
    if run.steps and (
        "loss" not in run.steps or len({len(values) for values in run.steps.values()}) > 1
    ):
        raise ValueError(f"run {name} has no loss, or not as many as other figures of its steps")
    if run.steps and not len(run.steps["loss"]):
        raise ValueError(f"run {name} has no step")
    if run.start < 0 or (length and run.start > length.steps):
        raise ValueError(f"run {name} starts at step {run.start}")


def pairs(traces: list[Trace]) -> list[tuple[Trace, Trace]]:
    """Return the first trace with each of the others."""
    return [(traces[0], other) for other in traces[1:]]


def join(traces: list[Trace]) -> list[Trace]:
    """Put the traces of each lane together: what it recorded and what it resumed.

    Args:
        traces: Traces of one subject, in any order.

    Returns:
        One trace per lane, in the order of their recordings.

    Raises:
        UsageError: If they are not of one subject, or of fewer than two lanes.
    """
    recorded = [trace for trace in traces if trace.header.plan]
    titles = list(dict.fromkeys(trace.header.subject.title for trace in recorded))
    lanes = [trace.lane for trace in recorded]
    if len(titles) > 1:
        raise UsageError(f"traces of different problems: {shown(titles)}")
    if len(recorded) < 2 or len(set(lanes)) < len(lanes):
        raise UsageError(
            "compare needs recordings of two lanes or more, each once; "
            f"received: {shown(lanes) or 'none'}"
        )
    if alone := sorted({trace.lane for trace in traces} - set(lanes)):
        raise UsageError(
            f"lane {shown(alone[:1])} has resumed a model, and its own recording is not among the "
            f"traces; received recordings of: {shown(lanes)}"
        )
    for own in recorded:
        for other in traces:
            if other.lane == own.lane and other is not own:
                own.adopt(other)
    return recorded
