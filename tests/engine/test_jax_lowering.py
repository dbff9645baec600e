"""What making a program takes of the process, and leaves of it."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from engine_cases import TARGETS, X, dense

import keras3_lab

jax = pytest.importorskip("jax")

from keras3_lab.engine.jax.lowering import share_context  # noqa: E402


def context(rows: int):
    """Lower a program anew; return the context that it is written in, and what it computes."""
    lowered = jax.jit(lambda x: x + rows).lower(np.zeros(rows))
    return lowered.compiler_ir().context, lowered.compile()(np.zeros(rows)).tolist()


def test_share_context() -> None:
    """Programs of a thread are written in one context, and those of two threads in two."""
    share_context()
    first, second = context(2), context(3)
    assert first[0] == second[0]
    with ThreadPoolExecutor(1) as thread:
        third = thread.submit(context, 4).result()
    assert third[0] != first[0]
    assert [made for _, made in (first, second, third)] == [[2.0] * 2, [3.0] * 3, [4.0] * 4]


@pytest.mark.parametrize("collects", [True, False])
def test_the_garbage_collector_is_left_as_it_was(
    collects: bool, request: pytest.FixtureRequest
) -> None:
    request.addfinalizer(gc.enable)
    if not collects:
        gc.disable()
    keras3_lab.fit(dense(), X, TARGETS, verbose=0)
    assert gc.isenabled() == collects
