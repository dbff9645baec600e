"""Candidates of a few layers, written by hand."""

from __future__ import annotations

import numpy as np

from keras3_lab.parity.shrink.candidate import Candidate, Layer, Made, Node, Numbers, Ref


def chain(*made: Made, x: Numbers | None = None, y: Numbers | None = None) -> Candidate:
    """A candidate of layers in a chain, of one input with three numbers."""
    nodes = [Node(0, "Input", ((3,), "float32"))]
    nodes += [Node(n + 1, n, (Ref(n),)) for n in range(len(made))]
    return Candidate(
        {n: Layer(one, ()) for n, one in enumerate(made)},
        tuple(nodes),
        (Ref(len(made)),),
        (x or Numbers(np.ones((4, 3)), "ones"),),
        (y or Numbers(np.zeros((4, 3)), "zeros"),),
        ("mse",),
        Made("optimizers.SGD"),
        batch=4,
    )


RELU, DENSE = Made("layers.ReLU"), Made("layers.Dense", {"units": 3, "activation": "tanh"})
