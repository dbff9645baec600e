"""The yardstick: an MLP trained in JAX by hand, a whole epoch in one `jax.lax.scan`.

A program of its own, which nothing imports: it needs JAX and NumPy, no Keras and nothing of this
package, so that it can run in an environment with JAX while TensorFlow is measured in another.
It trains an epoch for every line on its standard input, and answers with the seconds taken.

    python docs/results/handwritten.py 784,100,10 32 48000
"""

from __future__ import annotations

import itertools
import sys
import time
from typing import Any

import jax
import numpy as np
from jax import numpy as jnp

Tree = Any


def loss_and_accuracy(weights: Tree, x: Tree, y: Tree) -> tuple[Tree, Tree]:
    """Mean cross-entropy and accuracy of a batch."""
    for kernel, bias in weights[:-1]:
        x = jax.nn.relu(x @ kernel + bias)
    kernel, bias = weights[-1]
    logits = x @ kernel + bias
    chosen = jnp.take_along_axis(jax.nn.log_softmax(logits), y[:, None], axis=1)
    return -chosen.mean(), (logits.argmax(axis=1) == y).mean()


def adam(weights: Tree, gradients: Tree, first: Tree, second: Tree, step: Tree) -> Tree:
    """One step of Adam with the constants of Keras."""
    first = jax.tree.map(lambda m, g: m + (g - m) * 0.1, first, gradients)
    second = jax.tree.map(lambda v, g: v + (g * g - v) * 0.001, second, gradients)
    rate = 0.001 * jnp.sqrt(1 - 0.999**step) / (1 - 0.9**step)
    weights = jax.tree.map(
        lambda w, m, v: w - rate * m / (jnp.sqrt(v) + 1e-7), weights, first, second
    )
    return weights, first, second


def epoch(state: Tree, x: Tree, y: Tree, rows: Tree) -> Tree:
    """Make a step for each row of `rows`."""

    def step(state: Tree, rows: Tree) -> Tree:
        weights, first, second, count = state
        (loss, accuracy), gradients = jax.value_and_grad(loss_and_accuracy, has_aux=True)(
            weights, x[rows], y[rows]
        )
        count = count + 1
        return (*adam(weights, gradients, first, second, count), count), (loss, accuracy)

    state, (losses, accuracies) = jax.lax.scan(step, state, rows)
    return state, losses.mean(), accuracies.mean()


def main(layers: str, batch_size: str, size: str) -> None:
    """Train until the input ends."""
    widths, batch, total = [int(n) for n in layers.split(",")], int(batch_size), int(size)
    random = np.random.default_rng(0)
    x = jax.device_put(random.random((total, widths[0]), dtype=np.float32))
    y = jax.device_put(random.integers(0, widths[-1], total).astype(np.int32))
    weights = [
        (random.normal(0, (2 / (n + m)) ** 0.5, (n, m)).astype(np.float32), np.zeros(m, np.float32))
        for n, m in itertools.pairwise(widths)
    ]
    zeros = jax.tree.map(np.zeros_like, weights)
    state = jax.device_put((weights, zeros, zeros, np.float32(0)))
    train = jax.jit(epoch, donate_argnums=0)
    for _ in sys.stdin:
        began = time.perf_counter()
        rows = random.permutation(total)[: total // batch * batch].reshape(-1, batch)
        state, loss, accuracy = train(state, x, y, rows.astype(np.int32))
        float(loss), float(accuracy)
        sys.stdout.write(f"{time.perf_counter() - began}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
