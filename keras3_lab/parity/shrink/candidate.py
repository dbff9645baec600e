"""A model, its data and its training, in a form that can be made smaller. NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

FILLS: dict[str, Callable[[int], np.ndarray]] = {
    "ones": np.ones,
    "zeros": np.zeros,
    "waves": lambda size: np.cos(np.arange(size)),
}
"""Numbers that a program makes in a few words, by name: of how many there are to be."""


@dataclass(frozen=True)
class Numbers:
    """An array, and how a program writes it down.

    Args:
        values: Its numbers.
        fill: Which of `FILLS` it is, whatever its shape; empty if each number is written down.
        like: Of targets: `"output"` if they have the shape of the output, `"labels"` if its last
            axis is left out, `"label"` if that is 1, `"free"` if neither.
    """

    values: np.ndarray
    fill: str = ""
    like: str = "output"

    def fit(self, shape: tuple[int, ...]) -> Numbers:
        """Return the array in another shape: what is too much is left out, the rest is 1."""
        if self.fill:
            return self.filled(self.fill, shape)
        old = self.values
        if old.shape == shape:
            return self
        if len(shape) != old.ndim:  # an axis has gone, or come
            size = int(np.prod(shape))
            flat = np.resize(old.ravel(), size) if old.size else np.ones(size, old.dtype)
            return replace(self, values=flat.reshape(shape))
        kept = old[tuple(slice(0, n) for n in shape)]
        missing = [(0, n - m) for n, m in zip(shape, kept.shape, strict=True)]
        return replace(self, values=np.pad(kept, missing, constant_values=1))

    def filled(self, fill: str, shape: tuple[int, ...] | None = None) -> Numbers:
        """Return numbers of a kind in its place; whole ones, where it is whole."""
        shape = self.values.shape if shape is None else shape
        values = FILLS[fill](int(np.prod(shape))).reshape(shape)
        return replace(self, values=values.astype(self.values.dtype), fill=fill)

    def written(self, values: np.ndarray) -> Numbers:
        """Return other numbers in its place, each written down."""
        return replace(self, values=values, fill="")


@dataclass(frozen=True)
class Made:
    """A part of Keras, and the arguments it is made with.

    Args:
        name: Its public name without `keras.`, such as `"layers.Dense"`.
        args: Its arguments by name, those alone that are not the defaults.
    """

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Layer:
    """A layer of the model.

    Args:
        made: What it is.
        weights: Its weights in the order of `get_weights`; `None` for those it starts with.
    """

    made: Made
    weights: tuple[Numbers, ...] | None = None


@dataclass(frozen=True)
class Ref:
    """What a node returned.

    Args:
        node: Its number.
        output: Which of its outputs; `None` if it has a single one.
    """

    node: int
    output: int | None = None


@dataclass(frozen=True)
class Node:
    """An input of the model, or a call of a layer or an operation.

    Args:
        number: Names it; a node's arguments have lower ones.
        of: `"Input"`, a function such as `"ops.maximum"`, `"getitem"`, or a layer's number.
        args: Arguments of the call, with `Ref` for tensors; of an input, its shape and dtype.
        kwargs: Further arguments, by name.
    """

    number: int
    of: str | int
    args: tuple[Any, ...] = ()
    kwargs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_input(self) -> bool:
        """Whether it is an input of the model."""
        return self.of == "Input"


@dataclass(frozen=True)
class Candidate:
    """A model with its data, and how it is trained.

    Args:
        layers: Its layers by number; one may be called several times.
        nodes: Inputs and calls, in order.
        outputs: What it puts out.
        x: The data of each input.
        y: The targets of each output.
        losses: The loss of each output: a name, a part of Keras, or `None`.
        optimizer: Its optimizer.
        metrics: Metrics of each output.
        loss_weights: Weight of each output's loss, or none.
        sample_weight: Weight of each row, or `None`.
        batch: Rows of a step.
        steps: Number of steps; the rows are gone through again where they are fewer.
        dtype: In what it is computed.
        eager: Whether it is run operation by operation.
    """

    layers: Mapping[int, Layer]
    nodes: tuple[Node, ...]
    outputs: tuple[Ref, ...]
    x: tuple[Numbers, ...]
    y: tuple[Numbers, ...]
    losses: tuple[str | Made | None, ...]
    optimizer: Made
    metrics: tuple[tuple[str | Made, ...], ...] = ()
    loss_weights: tuple[float, ...] = ()
    sample_weight: Numbers | None = None
    batch: int = 32
    steps: int = 1
    dtype: str = "float64"
    eager: bool = True

    @property
    def rows(self) -> int:
        """Number of rows of data."""
        return len(self.x[0].values)

    def pruned(self) -> Candidate:
        """Return it without the nodes, inputs and layers that no output needs."""
        needed = {ref.node for ref in self.outputs}
        for node in reversed(self.nodes):
            if node.number in needed:
                needed |= {ref.node for ref in refs((node.args, dict(node.kwargs)))}
        inputs = [node.number for node in self.nodes if node.is_input]
        nodes = tuple(node for node in self.nodes if node.number in needed)
        x = tuple(x for n, x in zip(inputs, self.x, strict=True) if n in needed)
        used = {node.of for node in nodes}
        layers = {number: layer for number, layer in self.layers.items() if number in used}
        return replace(self, nodes=nodes, x=x, layers=layers)

    def moved(self) -> Candidate:
        """Return it with each weight moved to the next number above or below, by turns."""

        def move(numbers: Numbers) -> Numbers:
            values = numbers.values
            if values.dtype.kind != "f":
                return numbers
            up = np.arange(values.size).reshape(values.shape) % 2 == 0
            ends = np.where(up, np.inf, -np.inf).astype(values.dtype)
            return numbers.written(np.nextafter(values, ends))

        layers = {
            number: Layer(layer.made, tuple(map(move, layer.weights or ())))
            for number, layer in self.layers.items()
        }
        return replace(self, layers=layers)

    def without_outputs(self, gone: set[int]) -> Candidate:
        """Return it without the outputs at these places, and what belongs to them."""

        def kept(parts: tuple[Any, ...]) -> tuple[Any, ...]:
            return tuple(part for n, part in enumerate(parts) if n not in gone)

        return replace(
            self,
            outputs=kept(self.outputs),
            y=kept(self.y),
            losses=kept(self.losses),
            metrics=kept(self.metrics),
            loss_weights=kept(self.loss_weights),
        ).pruned()


def refs(structure: Any) -> Iterator[Ref]:
    """Yield all references to nodes in a structure of arguments."""
    if isinstance(structure, Ref):
        yield structure
    elif isinstance(structure, list | tuple):
        for part in structure:
            yield from refs(part)
    elif isinstance(structure, Mapping):
        yield from refs(list(structure.values()))


def replaced(structure: Any, change: Callable[[Ref], Any]) -> Any:
    """Return a structure of arguments with something else in the place of each reference."""
    if isinstance(structure, Ref):
        return change(structure)
    if isinstance(structure, list | tuple):
        return type(structure)([replaced(part, change) for part in structure])
    if isinstance(structure, Mapping):
        return {key: replaced(part, change) for key, part in structure.items()}
    return structure
