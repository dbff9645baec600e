"""Parity from Python: a function that makes a model is checked in processes of its own."""

from __future__ import annotations

import functools
import inspect
import os
import sys
from collections.abc import Callable, Sequence
from operator import attrgetter
from pathlib import Path
from typing import Any

from keras3_lab import recipes
from keras3_lab.errors import UsageError
from keras3_lab.parity.compare.verdict import Result
from keras3_lab.parity.lanes import parse_lanes
from keras3_lab.parity.plan import GATES, Plan, dtypes_for, gates_of
from keras3_lab.parity.session import Session
from keras3_lab.parity.subject import Subject

LANES = ("jax:cpu", "tensorflow:cpu")
Make = Callable[[], Any] | str


def check(
    make: Make,
    *,
    lanes: Sequence[str] = LANES,
    gates: Sequence[str] = GATES,
    steps: int | None = None,
    seed: int = 42,
    portable: bool = False,
) -> Result:
    """Check whether a model trains to the same numbers in every lane.

    Each lane is a process of its own, which imports the module of the function: the backend of the
    process that calls `check` does not matter.

    Args:
        make: A function at the top level of a module that returns `(model, x, y)`,
            `(model, x, y, sample_weight)`, `(model, dataset)` or a
            `keras3_lab.parity.problem.Problem`, or a `functools.partial` of one; or the name of a
            function, `"MODULE:FUNCTION"`, or of a recipe.
        lanes: Backends and devices to compare, such as `"jax:cpu"`; with a label, such as
            `"again=jax:cpu"`, one can be there twice. Those that are not installed are left out.
        gates: Which gates to judge. Without `"G2"` nothing runs in float32, without `"G3"` nothing
            is saved and resumed.
        steps: Steps of each run. Defaults to all of the problem's epochs, as long as that is no
            more work than a few seconds to a minute.
        seed: Seed of weights, batch order and random layers.
        portable: Whether stock random layers are replaced by their portable twins.

    Returns:
        The result. Its `verdict` is `"agree"`, `"differ"` or `"not judged"`; its `checks`, `blames`
        and `gates` say more, and `to_json` all.

    Raises:
        UsageError: If `make` cannot be found by a lane, returns something else, or fewer than two
            lanes can train here.

    Example:
    ```python
    from pathlib import Path
    from keras3_lab import backends, parity

    Path("mine.py").write_text('''
    import keras
    import numpy as np

    def make():
        model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
        model.compile("sgd", "mse")
        x = np.random.default_rng(0).normal(size=(32, 4))
        return model, x, x.sum(axis=1)
    ''')

    here = f"{backends.require()}:cpu"
    result = parity.check("mine:make", lanes=[here, f"again={here}"], gates=["G0", "G1"])
    print(result.verdict)
    ```
    """
    subject, plan = order(make, gates=gates, steps=steps, seed=seed, portable=portable)
    with Session(parse_lanes(list(lanes))) as session:
        return session.run(subject, plan)


def order(
    make: Make,
    *,
    gates: Sequence[str] = GATES,
    steps: int | None = None,
    seed: int = 42,
    portable: bool = False,
) -> tuple[Subject, Plan]:
    """Return what lanes are to be given; the arguments are those of `check`.

    Raises:
        UsageError: If they are wrong.
    """
    if lane := os.environ.get("KERAS3_LAB_LANE"):
        raise UsageError(
            f"lane {lane} has imported a module that checks parity when it is imported: call it in "
            "a function, or under `if __name__ == '__main__':`"
        )
    if isinstance(gates, str):
        raise UsageError(f"gates must be a list of names; received: {gates!r}")
    if steps is not None and steps < 1:
        raise UsageError(f"steps must be 1 or more; received: {steps}")
    asked = gates_of(gates)
    plan = Plan(dtypes_for(asked), seed=seed, steps=steps, gates=asked)
    return _subject(make, portable), plan


def _subject(make: Make, portable: bool) -> Subject:
    if not isinstance(make, str):
        return _of_function(make, portable)
    if ":" in make:
        return Subject(make, portable=portable)
    recipe = recipes.get(make)
    arms = list(recipe.trials())
    if len(arms) != 1:
        raise UsageError(
            f"recipe {recipe.name!r} is {len(arms)} trainings; make must be a single one"
        )
    return Subject(recipe.name, arm=arms[0], portable=portable)


def _of_function(make: Callable[[], Any], portable: bool) -> Subject:
    function: Any = make.func if isinstance(make, functools.partial) else make
    module, name = (getattr(function, part, None) for part in ("__module__", "__qualname__"))
    if not callable(function) or not module or not name:
        raise UsageError(
            "make must be a function that returns a model and data, or the name of one, "
            f"MODULE:FUNCTION; received: {type(function).__name__}"
        )
    loaded = sys.modules.get(module)
    file = getattr(loaded, "__file__", None)
    if module == "__main__" and file:  # a script is imported under the name of its file
        spec = getattr(loaded, "__spec__", None)
        module = spec.name if spec else Path(file).stem
    if not file or _found(loaded, name) != function:
        raise UsageError(
            f"make must be a function that each lane's process can import: {module}.{name} cannot "
            "be found there by its name; define it with `def` at the top level of a module, and "
            "give it arguments by `functools.partial`"
        )
    arguments = _arguments(make) if isinstance(make, functools.partial) else {}
    return Subject(
        f"{module}:{name}", options=arguments, portable=portable, file=str(Path(file).resolve())
    )


def _found(module: Any, name: str) -> Any:
    try:
        return attrgetter(name)(module)
    except AttributeError:  # a local function, a lambda, or one that was deleted
        return None


def _arguments(make: functools.partial[Any]) -> dict[str, str | int | float | bool | None]:
    try:
        given = inspect.signature(make.func).bind_partial(*make.args, **make.keywords).arguments
    except TypeError as error:
        raise UsageError(f"make does not fit its function: {error}") from error
    for name, value in given.items():
        if not isinstance(value, (str, int, float, bool, type(None))):
            raise UsageError(
                "make may be a partial with numbers, strings, booleans and None; "
                f"received: {name}={value!r}"
            )
    return given
