"""Record one subject in this process: all runs of one lane that need no other lane."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import keras
import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.parity.header import Failure, Finding, Header, Length
from keras3_lab.parity.plan import GATES, Plan
from keras3_lab.parity.problem import Problem
from keras3_lab.parity.record.arrays import checksums
from keras3_lab.parity.record.budget import affordable_steps, in_smaller_batches
from keras3_lab.parity.record.build import MakeError
from keras3_lab.parity.record.culprit import failure
from keras3_lab.parity.record.digests import digests, row_checksums
from keras3_lab.parity.record.forward import digests_before_training, forward_predictions
from keras3_lab.parity.record.lint import find_known_differences
from keras3_lab.parity.record.precision import precision
from keras3_lab.parity.record.saving import UnsavedError, configuration, load
from keras3_lab.parity.record.training import Training, weight_variables
from keras3_lab.parity.trace import Run, Trace

Progress = Callable[[str, int, int], None]
"""Called with what runs, the steps made, and those there are."""

Make = Callable[[int], Problem]
"""Builds the problem for a seed, in the current dtype."""


def no_progress(what: str, done: int, total: int) -> None:
    """Show nothing."""


def prepare(problem: Problem, plan: Plan) -> Training:
    """Make a training with as many steps as the plan, or else the work of a run, allows."""
    problem = in_smaller_batches(problem) if plan.survey else problem
    training = Training(problem, plan.seed, epochs=plan.epochs, steps=plan.steps)
    if plan.steps is None and plan.epochs is None:
        schedule = training.schedule
        most = affordable_steps(training.model, schedule.batch_size, plan)
        if most > schedule.per_epoch:
            most -= most % schedule.per_epoch  # whole epochs, where there is more than one
        training.schedule = replace(schedule, steps=min(schedule.steps, most))
    if keras.config.floatx() == "float32" and "G2" in plan.gates:
        training.runs = plan.ulps + (plan.seeds if training.is_whole else 1)
    return training


class Recording:
    """All runs of one subject in one lane; what they share is made and compiled once.

    Args:
        make: Builds the problem for a seed, in the current dtype.
        plan: How much to run.
        progress: Called with each run's progress.
    """

    def __init__(self, make: Make, plan: Plan, progress: Progress = no_progress) -> None:
        self._make, self.plan, self._progress = make, plan, progress
        self._trainings: dict[str, Training] = {}
        self._loaded: dict[str, Training] = {}
        self._data: dict[str, int] = {}

    def training(self, dtype: str) -> Training:
        """Return the training of a dtype, in whose precision the caller computes."""
        if dtype not in self._trainings:
            self._trainings[dtype] = prepare(self._problem(), self.plan)
        return self._trainings[dtype]

    def model(self, dtype: str) -> keras.Model:
        """Return the model of a dtype."""
        with precision(dtype):
            if keras.backend.backend() == "numpy":
                return self._problem().model
            return self.training(dtype).model

    def _problem(self) -> Problem:
        problem = self._make(self.plan.seed)
        data = checksums(problem)
        self._data = self._data or data
        if other := [name for name in self._data if self._data[name] != data.get(name)]:
            raise UsageError(
                f"the function returned other data, {other[0]}, when it was called a second time; "
                "let it draw from a generator that is made inside it"
            )
        return problem

    def record(self, header: Header, *, moved: bool = False) -> Trace:
        """Run the problem as planned.

        Args:
            header: Names lane and subject; what the runs show is added to it.
            moved: Whether to make the runs of `perturb` as well: where nothing can be run any more
                when the lanes are compared.

        Returns:
            The trace: the main run of each dtype and, in float32, those from weights moved by one
            ulp and those with other seeds; and the model saved in the middle of the main run.
        """
        trace = Trace(replace(header, plan=self.plan))
        for dtype in self.plan.dtypes:
            try:
                with precision(dtype):
                    if keras.backend.backend() == "numpy":
                        _forward_only(trace, self._problem(), self.plan, dtype)
                    else:
                        self._train(trace, dtype)
            except MakeError as error:
                trace.header.failures[dtype] = Failure(f"in {dtype} {error}")
                if len(trace.header.failures) == len(self.plan.dtypes):
                    raise
            except UsageError:
                raise
            except Exception as error:  # whatever it is: the other dtype may do
                trace.header.failures[dtype] = failure(error, f"training in {dtype}")
        if moved and trace.main("float64") is not None:
            self.perturb(trace, trace)
        return trace

    def _train(self, trace: Trace, dtype: str) -> None:
        training, plan = self.training(dtype), self.plan
        steps = training.schedule.steps
        training.tick = made = _Counter(dtype, steps, self._progress)
        record_main(trace, training, dtype)
        if dtype != "float32" or "G2" not in plan.gates:
            return
        for ulp in range(1, plan.ulps + 1):
            made.start(f"{dtype}, weights moved by one ulp, {ulp} of {plan.ulps}")
            training.reset(ulp=ulp)
            perturbed = training.run(predict=("start",))
            moved = Run(
                steps=perturbed.steps, epochs=perturbed.epochs, predictions=perturbed.predictions
            )
            trace.add(moved, dtype, "moved", ulp)
        # Metrics in the middle of a training are not final.
        for seed in range(plan.seed + 1, plan.seed + plan.seeds) if training.is_whole else ():
            made.start(f"{dtype}, seed {seed}")
            training.reset(seed=seed)
            trace.add(Run(epochs=training.run(predict=()).epochs), dtype, "seed", seed)
        training.reset(seed=plan.seed)

    def resume(self, source: Trace, dtype: str, ulp: int | None = None) -> Run:
        """Go on with another lane's run from the model that it saved.

        Args:
            source: The other lane's trace.
            dtype: Which of its runs.
            ulp: Number of a perturbation: its weights are moved by one ulp first.

        Returns:
            The run from there on, with the predictions of the loaded model.
        """
        with precision(dtype):
            if keras.backend.backend() == "numpy":
                problem = self._problem()
                model = load(source.artifacts[dtype], problem.model)
                return Run(predictions=forward_predictions(model, problem, "start"))
            main, length = source.main(dtype), source.header.length
            if main is None or length is None:
                raise ValueError(f"the trace of {source.lane} holds a model and no run in {dtype}")
            training = self._resumed(source.artifacts[dtype], dtype, length.steps)
            start, stop = length.switch, length.steps
            training.tick = _Counter(f"{dtype} from {source.lane}", stop - start, self._progress)
            training.reset(ulp=ulp)
            return training.run(start, past=main.epochs)

    def _resumed(self, artifact: bytes, dtype: str, steps: int) -> Training:
        """Return a training of a loaded model.

        Files that describe the same model share one: it takes over the values from each.
        """
        recorded = self.training(dtype)
        training = recorded.of(load(artifact, recorded.model), steps)
        key = f"{dtype} {steps} {configuration(artifact)}"
        return self._loaded.setdefault(key, training).starting_like(training)

    def perturb(self, trace: Trace, own: Trace) -> None:
        """Train in float64 from weights moved by one ulp: how far does rounding alone go?

        Args:
            trace: Where to add a run from the initial weights, and one from those of the saved
                model.
            own: What this lane recorded.
        """
        with precision("float64"):
            training = self.training("float64")
            training.tick = made = _Counter("", training.schedule.steps, self._progress)
            made.start("float64, weights moved by one ulp")
            training.reset(ulp=1)
            trace.add(training.run(), "float64", "moved", 1)
        if "float64" in own.artifacts:
            with contextlib.suppress(Exception):  # G3 says why it was not loaded
                trace.add(self.resume(own, "float64", ulp=1), "float64", "moved-resumed")


def record_main(trace: Trace, training: Training, dtype: str) -> None:
    """Add the main run of a dtype to a trace, and what the header is to say of it.

    Args:
        trace: The trace to add to.
        training: A training at its start.
        dtype: Its dtype.
    """
    header = trace.header
    header.digests[dtype] = digests(training, dtype)
    weights = weight_variables(training.model)
    trained = {id(variable) for variable in training.model.trainable_variables}
    header.trainable = [str(i) for i, v in enumerate(weights) if id(v) in trained]
    header.names = {
        "weights": _names(weights),
        "optimizer": _names(training.model.optimizer.variables),
    }
    header.findings = list(dict.fromkeys([*header.findings, *_findings(training, dtype)]))
    planned = training.schedule
    gates = header.plan.gates if header.plan else GATES
    if gates == ("G0",):
        run = Run()  # inputs are there without a step
    elif "G3" in gates:
        run = _run_and_save(trace, training, dtype)
    else:
        run = training.run()
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
    run.rows = row_checksums(training, dtype)
    trace.add(run, dtype)


def _run_and_save(trace: Trace, training: Training, dtype: str) -> Run:
    """Run, and save the model half-way."""
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
        except UnsavedError as error:
            # A model that cannot be saved is still trained, and G3 says why it was not judged.
            training.reset()
            run = training.run()
            trace.header.unsaved = str(error)
    return run


def _forward_only(trace: Trace, problem: Problem, plan: Plan, dtype: str) -> None:
    problem = in_smaller_batches(problem) if plan.survey else problem
    predictions = forward_predictions(problem.model, problem, "start", plan.seed)
    trace.add(Run(predictions=predictions), dtype)
    trace.header.digests[dtype] = digests_before_training(problem)


def _findings(training: Training, dtype: str) -> list[Finding]:
    drawn = [Finding("initializer", "", message, unjudged=True) for message in training.warnings]
    state = training.state()
    first, second = (training.predictions("start") for _ in range(2))
    training.restore(state)
    if any(not np.array_equal(first[key], second[key], equal_nan=True) for key in first):
        message = "predicts something else each time: it draws random numbers, also in inference."
        name = training.model.name
        drawn.append(Finding("random-inference", name, message, unjudged=True, dtype=dtype))
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
