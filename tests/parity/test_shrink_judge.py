"""Which differences of two lanes are one, and which are none."""

from __future__ import annotations

import numpy as np
import pytest
from shrink_chains import RELU, chain

from keras3_lab.parity.items import Item
from keras3_lab.parity.shrink.jobs import Tried
from keras3_lab.parity.shrink.judge import Difference, first_difference, gradients_are_rounding
from keras3_lab.parity.shrink.running import error_in, print_otherwise

pytestmark = pytest.mark.once


def tried(*items: Item, error: str = "", stage: str = "") -> Tried:
    return Tried(chain(RELU), list(items), stage, error)


def item(kind: str, *values: float) -> Item:
    return Item(kind, "0", np.array(values))


def test_the_first_difference_counts() -> None:
    ours = tried(item("prediction", 1.0), item("loss", 2.0), item("gradient", 3.0))
    theirs = tried(item("prediction", 1.0), item("loss", 2.1), item("gradient", 4.0))
    found = first_difference(ours, theirs)
    assert found is not None
    assert (found.kind, found.texts) == ("loss", ("2", "2.1"))
    assert first_difference(ours, ours) is None


def test_rounding_is_no_difference_and_nan_on_one_side_is() -> None:
    one = tried(item("loss", 1.0))
    assert first_difference(one, tried(item("loss", 1.0 + 1e-12))) is None
    tiny = tried(item("gradient", 1e-16)), tried(item("gradient", 2e-16))
    assert first_difference(*tiny) is None
    found = first_difference(one, tried(item("loss", np.nan)))
    assert found is not None and found.lost


def test_a_gradient_of_rounding_is_told_from_one_that_is_alike() -> None:
    one = tried(item("gradient", 1.0, 1e-17))
    assert gradients_are_rounding(one, tried(item("gradient", 1.0, -1e-17)))
    assert not gradients_are_rounding(one, tried(item("gradient", 1.0 + 1e-12, 1e-17)))
    assert not gradients_are_rounding(tried(item("gradient", 0.0)), tried(item("gradient", 0.0)))


def test_an_error_differs_from_none_and_not_from_another() -> None:
    refused, other = (tried(error=error, stage="call") for error in ("A: a", "B: b"))
    assert first_difference(refused, other) is None
    found = first_difference(refused, tried())
    assert found is not None
    assert (found.kind, found.name) == ("error", "call")


def test_only_a_difference_of_the_same_kind_is_like_it() -> None:
    first = Difference("gradient", "0/0", 0.5)
    assert Difference("gradient", "0/1", 0.1).is_like(first)
    assert not Difference("loss", "0", 0.5).is_like(first)
    assert not Difference("gradient", "0/0", np.inf, lost=True).is_like(first)
    assert not Difference("gradient", "0/0", 1e-8).is_like(first)
    refused = Difference("error", "call", np.inf, texts=("ValueError: a", "no error"))
    assert Difference("error", "call", np.inf, texts=("ValueError: b", "no error")).is_like(refused)
    assert not Difference("error", "call", 0, texts=("no error", "ValueError: a")).is_like(refused)


def test_an_error_is_told_in_one_line() -> None:
    framed = (
        "ValueError: Exception encountered when calling A.call().\n\n\x1b[1mno A here\x1b[0m\n\nx"
    )
    assert error_in(f"Traceback\n  File\n{framed}") == "ValueError: no A here"
    assert error_in("a.b.errors_impl.NotFoundError: no b") == "NotFoundError: no b"
    graph = "a.UnimplementedError: Graph execution error:\n\nDetected at node b\nno B\n"
    assert error_in(graph + "\t [[{{node b}}]]") == "UnimplementedError: no B"
    assert error_in("") == "it ended without a word: "


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("[1. 2.]", "[1.  2.0000001]", False),
        ("[1. 2.]", "[1. 2.1]", True),
        ("nan", "1.0", True),
        ("nan", "nan", False),
        ("ValueError: a", "1.0", True),
    ],
)
def test_what_programs_print_is_compared_as_numbers(one: str, other: str, differ: bool) -> None:
    assert print_otherwise(one, other) is differ
