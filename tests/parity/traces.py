"""A complete pair of recorded traces, made in NumPy alone.

Everything that the tests know about the layout of a trace (names of runs, keys of the header) is in
this file.
"""

from __future__ import annotations

import numpy as np

from keras3_lab.parity.header import Finding, Header, Length
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.subject import Subject
from keras3_lab.parity.trace import Run, RunName, Trace

ONE, OTHER = "a:cpu", "b:cpu"
LANES = (ONE, OTHER)
DTYPES = ("float64", "float32")
KINDS = ("data", "weights", "order", "masks")
SEED = 42
OTHER_SEEDS = (43, 44, 45, 46)
ULPS = 4

STEP_KINDS = (
    "data batch",
    "weight",
    "optimizer slot before the step",
    "layer output",
    "loss",
    "gradient",
    "learning rate",
    "optimizer slot",
    "updated weight",
    "metric",
    "validation metric",
)
"""All that a step computes, in the order of computation."""

STEPS, PER_EPOCH = 400, 100
EPOCHS = STEPS // PER_EPOCH
SWITCH = STEPS // 2

WEIGHTS = {
    "0": np.linspace(-2.0, 1.0, 12).reshape(4, 3),
    "1": np.array([0.25, -0.5, 0.125]),
    "2": np.array([1e6, 4e6, 2e6]),  # not trained: the variance in a Normalization
    "3": np.array([42, 7]),
}
"""The largest entries of those that are trained are 2 and ½, so 1¼ is the typical scale."""

OPTIMIZER = {
    "0": np.array(STEPS),
    "1": np.linspace(-0.1, 0.05, 12).reshape(4, 3),
    "2": np.array([0.01, -0.02, 0.1]),
}

NAMES = {
    "weights": {
        "0": "dense/kernel", "1": "dense/bias", "2": "norm/variance", "3": "drop/seed_state",
    },
    "optimizer": {"0": "iteration", "1": "dense_kernel_momentum", "2": "dense_bias_momentum"},
}  # fmt: skip

ROUNDING = {"float64": 1e-15, "float32": 1e-8}
"""How far the lanes of the sound pair are apart, as real ones are."""


def pair() -> tuple[Trace, Trace]:
    """Return two lanes that agree, with every run that parity makes or can make."""
    one, other = trace(ONE), trace(OTHER)
    for here in (one, other):
        for source in (one, other):
            for dtype in DTYPES:
                set_resumed(here, dtype, source.lane, _rest_of(run(source, dtype), dtype))
    for dtype in DTYPES:
        for ulp in range(1, ULPS + 1 if dtype == "float32" else 2):
            set_moved(one, dtype, _main(dtype, np.random.default_rng(100 + ulp)), ulp)
    set_moved_resumed(one, _rest_of(run(one, "float64"), "float64"))
    return one, other


def trace(lane: str) -> Trace:
    """Return what one lane records by itself."""
    rng = np.random.default_rng(LANES.index(lane) if lane in LANES else 9)
    header = Header(
        lane=lane,
        subject=Subject("module:function"),
        versions={"keras": "3.15.1"},
        plan=Plan(seed=SEED),
        length=Length(
            steps=STEPS, switch=SWITCH, per_epoch=PER_EPOCH, epochs=EPOCHS, of_steps=STEPS,
            rows=3200, batch_size=32,
        ),
        digests={
            dtype: {kind: {name: f"{name} as it is" for name in DIGESTED[kind]} for kind in KINDS}
            for dtype in DTYPES
        },
        names=NAMES,
        trainable=["0", "1"],
    )  # fmt: skip
    made = Trace(header)
    for dtype in DTYPES:
        made.add(_main(dtype, rng), dtype)
        made.artifacts[dtype] = b"PK model"
    for number in OTHER_SEEDS:
        made.add(Run(epochs=_main("float32", rng).epochs), "float32", "seed", number)
    return made


DIGESTED = {
    "data": ("x", "y", "val_x", "val_y"),
    "weights": ("dense/kernel", "dense/bias"),
    "order": tuple(f"epoch {epoch}" for epoch in range(EPOCHS)),
    "masks": ("drop",),
}


def forward_only(lane: str) -> Trace:
    """Return the trace of a lane that cannot train, such as Keras's NumPy backend."""
    made = trace(lane)
    made.artifacts.clear()
    made.header.names, made.header.trainable, made.header.length = {}, [], None
    for dtype in DTYPES:
        digests = made.header.digests[dtype]
        data = {name: digests["data"][name] for name in ("x", "y")}
        made.header.digests[dtype] = {"data": data, "weights": digests["weights"]}
    made.runs = {
        name: Run(predictions={n: a for n, a in whole.predictions.items() if "start" in n})
        for name, whole in made.runs.items()
        if name.kind == "main"
    }
    return made


def resumed_alone(lane: str, dtype: str, source: str) -> Trace:
    """Return what `parity record --resume` writes: one run and hardly a header."""
    made = Trace(Header(lane, Subject("module:function")))
    set_resumed(made, dtype, source, _rest_of(_main(dtype, np.random.default_rng(7)), dtype))
    return made


def run(trace: Trace, dtype: str) -> Run:
    """Return a lane's run of a dtype."""
    return trace.runs[RunName(dtype)]


def with_heirs(one: Trace, other: Trace, dtype: str) -> list[Run]:
    """Return the second lane's run, and those that went on from its model.

    Whoever alters the end of all of them leaves G3, which compares them, nothing to find.
    """
    return [run(other, dtype), *(resumed(lane, dtype, other.lane) for lane in (one, other))]


def without_run(trace: Trace, dtype: str) -> None:
    """Take a lane's run of a dtype out."""
    del trace.runs[RunName(dtype)]


def seed(trace: Trace, number: int) -> Run:
    """Return the float32 run of a seed, that of the main run included."""
    if number == SEED:
        return run(trace, "float32")
    return trace.runs[RunName("float32", "seed", str(number))]


def without_seeds(trace: Trace, *numbers: int) -> None:
    """Take the runs of other seeds out."""
    for number in numbers:
        del trace.runs[RunName("float32", "seed", str(number))]


def moved(trace: Trace, dtype: str, ulp: int = 1) -> Run:
    """Return the run from initial weights that were moved by one ulp."""
    return trace.runs[RunName(dtype, "moved", str(ulp))]


def set_moved(trace: Trace, dtype: str, run: Run, ulp: int = 1) -> None:
    """Put in a run from initial weights that were moved by one ulp."""
    trace.add(run, dtype, "moved", ulp)


def set_moved_resumed(trace: Trace, run: Run) -> None:
    """Put in a run from the weights of the saved model, moved by one ulp."""
    trace.add(run, "float64", "moved-resumed")


def without_moved(trace: Trace) -> None:
    """Take all runs from moved weights out."""
    for name in [name for name in trace.runs if name.kind in ("moved", "moved-resumed")]:
        del trace.runs[name]


def resumed(trace: Trace, dtype: str, source: str) -> Run:
    """Return the run in which a lane goes on from the model that `source` saved."""
    return trace.runs[RunName(dtype, "resumed", source)]


def set_resumed(trace: Trace, dtype: str, source: str, run: Run) -> None:
    """Put in a run that goes on from the model that `source` saved."""
    trace.add(run, dtype, "resumed", source)


def sources_of(trace: Trace) -> set[str]:
    """Return the lanes whose models a lane has gone on from."""
    return {name.which for name in trace.runs if name.kind == "resumed"}


def set_digest(trace: Trace, dtype: str, kind: str, name: str, value: str | None) -> None:
    """Change one fingerprint; `None` takes it out."""
    digests = trace.header.digests[dtype][kind]
    if value is None:
        del digests[name]
    else:
        digests[name] = value


def add_finding(trace: Trace, where: str, message: str, *, unjudged: bool, dtype: str = "") -> None:
    """Add something that lint found."""
    trace.header.findings.append(Finding("a-rule", where, message, unjudged, dtype))


def cannot_load(trace: Trace, source: str, reason: str) -> None:
    """Note that a lane could not load the model that `source` saved."""
    trace.header.failed[source] = reason


def cannot_save(trace: Trace, reason: str) -> None:
    """Note that a lane could not save its model."""
    trace.header.unsaved = reason


def set_subject(trace: Trace, name: str) -> None:
    """Make it the trace of another problem."""
    trace.header.subject = Subject(name)


def lossy(lane: str, dtype: str, losses: np.ndarray) -> Trace:
    """Return a trace of a single run that knows nothing but its losses."""
    made = Trace(Header(lane, Subject("module:function")))
    made.add(losses_from(losses.copy()), dtype)
    return made


def losses_from(losses: np.ndarray, start: int = 0) -> Run:
    """Return a run that knows nothing but its losses."""
    return Run(start=start, steps={"loss": losses})


def _main(dtype: str, rng: np.random.Generator) -> Run:
    def rounded(array: np.ndarray) -> np.ndarray:
        if array.dtype.kind != "f":
            return array.copy()
        return (array * (1 + ROUNDING[dtype] * rng.normal(size=array.shape))).astype(dtype)

    losses = np.linspace(2.0, 1.0, STEPS)
    falling = np.linspace(1.5, 0.75, EPOCHS)
    outputs = np.linspace(-3.0, 4.0, 20).reshape(10, 2)
    return Run(
        steps={"loss": rounded(losses), "accuracy": rounded(1 - losses / 4)},
        epochs={
            "loss": rounded(falling),
            "accuracy": rounded(1 - falling / 4),
            "val_loss": rounded(falling + 0.25),
            "val_accuracy": rounded(0.875 - falling / 4),
        },
        weights={index: rounded(array) for index, array in WEIGHTS.items()},
        optimizer={index: rounded(array) for index, array in OPTIMIZER.items()},
        predictions={
            f"{when}/{output}": rounded(outputs * factor)
            for when, factor in (("start", 1.0), ("saved", 1.5), ("end", 2.0))
            for output in (0, 1)
        },
        rows={name: np.arange(10, dtype="u4") for name in DIGESTED["data"]},
    )


def _rest_of(whole: Run, dtype: str) -> Run:
    """Return the run that goes on from the model that a whole run saved at the switch."""
    rest = _main(dtype, np.random.default_rng(200))
    return Run(
        start=SWITCH,
        steps={name: values[SWITCH:] for name, values in rest.steps.items()},
        epochs={name: values[EPOCHS // 2 :] for name, values in rest.epochs.items()},
        weights=rest.weights,
        optimizer=rest.optimizer,
        predictions={
            f"start/{name.partition('/')[2]}": array.copy()
            for name, array in whole.predictions.items()
            if name.startswith("saved")
        },
    )
