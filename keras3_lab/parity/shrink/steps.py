"""Ways to make a candidate smaller, those that take most away first. NumPy alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from keras3_lab.parity.shrink.candidate import (
    FILLS,
    Candidate,
    Layer,
    Made,
    Node,
    Numbers,
    Ref,
    refs,
    replaced,
)

Step = Callable[[Candidate], Iterator[Candidate]]
Values = Callable[[Candidate], Mapping[int, np.ndarray]]
"""What each node of a candidate puts out, by its number."""


def shorter(candidate: Candidate) -> Iterator[Candidate]:
    """Fewer steps and rows."""
    for steps in _fewer(candidate.steps):
        rows = min(candidate.rows, steps * candidate.batch)
        yield _with_rows(replace(candidate, steps=steps), rows)
    if candidate.rows > candidate.batch:
        yield _with_rows(candidate, candidate.batch)
        first = (candidate.steps - 1) * candidate.batch % candidate.rows
        yield _with_rows(candidate, candidate.batch, first)
    if candidate.rows <= candidate.batch:
        for batch in _fewer(candidate.batch):
            for first in dict.fromkeys((0, candidate.rows // 2, candidate.rows - batch)):
                if first + batch <= candidate.rows:
                    smaller = _with_rows(candidate, batch, first)
                    yield replace(smaller, batch=batch)


def _fewer(count: int) -> Iterator[int]:
    tried = {1, 2, count // 4, count // 2, count - 1}
    yield from (n for n in sorted(tried) if 0 < n < count)


def _with_rows(candidate: Candidate, count: int, first: int = 0) -> Candidate:
    def cut(numbers: Numbers) -> Numbers:
        if numbers.fill:
            return numbers.filled(numbers.fill, (count, *numbers.values.shape[1:]))
        return replace(numbers, values=numbers.values[first : first + count])

    weight = candidate.sample_weight
    return replace(
        candidate,
        x=tuple(map(cut, candidate.x)),
        y=tuple(map(cut, candidate.y)),
        sample_weight=None if weight is None else cut(weight),
    )


def plainer(candidate: Candidate) -> Iterator[Candidate]:
    """Without metrics, weights of rows and of losses; fewer outputs."""
    if any(candidate.metrics):
        yield replace(candidate, metrics=())
    if candidate.sample_weight is not None:
        yield replace(candidate, sample_weight=None)
    if candidate.loss_weights:
        yield replace(candidate, loss_weights=())
    count = len(candidate.outputs)
    if count > 1:
        for kept in range(count):
            yield candidate.without_outputs(set(range(count)) - {kept})
    if count > 2:
        for gone in range(count):
            yield candidate.without_outputs({gone})


def truncated(candidate: Candidate) -> Iterator[Candidate]:
    """Put out what a node in the middle puts out, without all that is behind it."""
    ends = {ref.node for ref in candidate.outputs}
    for node in candidate.nodes:
        if node.is_input or node.number in ends:
            continue
        rows = len(candidate.y[0].values)
        target = Numbers(np.ones((rows, 1)), "ones")
        yield replace(
            candidate,
            outputs=(Ref(node.number),),
            y=(target,),
            losses=("mse",),
            metrics=(),
            loss_weights=(),
        ).pruned()


def bypassed(candidate: Candidate) -> Iterator[Candidate]:
    """Without some nodes: what went into them goes to where their results went."""
    inner = [node for node in candidate.nodes if not node.is_input]
    size = len(inner)
    while size:
        for at in range(0, len(inner), size):
            gone = inner[at : at + size]
            if len(gone) < len(inner):
                yield _without(candidate, gone)
        size //= 2
    for node in inner:  # a node of several inputs, by each of the others
        sources = list(dict.fromkeys(refs((node.args, dict(node.kwargs)))))
        for source in sources[1:]:
            yield _replacing(candidate, {node.number: source})
    for node in inner:  # one input fewer
        if any(isinstance(part, list | tuple) and len(part) > 1 for part in node.args):
            yield from _with_fewer_arguments(candidate, node)
        for name in node.kwargs:
            kwargs = {k: v for k, v in node.kwargs.items() if k != name}
            yield _with_node(candidate, replace(node, kwargs=kwargs))


def _without(candidate: Candidate, gone: Iterable[Node]) -> Candidate:
    sources: dict[int, Ref] = {}
    for node in gone:
        first = next(refs((node.args, dict(node.kwargs))), None)
        if first is not None:
            sources[node.number] = sources.get(first.node, first)
    return _replacing(candidate, sources)


def _replacing(candidate: Candidate, sources: Mapping[int, Ref]) -> Candidate:
    def change(ref: Ref) -> Ref:
        return sources.get(ref.node, ref)

    nodes = tuple(
        replace(n, args=replaced(n.args, change), kwargs=replaced(dict(n.kwargs), change))
        for n in candidate.nodes
        if n.number not in sources
    )
    outputs = tuple(map(change, candidate.outputs))
    return replace(candidate, nodes=nodes, outputs=outputs).pruned()


def _with_fewer_arguments(candidate: Candidate, node: Node) -> Iterator[Candidate]:
    for place, part in enumerate(node.args):
        if not isinstance(part, list | tuple) or len(part) < 2:
            continue
        for gone in range(len(part)):
            fewer = [p for n, p in enumerate(part) if n != gone]
            args = tuple(fewer if n == place else a for n, a in enumerate(node.args))
            yield _with_node(candidate, replace(node, args=args))


def _with_node(candidate: Candidate, node: Node) -> Candidate:
    nodes = tuple(node if n.number == node.number else n for n in candidate.nodes)
    return replace(candidate, nodes=nodes).pruned()


def cut_off(candidate: Candidate, values: Values) -> Iterator[Candidate]:
    """Make an input of what a node puts out, without all that is before it."""
    found = values(candidate)
    needed = {ref.node for n in candidate.nodes for ref in refs((n.args, dict(n.kwargs)))}
    for node in reversed(candidate.nodes):
        value = found.get(node.number)
        if node.is_input or value is None or value.ndim < 1 or node.number not in needed:
            continue
        dtype = "int32" if value.dtype.kind in "iub" else "float32"
        args = (tuple(value.shape[1:]), dtype)
        entry = Node(node.number, "Input", args)
        nodes, x, data = [], [], iter(candidate.x)
        for other in candidate.nodes:
            nodes.append(entry if other.number == node.number else other)
            if other.is_input:
                x.append(next(data))
            elif other.number == node.number:
                x.append(Numbers(value.astype(np.int32 if dtype == "int32" else np.float64)))
        smaller = replace(candidate, nodes=tuple(nodes), x=tuple(x)).pruned()
        if len(smaller.nodes) < len(candidate.nodes):
            yield smaller


def simpler_training(candidate: Candidate) -> Iterator[Candidate]:
    """Simpler optimizer and losses."""
    optimizer = candidate.optimizer
    if optimizer != Made("optimizers.SGD"):
        yield replace(candidate, optimizer=Made("optimizers.SGD"))
        rate = Made("optimizers.SGD", {"learning_rate": 1.0})
        if optimizer != rate and optimizer.name != "optimizers.SGD":
            yield replace(candidate, optimizer=rate)
        for fewer in _simpler(optimizer):
            yield replace(candidate, optimizer=fewer)
    for n, (loss, y) in enumerate(zip(candidate.losses, candidate.y, strict=True)):
        if loss not in ("mse", None):
            target = Numbers(np.ones((len(y.values), 1)), "ones")
            smaller = _with_loss(candidate, n, "mse")
            yield replace(smaller, y=_put(candidate.y, n, target))
            yield smaller
        if isinstance(loss, Made):
            for simple in _simpler(loss):
                yield _with_loss(candidate, n, simple)


def _with_loss(candidate: Candidate, place: int, loss: str | Made) -> Candidate:
    return replace(candidate, losses=_put(candidate.losses, place, loss))


def _put(parts: tuple[Any, ...], place: int, part: Any) -> tuple[Any, ...]:
    return (*parts[:place], part, *parts[place + 1 :])


def simpler_layers(candidate: Candidate) -> Iterator[Candidate]:
    """Layers without some of their arguments, or with smaller ones; what is inside a wrapper."""
    for number, layer in candidate.layers.items():
        for made in _simpler(layer.made):
            layers = {**candidate.layers, number: Layer(made, layer.weights)}
            yield replace(candidate, layers=layers)
    for node in candidate.nodes:
        for name, value in node.kwargs.items():
            for simple in _simpler_values(value):
                kwargs = {**node.kwargs, name: simple}
                yield _with_node(candidate, replace(node, kwargs=kwargs))


def _simpler(made: Made) -> Iterator[Made]:
    for name, value in made.args.items():
        if isinstance(value, Made) and value.name.startswith("layers."):
            yield value
        yield replace(made, args={k: v for k, v in made.args.items() if k != name})
    for name, value in made.args.items():
        for simple in _simpler_values(value):
            yield replace(made, args={**made.args, name: simple})


def _simpler_values(value: Any) -> Iterator[Any]:
    if isinstance(value, Made):
        yield from _simpler(value)
    elif isinstance(value, bool) or value is None or isinstance(value, str):
        return
    elif isinstance(value, int):
        yield from (n for n in _fewer(value))
    elif isinstance(value, float):
        yield from _rounder(value)
    elif isinstance(value, tuple | list) and value:
        if all(isinstance(part, int) for part in value):
            if len(set(value)) == 1:
                yield value[0]
            yield type(value)([1] * len(value))
            yield type(value)([min(part, 2) for part in value])
        for n, part in enumerate(value):
            for simple in _simpler_values(part):
                yield type(value)([*value[:n], simple, *value[n + 1 :]])


def _rounder(value: float) -> Iterator[float]:
    for simple in (1.0, 0.5, 0.1):
        if len(repr(simple)) < len(repr(value)):
            yield simple
    for digits in (1, 2, 3):
        simple = float(f"{value:.{digits}g}")
        if len(repr(simple)) < len(repr(value)):
            yield simple


def smaller_shapes(candidate: Candidate) -> Iterator[Candidate]:
    """Smaller inputs, and fewer of their axes' entries."""
    for place, node in enumerate(n for n in candidate.nodes if n.is_input):
        shape, dtype = node.args
        for axis, size in enumerate(shape):
            actual = candidate.x[place].values.shape[axis + 1] if size is None else size
            for smaller in (n for n in _fewer(actual)):
                new = (*shape[:axis], smaller, *shape[axis + 1 :])
                yield _with_node(candidate, replace(node, args=(new, dtype)))
        if len(shape) > 1 and 1 in shape:
            gone = shape.index(1)
            new = (*shape[:gone], *shape[gone + 1 :])
            yield _with_node(candidate, replace(node, args=(new, dtype)))


def rounder_numbers(candidate: Candidate) -> Iterator[Candidate]:
    """Take ones for data and weights, other simple numbers, or fewer digits."""
    layers = candidate.layers
    for fill in FILLS:
        filled = {
            number: Layer(layer.made, tuple(w.filled(fill) for w in layer.weights or ()))
            for number, layer in layers.items()
        }
        yield replace(candidate, layers=filled)
    for n, numbers in enumerate(candidate.x):
        for simple in _simpler_numbers(numbers):
            yield replace(candidate, x=_put(candidate.x, n, simple))
    for n, numbers in enumerate(candidate.y):
        for simple in _simpler_numbers(numbers):
            yield replace(candidate, y=_put(candidate.y, n, simple))
    for number, layer in layers.items():
        for n, weight in enumerate(layer.weights or ()):
            for simple in _simpler_numbers(weight):
                weights = _put(layer.weights or (), n, simple)
                yield replace(candidate, layers={**layers, number: Layer(layer.made, weights)})
    if candidate.sample_weight is not None:
        for simple in _simpler_numbers(candidate.sample_weight):
            yield replace(candidate, sample_weight=simple)


def _simpler_numbers(numbers: Numbers) -> Iterator[Numbers]:
    kinds = list(FILLS)
    better = kinds[: kinds.index(numbers.fill)] if numbers.fill else kinds
    whole = numbers.values.dtype.kind in "iub"
    for fill in better:
        if not (whole and fill == "waves"):
            yield numbers.filled(fill)
    if numbers.fill or not numbers.values.size:
        return
    if not whole and not np.isfinite(numbers.values).all():
        return
    if not whole:
        for rounded in (np.sign(numbers.values), *(np.round(numbers.values, n) for n in range(3))):
            if not np.array_equal(rounded, numbers.values):
                yield numbers.written(rounded + 0.0)  # no -0.0
    if numbers.values.size <= 16:
        for at in range(numbers.values.size):
            for value in (1, 0):
                if abs(numbers.values.flat[at]) > 1 or (value and numbers.values.flat[at] % 1):
                    values = numbers.values.copy()
                    values.flat[at] = value
                    yield numbers.written(values)


STRUCTURE: tuple[Step, ...] = (shorter, plainer, truncated, bypassed)
DETAILS: tuple[Step, ...] = (
    simpler_training, simpler_layers, smaller_shapes, rounder_numbers,
)  # fmt: skip
