"""Where the first difference arises, in replays whose every step is known."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np
import pytest
from traces import LANES, STEP_KINDS

from keras3_lab.parity.compare.blame import Blame, find
from keras3_lab.parity.items import Item

pytestmark = pytest.mark.once

STEPS = 100
LAST = STEPS - 1
STATE = ("weight", "optimizer slot before the step")

Alter = Callable[[int, Item], Item]


def values(kind: str) -> Iterator[tuple[str, np.ndarray]]:
    """Yield name and value of everything of a kind: a large array, a small one and a tiny one."""
    for name, scale in (("large", 4.0), ("small", 1.0), ("tiny", 1e-12)):
        yield f"{kind} {name}", scale * np.array([[0.5, -1.0], [0.25, 0.125]])


class Known:
    """A replay that computes the same at every step, but for what is altered."""

    def __init__(self, alter: Alter = lambda step, item: item) -> None:
        self.asked: list[int] = []
        self._alter = alter

    def _items(self, step: int, kinds: tuple[str, ...]) -> list[Item]:
        items = [Item(kind, *named) for kind in kinds for named in values(kind)]
        return [self._alter(step, item) for item in items]

    def state(self, step: int) -> list[Item]:
        self.asked.append(step)
        return self._items(step, STATE)

    def inspect(self, step: int) -> list[Item]:
        return self._items(step, STEP_KINDS)


def off(item: Item, by: float = 1e-3) -> Item:
    """Return an item one of whose entries is off by so much of its largest."""
    value = item.value.copy()
    value[1, 0] += by * np.abs(value).max()
    return item._replace(value=value)


def altered(
    kind: str, which: str = "large", by: float = 1e-3, steps: range = range(STEPS)
) -> Known:
    """Return a replay in which one thing is off at some steps."""

    def alter(step: int, item: Item) -> Item:
        return off(item, by) if step in steps and item[:2] == (kind, f"{kind} {which}") else item

    return Known(alter)


def blamed(other: Known, step: int = LAST, tolerance: float = 1e-9) -> Blame | None:
    return find(Known(), other, step, tolerance, LANES)


def test_replays_that_are_the_same_leave_nothing_to_blame() -> None:
    assert blamed(Known()) is None
    assert blamed(Known(), step=0) is None


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_what_differs_is_named_with_both_values(kind: str) -> None:
    found = blamed(altered(kind), step=0)
    assert found == Blame(
        0, kind, f"{kind} large", pytest.approx(1e-3), (1, 0), (1.0, 1.004), LANES
    )
    assert found.to_json()["text"] == str(found)
    assert str(found).startswith(
        f"first difference at step 0, in the {kind} `{kind} large` at [1, 0], 0.001 relative: "
        f"1 on {LANES[0]}, 1.00"
    )


@pytest.mark.parametrize(("first", "later"), list(pairwise(STEP_KINDS)))
def test_the_first_in_the_order_of_computation_is_blamed(first: str, later: str) -> None:
    def alter(step: int, item: Item) -> Item:
        return (
            off(item, 1e-3 if item.kind == first else 0.5) if item.kind in (first, later) else item
        )

    found = blamed(Known(alter), step=0)
    assert found is not None
    assert (found.kind, found.name) == (first, f"{first} large")


@pytest.mark.parametrize("at", [1, 2, 37, 50, 63, 98, LAST])
def test_the_step_before_the_states_part_is_found_by_bisection(at: int) -> None:
    def alter(step: int, item: Item) -> Item:
        if item.kind in STATE and step >= at:
            return off(item)
        return off(item) if item.kind == "gradient" and step >= at - 1 else item

    other = Known(alter)
    found = blamed(other)
    assert found is not None
    assert (found.step, found.kind) == (at - 1, "gradient")
    assert len(other.asked) <= 2 + np.ceil(np.log2(STEPS))
    # Whatever step by which they have parted is known.
    assert blamed(Known(alter), step=at).step == at - 1


def test_states_that_part_in_the_last_step_are_found_in_it() -> None:
    for step in (0, 7, LAST):
        found = blamed(altered("updated weight", steps=range(step, step + 1)), step=step)
        assert (found.step, found.kind) == (step, "updated weight")


def test_what_leaves_the_states_alone_is_found_in_the_step_it_is_known_of() -> None:
    found = blamed(altered("metric", steps=range(63, STEPS)), step=63)
    assert (found.step, found.kind) == (63, "metric")


def test_initial_states_that_differ_are_blamed_at_step_0() -> None:
    found = blamed(altered("weight"))
    assert (found.step, found.kind) == (0, "weight")
    found = blamed(altered("optimizer slot before the step"))
    assert (found.step, found.kind) == (0, "optimizer slot before the step")


@pytest.mark.parametrize("kind", STEP_KINDS)
@pytest.mark.parametrize(("factor", "is_found"), [(0.95, False), (1.05, True)])
def test_a_difference_within_the_tolerance_is_none(
    kind: str, factor: float, is_found: bool
) -> None:
    found = blamed(altered(kind, by=factor * 1e-5), step=0, tolerance=1e-5)
    assert (found is not None) == is_found


SUMMED = {
    "weight",
    "gradient",
    "optimizer slot",
    "optimizer slot before the step",
    "updated weight",
}


@pytest.mark.parametrize("kind", STEP_KINDS)
def test_only_what_is_summed_over_a_batch_is_measured_against_its_kind(kind: str) -> None:
    """A gradient of 1e-12 next to one of 1 is rounding; a layer's output of 1e-12 is what it is."""
    found = blamed(altered(kind, "tiny", by=0.5), step=0)
    assert (found is None) == (kind in SUMMED)
    if found is not None:
        assert found.name == f"{kind} tiny"


@pytest.mark.parametrize("kind", sorted(SUMMED))
@pytest.mark.parametrize(("by", "is_found"), [(0.95e-9, False), (1.05e-9, True)])
def test_the_scale_of_a_kind_is_the_median_of_its_arrays(
    kind: str, by: float, is_found: bool
) -> None:
    # Of 4, 1 and 1e-12; the difference is one of the tiny one's entries.
    found = blamed(altered(kind, "tiny", by=by * 1e12), step=0)
    assert (found is not None) == is_found


def test_a_step_that_computes_more_on_one_lane_names_what_the_other_lacks() -> None:
    class Without(Known):
        def _items(self, step: int, kinds: tuple[str, ...]) -> list[Item]:
            items = super()._items(step, kinds)
            return [item for item in items if item[:2] != ("weight", "weight small")]

    for pair in ((Known(), Without()), (Without(), Known())):
        found = find(*pair, LAST, 1e-9, LANES)
        assert found is not None
        assert (found.step, found.kind, found.relative) == (0, "weight", np.inf)
        assert found.name in ("weight small", "weight tiny")
        assert "relative" not in str(found)


def test_a_shape_or_an_integer_that_differs_is_infinitely_far() -> None:
    def alter(step: int, item: Item) -> Item:
        return item._replace(value=item.value.ravel()) if item.name == "loss small" else item

    found = blamed(Known(alter), step=0)
    assert (found.kind, found.name, found.relative) == ("loss", "loss small", np.inf)


@pytest.mark.parametrize("value", [0.0, np.inf, 1.0])
def test_a_loss_that_is_nan_on_one_lane_is_blamed(value: float) -> None:
    def replay(loss: float) -> Known:
        def alter(step: int, item: Item) -> Item:
            return item._replace(value=np.array(loss)) if item.name == "loss large" else item

        return Known(alter)

    found = find(replay(value), replay(np.nan), 0, 1e-9, LANES)
    assert (found.kind, found.relative) == ("loss", np.inf)
