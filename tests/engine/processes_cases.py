"""Trainings in one of several processes: `python -m processes_cases NUMBER`, which prints them.

The first process trains everything alone, too, and compares: as `devices_cases`, in float64.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import devices_cases
import keras
import numpy as np
from devices_cases import CASES, IMAGES, L, numbers

import keras3_lab
from keras3_lab.engine import plan_of
from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError
from keras3_lab.portable import float64, initialize

# Two of each process on JAX, more than rows in a batch; on TensorFlow a process has one of the CPU.
DEVICES = 2 if devices_cases.JAX else 1


def train(case: str) -> dict[str, Any]:
    model, given = CASES[case]()
    initialize(model, 1)
    history = keras3_lab.fit(model, **given, epochs=2, verbose=0)
    predicted = keras3_lab.predict(model, given["x"][:8], batch_size=8, verbose=0)
    plan = plan_of(model, given["x"], given["y"], given["batch_size"])
    share = backend().share_of(model)
    return {
        "plan": [plan.devices, plan.loop],
        "rows": None if share is None else share.rows(8).tolist(),
        "history": history.history,
        "predicted": predicted,
        "variables": [v.numpy() for v in (*model.variables, *model.optimizer.variables)],
    }


def refused() -> list[str]:
    """Return what a model that several processes train refuses."""
    model, _ = CASES["images"]()
    said = []
    own = L.Dense(1)
    model.add(own)
    model.compile("sgd", "mse", run_eagerly=True)
    for x in (IMAGES, iter([(IMAGES, IMAGES[:, 0, 0, :1])])):
        try:
            keras3_lab.fit(model, x, IMAGES[:, 0, 0, :1] if x is IMAGES else None, verbose=0)
        except UsageError as error:
            said.append(str(error))
        model.compile("sgd", "mse")
    return said


def main(number: int) -> None:
    names = backend().join("cpu", DEVICES)  # first: what follows computes
    with backend().float64(), float64.enable():
        with backend().over(names):
            found = {case: train(case) for case in ("images", "few")}
            said = refused()
        backend().meet()
    outcome: dict[str, Any] = {"refused": said, "plan": found["few"]["plan"]}
    outcome["rows"] = found["images"]["rows"]
    if number == 0 and len(sys.argv) > 2:
        outcome["numbers"] = [np.ravel(a).tolist() for c in found.values() for a in numbers(c)]
    sys.stdout.write(json.dumps(outcome) + "\n")


def alone() -> None:
    with backend().float64(), float64.enable():
        found = {case: train(case) for case in ("images", "few")}
    outcome = {"numbers": [np.ravel(a).tolist() for c in found.values() for a in numbers(c)]}
    sys.stdout.write(json.dumps(outcome) + "\n")


if __name__ == "__main__":
    keras.config.disable_traceback_filtering()
    alone() if sys.argv[1] == "alone" else main(int(sys.argv[1]))
