"""How many steps of a model are a sensible run on a CPU."""

from __future__ import annotations

from dataclasses import replace

import keras

from keras3_lab.parity.plan import Plan
from keras3_lab.parity.problem import Problem
from keras3_lab.private.layers import flatten_layers
from keras3_lab.runs.operations import multiply_adds, numbers_out

WORK = 1.2e11
"""Multiply-adds of one run, forward passes only: some 10 s to a minute on one core in float64."""

SURVEY_WORK = 2.5e9
"""The same where many problems are checked at once."""

SURVEY_STEPS = 250
"""Most steps of a run there."""

SURVEY_FEWEST = 6
"""Fewest steps of a run there, and fewest rows of a step: batch normalization wants several."""

PER_OUTPUT = 50
"""Multiply-adds that take about as long as a number that a layer with weights puts out.

Next to nothing beside those of a dense layer or a convolution; most of a depthwise convolution and
of a normalization, which wait for memory."""

FEWEST = 12
"""Fewest steps of a run, also where they are more work than that."""


def affordable_steps(model: keras.Model, batch_size: int, plan: Plan) -> int:
    """Return the number of steps that fit into one run.

    The count is the same in every lane: it looks at the model alone, not at a clock.

    Args:
        model: A built model.
        batch_size: Rows per step.
        plan: What is run.
    """
    work = SURVEY_WORK if plan.survey else WORK
    steps = int(work / max(1, _per_row(model) * batch_size))
    return max(SURVEY_FEWEST, min(steps, SURVEY_STEPS)) if plan.survey else max(FEWEST, steps)


def in_smaller_batches(problem: Problem) -> Problem:
    """Return a problem of a survey: in smaller batches, where a step would be too much work.

    It is validated on at most a quarter as many rows as it is trained on, and on whole batches: a
    partial one is a program of its own to compile.

    Args:
        problem: A problem whose model is built.
    """
    rows = int(SURVEY_WORK / max(1, _per_row(problem.model)))
    batch_size = min(problem.batch_size, max(SURVEY_FEWEST, rows // SURVEY_FEWEST))
    validation_data = problem.validation_data
    if validation_data is not None:
        first = keras.tree.flatten(validation_data)[0]
        count = min(len(first), max(SURVEY_FEWEST, rows // 4))
        count -= count % batch_size if count > batch_size else 0
        validation_data = keras.tree.map_structure(
            lambda array: None if array is None else array[:count], validation_data
        )
    return replace(problem, validation_data=validation_data, batch_size=batch_size)


def _per_row(model: keras.Model) -> int:
    return sum(
        multiply_adds(layer) + PER_OUTPUT * numbers_out(layer) for layer in flatten_layers(model)
    )
