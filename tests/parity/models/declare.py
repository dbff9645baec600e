"""How a module declares its models, and what is expected of each."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

AGREE, DIFFER, UNJUDGED, REFUSED = "agree", "differ", "not judged", "refused"
EXACT = ("G1", "G3")
"""The gates that are judged in float64."""

ASSIGNED = "on TensorFlow `assign` cuts the gradient of what is assigned, on JAX it flows"

Make = Callable[[], tuple[Any, ...]]


@dataclass(frozen=True)
class Expected:
    """The right verdict, from knowledge of Keras.

    Args:
        verdict: `"agree"`, `"differ"`, `"not judged"`, or `"refused"` before the run, in one line.
        why: What in Keras or the model makes it so; empty where lanes agree.
        kind: Of what differs: what blame must name.
        name: A part of the name that blame must give.
        gates: Gates that differ without blame or need not be judged; all others agree.
        or_agree: Whether lanes agree on some processors.
    """

    verdict: str = AGREE
    why: str = ""
    kind: str = ""
    name: str = ""
    gates: tuple[str, ...] = ()
    or_agree: bool = False

    def __str__(self) -> str:
        where = f", {self.kind} `{self.name}`" if self.kind else ""
        gates = f" at {', '.join(self.gates)}" if self.gates else ""
        either = "agree or " if self.or_agree else ""
        return f"{either}{self.verdict}{where}{gates}"


@dataclass(frozen=True)
class Model:
    """A model of this collection.

    Args:
        name: `models.MODULE:FUNCTION`.
        make: The function.
        expected: The right verdict.
    """

    name: str
    make: Make
    expected: Expected


class Models(dict[str, Model]):
    """The models of one module, by name; each becomes a function of the module.

    Args:
        module: The module's `__name__`.
    """

    def __init__(self, module: str) -> None:
        super().__init__()
        self._module = module

    def add(self, name: str, make: Make, expected: Expected | None = None) -> None:
        """Declare a model; by default all gates agree."""
        if name in self:
            raise ValueError(f"{self._module}: {name} is declared twice")
        self[name] = Model(f"{self._module}:{name}", make, expected or Expected())
        setattr(sys.modules[self._module], name, make)

    def agree(self, make: Make) -> Make:
        """Declare a function whose model agrees at every gate."""
        self.add(make.__name__, make)
        return make

    def expect(self, expected: Expected) -> Callable[[Make], Make]:
        """Declare a function whose model does not agree everywhere."""

        def declare(make: Make) -> Make:
            self.add(make.__name__, make, expected)
            return make

        return declare


def differs(kind: str, name: str, why: str) -> Expected:
    """Expect a difference, because Keras itself differs between backends."""
    return Expected(DIFFER, why, kind, name)


def differs_when_resumed(why: str) -> Expected:
    """Expect that a saved model does not go on as it was, in any lane."""
    return Expected(DIFFER, why, gates=("G3",))


def unjudged(why: str, *gates: str) -> Expected:
    """Expect gates at which nothing can be said; by default those in float64."""
    return Expected(UNJUDGED, why, gates=gates or EXACT)


def fails(lane: str, why: str) -> Expected:
    """Expect that stock Keras cannot train the model in a lane, so that nothing is judged."""
    return unjudged(f"stock Keras cannot train it on {lane}: {why}", "G0", "G1", "G2", "G3")


def refused(why: str) -> Expected:
    """Expect that parity says in one line why it cannot run the model."""
    return Expected(REFUSED, why)


def draws(what: str) -> Expected:
    """Expect that a stock random layer leaves only inputs to judge."""
    return unjudged(f"{what} draws from the backend's own generator", "G1", "G2", "G3")
