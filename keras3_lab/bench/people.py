"""The engine beside stock `fit` as it stands, on models as people have them."""

from __future__ import annotations

import math
import multiprocessing
import os
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

from keras3_lab import engine
from keras3_lab.bench.cases import Case
from keras3_lab.bench.contenders import ours, stock
from keras3_lab.bench.models import BATCHES, MODELS

FIRSTS = 3
"""Fresh processes in which each of the two trains its first epoch."""

Say = Callable[[str], None]


def measure(runs: int, say: Say) -> dict[str, Any]:
    """Measure every model, and some of them by batch size.

    Args:
        runs: How often each of the two has its turn, after a first one that compiles.
        say: Is told what is going on.

    Returns:
        A plain dict: the models, with their first epoch; those by batch size, without.
    """
    with fresh_processes() as first:
        models = [_one(case, runs, say) | _first(case, first, say) for case in MODELS]
    return {"models": models, "batches": [_one(case, runs, say) for case in BATCHES]}


def _one(case: Case, runs: int, say: Say) -> dict[str, Any]:
    data = case.data(case.rows)
    turns = stock(case, data, jit_compile="auto"), ours(case, data)
    say(f"{case.name}, batch {case.batch_size}: compiling")
    for turn in turns:
        turn()
    seconds: list[tuple[float, ...]] = []
    for run in range(runs):
        say(f"{case.name}, batch {case.batch_size}: run {run + 1} of {runs}")
        seconds.append(tuple(statistics.median(turn()[1:]) for turn in turns))
    plan = engine.plan_of(case.model("auto"), *data, batch_size=case.batch_size)
    rows = len(data[0])
    return {
        "case": case.name,
        "batch_size": case.batch_size,
        "rows": rows,
        "steps": math.ceil(rows / case.batch_size),
        "plan": {"loop": plan.loop, "xla": plan.xla, "reason": plan.reason},
        "epoch": compared(seconds),
    }


def _first(case: Case, first: Callable[..., float], say: Say) -> dict[str, Any]:
    seconds: list[tuple[float, ...]] = []
    for run in range(FIRSTS):
        say(f"{case.name}: first epoch, {run + 1} of {FIRSTS}")
        pair = {
            who: first(case.name, who) for who in (("stock", "ours"), ("ours", "stock"))[run % 2]
        }
        seconds.append((pair["stock"], pair["ours"]))
    return {"first_epoch": compared(seconds)}


def compared(seconds: list[tuple[float, ...]]) -> dict[str, Any]:
    """Compare pairs of seconds, stock's and ours, that were measured one after the other."""
    # Pair by pair, so that what slowed the machine down cancels out.
    ratios = [theirs / own for theirs, own in seconds]
    return {
        "stock_s": statistics.median(theirs for theirs, _ in seconds),
        "ours_s": statistics.median(own for _, own in seconds),
        "times": statistics.median(ratios),
        "min_times": min(ratios),
        "max_times": max(ratios),
        "seconds": seconds,
    }


@contextmanager
def fresh_processes() -> Iterator[Callable[..., float]]:
    """Yield `first_epoch`, each call of it in a process that has imported Keras and run nothing.

    Nothing that an earlier process compiled is found, as when a program is first run.
    """
    before = os.environ.get("JAX_ENABLE_COMPILATION_CACHE")
    os.environ["JAX_ENABLE_COMPILATION_CACHE"] = "0"  # read by the server as it imports JAX
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])

    def call(*arguments: Any) -> float:
        with ProcessPoolExecutor(1, context) as pool:
            return pool.submit(first_epoch, *arguments).result()

    try:
        yield call
    finally:
        if before is None:
            del os.environ["JAX_ENABLE_COMPILATION_CACHE"]
        else:
            os.environ["JAX_ENABLE_COMPILATION_CACHE"] = before


def first_epoch(name: str, who: str) -> float:
    """Return the seconds from a compiled model to the end of its first epoch."""
    (case,) = (case for case in MODELS if case.name == name)
    data = case.data(case.rows)
    model = case.model("auto")
    fit = partial(engine.fit, model) if who == "ours" else model.fit
    started = time.perf_counter()
    fit(*data, batch_size=case.batch_size, verbose=0)
    return time.perf_counter() - started


def geometric_mean(results: list[dict[str, Any]], what: str) -> float:
    """Return the geometric mean of stock ÷ ours."""
    return statistics.geometric_mean(result[what]["times"] for result in results)
