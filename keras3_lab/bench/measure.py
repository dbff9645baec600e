"""Contenders in turn, run after run, so that a slow minute of the machine hits all of them."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import keras

from keras3_lab import engine
from keras3_lab.bench.cases import Case
from keras3_lab.bench.contenders import Turn, by_hand, ours, stock

OURS = "keras3_lab.fit"
BY_HAND = "hand-written JAX scan"


def measure(
    case: Case, *, runs: int = 5, yardstick: str | None = None, say: Callable[[str], None]
) -> dict[str, Any]:
    """Measure all contenders on one case.

    Args:
        case: Model, data and batch size.
        runs: How often each contender has its turn, after a first one that compiles.
        yardstick: Command of a program that trains the same by hand, as
            `docs/results/handwritten.py` does. Without one, it is left out.
        say: Is told what is going on.

    Returns:
        A plain dict: the case, the engine's plan and mode, and for each contender its first epoch,
        compilation included, and the seconds of an epoch after that.
    """
    data = case.data(case.rows)
    rows = len(data[1])
    on_jax = keras.config.backend() == "jax"
    with ExitStack() as stack:
        turns: dict[str, Turn] = {OURS: ours(case, data)}
        if on_jax:
            turns["model.fit"] = stock(case, data, jit_compile=True)
        else:
            turns["model.fit, XLA"] = stock(case, data, jit_compile=True)
            turns["model.fit, no XLA"] = stock(case, data, jit_compile=False)
        if case.layers and yardstick:
            turns[BY_HAND] = stack.enter_context(by_hand(case, yardstick, rows))
        first = {}
        for name, turn in turns.items():
            say(f"{case.name}, batch {case.batch_size}: {name}, first epoch")
            first[name] = turn()[0]
        seconds: dict[str, list[float]] = {name: [] for name in turns}
        for run in range(runs):
            for name, turn in turns.items():
                say(f"{case.name}, batch {case.batch_size}: {name}, run {run + 1} of {runs}")
                seconds[name].append(statistics.median(turn()[1:]))
    steps = math.ceil(rows / case.batch_size)
    plan = engine.plan_of(case.model("auto"), *data, batch_size=case.batch_size)
    return {
        "case": case.name,
        "batch_size": case.batch_size,
        "rows": rows,
        "steps": steps,
        "plan": {"loop": plan.loop, "xla": plan.xla, "reason": plan.reason},
        "contenders": {
            name: _summary(seconds[name], first[name], steps, seconds[OURS]) for name in turns
        },
    }


def _summary(
    seconds: list[float], first: float, steps: int, ours: list[float]
) -> dict[str, float | list[float]]:
    median = statistics.median(seconds)
    return {
        "first_epoch_s": first,
        "epoch_s": median,
        "min_s": min(seconds),
        "max_s": max(seconds),
        "steps_per_s": steps / median,
        # Run by run, so that what slowed the machine down cancels out.
        "times_ours": statistics.median(s / o for s, o in zip(seconds, ours, strict=True)),
        "epochs_s": seconds,
    }
