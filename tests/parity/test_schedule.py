"""Which rows each step takes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from keras3_lab.parity.record.schedule import Schedule


@given(st.integers(2, 60), st.integers(1, 20), st.integers(1, 100), st.data())
def test_a_schedule_cut_anywhere_takes_the_same_rows(rows, batch, steps, data) -> None:
    schedule = Schedule(3, rows, min(batch, rows), steps)
    cut = data.draw(st.integers(0, min(steps, schedule.per_epoch)))
    end = min(steps, schedule.per_epoch)
    pieces = [*schedule.between(0, cut), *schedule.between(cut, end)]
    flat = [row for piece in pieces for row in piece]
    assert len(flat) == end
    for step, taken in enumerate(flat):
        np.testing.assert_array_equal(taken, schedule.batch(step))
    if end == schedule.per_epoch:
        assert sorted(np.concatenate(flat)) == list(range(rows))


@pytest.mark.parametrize(
    ("rows", "batch", "steps", "per_epoch", "epochs", "switch"),
    [
        (64, 32, 8, 2, 4, 4),
        (65, 32, 8, 3, 3, 3),  # between epochs: after the first of three
        (65, 32, 7, 3, 3, 3),
        (320, 32, 10, 10, 1, 5),  # half-way through the only one
        (320, 32, 7, 10, 1, 3),
    ],
)
def test_steps_are_counted_through_all_epochs(
    rows: int, batch: int, steps: int, per_epoch: int, epochs: int, switch: int
) -> None:
    schedule = Schedule(3, rows, batch, steps)
    assert (schedule.per_epoch, schedule.epochs, schedule.switch) == (per_epoch, epochs, switch)


def test_another_seed_or_epoch_is_another_order() -> None:
    schedule = Schedule(3, 50, 10, 10)
    orders = [schedule.order(0), schedule.order(1), Schedule(4, 50, 10, 10).order(0)]
    assert all(sorted(order) == list(range(50)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3
    np.testing.assert_array_equal(schedule.batch(5), schedule.order(1)[:10])
