"""What a lane of the atlas is asked to do; it crosses a pipe, pickled."""

from __future__ import annotations

from dataclasses import dataclass

from keras3_lab.atlas.outcome import Outcome
from keras3_lab.parity.jobs import Job


@dataclass(frozen=True)
class Listed:
    """A case, as the process knows it that has no Keras.

    Args:
        name: Its name.
        symbol: The part of Keras that it calls.
        dtypes: The dtypes it can be computed in.
    """

    name: str
    symbol: str
    dtypes: tuple[str, ...]

    @property
    def kind(self) -> str:
        """The part of Keras that it belongs to, `"ops"`."""
        return self.symbol.partition(".")[0]

    @property
    def names(self) -> tuple[str, ...]:
        """What it can be asked for by."""
        return self.name, self.symbol, self.symbol.rpartition(".")[2]


@dataclass(frozen=True)
class Symbol:
    """A public name of the installed Keras.

    Args:
        name: As Keras exports it, `"layers.Conv2D"`.
        aside: Why there is nothing to compare; empty if it computes.
    """

    name: str
    aside: str = ""


@dataclass(frozen=True)
class Catalogue(Job[tuple[list[Symbol], list[Listed]]]):
    """Return the symbols of the installed Keras, and all cases."""


@dataclass(frozen=True)
class Versions(Job[dict[str, str]]):
    """Return the versions of Keras, NumPy and the backend."""


@dataclass(frozen=True)
class Observe(Job[list[Outcome]]):
    """Try cases.

    Args:
        pairs: Name and dtype of each.
    """

    pairs: tuple[tuple[str, str], ...]
