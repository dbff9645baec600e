"""The graph of a model's layers, drawn as SVG that follows the page's colours."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import keras

WIDTH, HEIGHT, GAP, STEP = 190, 42, 20, 66
STYLE = """
.graph{display:block;margin:auto}.graph rect{fill:var(--fill);stroke:var(--line)}
.graph text{fill:var(--ink);font:12px system-ui,sans-serif;text-anchor:middle}
.graph .soft{fill:var(--soft);font-size:11px}.graph path{stroke:var(--soft);fill:none}
"""

Place = tuple[str, int]
"""A layer's name, and which of its applications."""


@dataclass(frozen=True)
class Node:
    """One application of a layer.

    Args:
        title: The layer's class.
        detail: The shape that comes out, and the number of weights.
        inputs: The applications that it takes its inputs from.
    """

    title: str
    detail: str
    inputs: tuple[Place, ...]


def nodes_of(model: keras.Model) -> dict[Place, Node]:
    """Return the applications of a model's layers, those before others first.

    Empty for a subclassed model, whose graph only its code knows.
    """
    if isinstance(model, keras.Sequential):
        nodes = {("input", 0): Node("Input", _shape(model.input_shape), ())}
        for layer in model.layers:
            nodes[layer.name, 0] = _node(layer, 0, (next(reversed(nodes)),))
        return nodes
    try:
        layers = model.get_config()["layers"]
    # A subclassed model has no configuration, or one of its own without layers.
    except (NotImplementedError, KeyError, TypeError, ValueError):
        return {}
    by_name = {layer.name: layer for layer in model.layers}
    found = {}
    for config in layers:
        name = config["name"]
        # An input has no inbound node, and is applied all the same.
        for index, call in enumerate(config["inbound_nodes"] or [None]):
            inputs = tuple(dict.fromkeys(_inputs(call)))
            if name in by_name:
                found[name, index] = _node(by_name[name], index, inputs)
            else:  # a function of `keras.ops`
                found[name, index] = Node(config["class_name"], "", inputs)
    return found


def _node(layer: Any, index: int, inputs: tuple[Place, ...]) -> Node:
    weights = weights_of(layer)
    details = [
        shape_of(layer),
        f"{weights:,} weights" if weights and not index else "",
        "again" * (index > 0),
    ]
    title = "Input" if isinstance(layer, keras.layers.InputLayer) else type(layer).__name__
    return Node(title, ", ".join(filter(None, details)), inputs)


def weights_of(layer: Any) -> int:
    """Return how many numbers a layer's weights are; 0 before it is built."""
    return sum(math.prod(weight.shape) for weight in layer.weights)


def shape_of(layer: Any) -> str:
    """Return the shape of what a layer returns, without the batch; empty where it is not known."""
    try:
        return _shape(layer.output.shape)
    except (AttributeError, ValueError):  # in no graph, several applications or several outputs
        return ""


def _shape(shape: Any) -> str:
    return " × ".join("?" if size is None else f"{size:,}" for size in shape[1:])


def _inputs(part: Any) -> Iterator[Place]:
    """Yield the places of all tensors in the arguments of a call, as Keras serializes them."""
    if isinstance(part, dict):
        if part.get("class_name") == "__keras_tensor__":
            name, index, _ = part["config"]["keras_history"]
            yield name, index
        else:
            for one in part.values():
                yield from _inputs(one)
    elif isinstance(part, list | tuple):
        for one in part:
            yield from _inputs(one)


def draw(nodes: dict[Place, Node]) -> str:
    """Return an `<svg>` element: a box for each application of a layer, from top to bottom.

    Args:
        nodes: The applications, as `nodes_of` returns them.
    """
    ranks: dict[Place, int] = {}
    for place in nodes:
        _rank(place, nodes, ranks)
    rows: dict[int, list[Place]] = defaultdict(list)
    for place, rank in ranks.items():
        rows[rank].append(place)
    widest = max(map(len, rows.values()))
    bulge = 40 if any(ranks[n] - ranks[i] > 1 for n in nodes for i in nodes[n].inputs) else 0
    width = widest * (WIDTH + GAP) - GAP + 2 * bulge + 2
    centers = {
        place: (
            width / 2 + (index - (len(row) - 1) / 2) * (WIDTH + GAP),
            rank * STEP + HEIGHT / 2 + 1,
        )
        for rank, row in rows.items()
        for index, place in enumerate(row)
    }
    height = len(rows) * STEP - (STEP - HEIGHT) + 2
    parts = [
        f'<svg class="graph" viewBox="0 0 {width:g} {height:g}" style="max-width:{width:g}px" '
        'role="img" aria-label="graph of the layers">'
    ]
    for place, node in nodes.items():
        for source in node.inputs:
            parts.append(_edge(centers[source], centers[place]))
    for place, node in nodes.items():
        x, y = centers[place]
        parts.append(
            f"<g><title>{escape(place[0])}</title>"
            f'<rect x="{x - WIDTH / 2:g}" y="{y - HEIGHT / 2:g}" width="{WIDTH}" '
            f'height="{HEIGHT}" rx="5"/><text x="{x:g}" y="{y - 4:g}">{escape(node.title)}</text>'
            f'<text class="soft" x="{x:g}" y="{y + 13:g}">{escape(node.detail)}</text></g>'
        )
    return "".join([*parts, "</svg>"])


def _rank(place: Place, nodes: dict[Place, Node], ranks: dict[Place, int]) -> int:
    if place not in ranks:
        ranks[place] = 1 + max((_rank(i, nodes, ranks) for i in nodes[place].inputs), default=-1)
    return ranks[place]


def _edge(source: tuple[float, float], target: tuple[float, float]) -> str:
    x, y, to_x, to_y = source[0], source[1] + HEIGHT / 2, target[0], target[1] - HEIGHT / 2
    if to_y - y > STEP and abs(x - to_x) < 1:  # past the boxes in between
        side = x + WIDTH / 2 + 36
        bend = f"{side:g} {y + 30:g} {side:g} {to_y - 30:g}"
    else:
        bend = f"{x:g} {(y + to_y) / 2:g} {to_x:g} {(y + to_y) / 2:g}"
    return f'<path d="M{x:g} {y:g}C{bend} {to_x:g} {to_y:g}"/>'
