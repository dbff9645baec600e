"""Record one subject in this process: all runs of one lane that need no other lane."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras

from keras3_lab.parity.header import Finding, Header, Length
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.budget import affordable_steps, in_smaller_batches
from keras3_lab.parity.record.digests import digests, row_checksums
from keras3_lab.parity.record.forward import digests_before_training, forward_predictions
from keras3_lab.parity.record.lint import find_known_differences
from keras3_lab.parity.record.precision import precision
from keras3_lab.parity.record.training import Training, weight_variables
from keras3_lab.parity.trace import Run, Trace
from keras3_lab.portable.twins import has_twin, replace_stock_layers
from keras3_lab.private.layers import flatten_layers

Progress = Callable[[str, int, int], None]
"""Called with what runs, the steps made, and those there are."""

Make = Callable[[int], Problem]
"""Builds the problem for a seed, in the current dtype."""

SAVING_ERRORS = (TypeError, ValueError, NotImplementedError)
"""What Keras raises for a model that it cannot save, or not load here."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing."""


def first_line(error: Exception) -> str:
    """Return the kind of an error and the first line of what it says."""
    return f"{type(error).__name__}: {str(error).partition(chr(10))[0]}"


def _problem(make: Make, plan: Plan) -> Problem:
    problem = make(plan.seed)
    return in_smaller_batches(problem) if plan.survey else problem


def prepare(make: Make, plan: Plan, tick: Callable[[int], None]) -> Training:
    """Make a training with as many steps as the plan, or else the work of a run, allows."""
    problem = _problem(make, plan)
    training = Training(problem, plan.seed, epochs=plan.epochs, steps=plan.steps, tick=tick)
    if plan.steps is None and plan.epochs is None:
        schedule = training.schedule
        most = affordable_steps(training.model, schedule.batch_size, plan)
        if most > schedule.per_epoch:
            most -= most % schedule.per_epoch  # whole epochs, where there is more than one
        training.schedule = replace(schedule, steps=min(schedule.steps, most))
    return training


def record(
    make: Make, plan: Plan, header: Header, progress: Progress = no_progress, *, moved: bool = False
) -> Trace:
    """Run a problem as planned.

    Args:
        make: Builds the problem for a seed.
        plan: How much to run.
        header: Names lane and subject; what the runs show is added to it.
        progress: Called with each run's progress.
        moved: Whether to make the runs of `perturb` as well: where nothing can be run any more
            when the lanes are compared.

    Returns:
        The trace: the main run of each dtype and, in float32, those from weights moved by one
        ulp and those with other seeds; and the model saved in the middle of the main run.
    """
    trace = Trace(replace(header, plan=plan))
    trains = keras.backend.backend() != "numpy"
    for dtype in plan.dtypes:
        with precision(dtype):
            if trains:
                _train(trace, make, plan, dtype, progress)
            else:
                _forward_only(trace, make, plan, dtype)
    if moved and trains and "float64" in plan.dtypes:
        perturb(trace, make, plan, trace, progress)
    return trace


def resume(
    make: Make,
    plan: Plan,
    source: Trace,
    dtype: str,
    progress: Progress = no_progress,
    ulp: int | None = None,
) -> Run:
    """Go on with another lane's run from the model that it saved.

    Args:
        make: Builds the problem for a seed; its data are used, its model is not.
        plan: How much to run.
        source: The other lane's trace.
        dtype: Which of its runs.
        progress: Told about the run's steps.
        ulp: Number of a perturbation: its weights are moved by one ulp first.

    Returns:
        The run from there on, with the predictions of the loaded model.
    """
    with precision(dtype), tempfile.TemporaryDirectory() as folder:
        problem = _problem(make, plan)
        path = Path(folder) / "model.keras"
        path.write_bytes(source.artifacts[dtype])
        model = keras.models.load_model(path)
        # A subclassed model makes its layers itself: stock ones again, where twins had been put in.
        mixed = any(has_twin(layer) for layer in flatten_layers(problem.model))
        if not mixed and replace_stock_layers(model):
            model.load_weights(path)  # once more, now with the twins' random state
        if keras.backend.backend() == "numpy":
            return Run(predictions=forward_predictions(model, problem, "start"))
        main, length = source.main(dtype), source.header.length
        if main is None or length is None:
            raise ValueError(f"the trace of {source.lane} holds a model and no run in {dtype}")
        start, stop = length.switch, length.steps
        made = _Counter(f"{dtype} from {source.lane}", stop - start, progress)
        training = Training(
            replace(problem, model=model),
            plan.seed,
            epochs=plan.epochs,
            steps=stop,
            draw=False,
            tick=made,
        )
        training.reset(ulp=ulp)
        return training.run(start, past=main.epochs)


def perturb(
    trace: Trace, make: Make, plan: Plan, own: Trace, progress: Progress = no_progress
) -> None:
    """Train in float64 from weights moved by one ulp: how far does rounding alone go?

    Args:
        trace: Where to add a run from the initial weights, and one from those of the saved model.
        make: Builds the problem for a seed.
        plan: How much to run.
        own: What this lane recorded.
        progress: Called with the runs' progress.
    """
    with precision("float64"):
        made = _Counter("float64, weights moved by one ulp", 0, progress)
        training = prepare(make, plan, made)
        made.total = training.schedule.steps
        training.reset(ulp=1)
        trace.add(training.run(), "float64", "moved", 1)
    if "float64" in own.artifacts:
        with contextlib.suppress(*SAVING_ERRORS):  # then there is nothing to be compared with it
            resumed = resume(make, plan, own, "float64", progress, ulp=1)
            trace.add(resumed, "float64", "moved-resumed")


def _train(trace: Trace, make: Make, plan: Plan, dtype: str, progress: Progress) -> None:
    made = _Counter(dtype, 0, progress)
    training = prepare(make, plan, made)
    made.total = training.schedule.steps
    record_main(trace, training, dtype)
    if dtype != "float32":
        return
    for ulp in range(1, plan.ulps + 1):
        made.start(f"{dtype}, weights moved by one ulp, {ulp} of {plan.ulps}")
        training.reset(ulp=ulp)
        perturbed = training.run()
        trace.add(Run(steps=perturbed.steps, epochs=perturbed.epochs), dtype, "moved", ulp)
    # Metrics in the middle of a training are not final.
    planned = training.schedule
    whole = planned.steps >= training.problem.epochs * planned.per_epoch
    for seed in range(plan.seed + 1, plan.seed + plan.seeds) if whole else ():
        made.start(f"{dtype}, seed {seed}")
        training.reset(seed=seed)
        trace.add(Run(epochs=training.run().epochs), dtype, "seed", seed)


def record_main(trace: Trace, training: Training, dtype: str) -> None:
    """Add the main run of a dtype to a trace, and what the header is to say of it.

    Args:
        trace: The trace to add to.
        training: A training at its start.
        dtype: Its dtype.
    """
    header = trace.header
    header.digests[dtype] = digests(training)
    weights = weight_variables(training.model)
    trained = {id(variable) for variable in training.model.trainable_variables}
    header.trainable = [str(i) for i, v in enumerate(weights) if id(v) in trained]
    header.names = {
        "weights": _names(weights),
        "optimizer": _names(training.model.optimizer.variables),
    }
    header.findings = list(dict.fromkeys([*header.findings, *_findings(training)]))
    planned = training.schedule
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        try:
            run = training.run(save_at=planned.switch, artifact=path)
            if not path.exists():
                # A callback ended the run before the switch: again, with one half-way to its end.
                made = len(next(iter(run.steps.values())))
                training.schedule = replace(planned, steps=made)
                training.reset()
                run = training.run(save_at=training.schedule.switch, artifact=path)
            trace.artifacts[dtype] = path.read_bytes()
        except SAVING_ERRORS as error:
            # A model that cannot be saved is still trained, and G3 says why it was not judged.
            training.reset()
            run = training.run()
            header.unsaved = first_line(error)
    if header.length is None:  # G3 belongs to the first dtype
        header.length = Length(
            steps=training.schedule.steps,
            switch=training.schedule.switch,
            per_epoch=planned.per_epoch,
            epochs=training.schedule.epochs,
            of_steps=training.problem.epochs * planned.per_epoch,
            rows=planned.rows,
            batch_size=planned.batch_size,
        )
    training.schedule = planned
    run.rows = row_checksums(training)
    trace.add(run, dtype)


def _forward_only(trace: Trace, make: Make, plan: Plan, dtype: str) -> None:
    problem = _problem(make, plan)
    predictions = forward_predictions(problem.model, problem, "start", plan.seed)
    trace.add(Run(predictions=predictions), dtype)
    trace.header.digests[dtype] = digests_before_training(problem)


def _findings(training: Training) -> list[Finding]:
    drawn = [Finding("initializer", "", message, unjudged=True) for message in training.warnings]
    return [*find_known_differences(training.problem), *drawn]


def _names(variables: list[keras.Variable]) -> dict[str, str]:
    return {str(i): str(variable.path) for i, variable in enumerate(variables)}


class _Counter:
    """Adds up the steps of the current run for a progress display."""

    def __init__(self, what: str, total: int, progress: Progress) -> None:
        self._what, self.total, self._progress = what, total, progress
        self._done = 0

    def start(self, what: str) -> None:
        self._what, self._done = what, 0
        self._progress(what, 0, self.total)

    def __call__(self, steps: int) -> None:
        self._done += steps
        self._progress(self._what, self._done, self.total)
