"""The list of cases, against what the installed Keras exports."""

from __future__ import annotations

from collections import Counter

import pytest

from keras3_lab.atlas.case import Call, Case, LayerCall, Procedure, cases, numbers
from keras3_lab.atlas.observe import observe
from keras3_lab.atlas.outcome import Raised
from keras3_lab.atlas.symbols import resolve, symbols

CASES = list(cases())
NOT_EXPORTED = "fit"  # what a model's methods report


@pytest.mark.released
def test_nearly_every_symbol_that_computes_has_a_case() -> None:
    cased = {case.symbol for case in CASES}
    computing = [symbol.name for symbol in symbols() if not symbol.aside]
    missing = [name for name in computing if name not in cased]
    assert len(missing) <= 0.05 * len(computing), missing
    assert len(CASES) >= 2500


def test_every_case_is_of_a_symbol_that_keras_exports() -> None:
    names = {case.symbol for case in CASES if case.kind != NOT_EXPORTED}
    assert names <= {symbol.name for symbol in symbols()}
    assert all(resolve(name) is not None for name in names)


def test_names_are_words_and_each_there_once() -> None:
    assert all(len(case.name.split()) == 1 and case.what for case in CASES)
    assert max(Counter(case.name for case in CASES).values()) == 1


def test_of_several_names_of_one_thing_the_first_computes() -> None:
    found = {symbol.name: symbol.aside for symbol in symbols()}
    assert found["layers.AvgPool2D"] == "another name of layers.AveragePooling2D"
    assert found["layers.AveragePooling2D"] == ""
    assert found["losses.get"] == "looks up or writes down, computes nothing"
    assert found["layers.Layer"] == "a base class"


def test_fixed_numbers_are_fixed_and_none_is_a_kink() -> None:
    made = numbers(3, 5)
    assert (made == numbers(3, 5)).all()
    assert len(set(made.ravel())) == 15
    assert (abs(made) < 1).all()
    assert (made != 0).all()
    assert not (made == numbers(3, 5, seed=1)).all()


@pytest.mark.parametrize("kind", sorted({case.kind for case in CASES} - {"applications"}))
def test_a_case_of_each_kind_comes_to_something(kind: str) -> None:
    own = [case for case in CASES if case.kind == kind]
    by_class = {type(case): case for case in reversed(own)}
    for case in by_class.values():
        made = observe(case, case.dtypes[0]).results
        errors = [result for result in made.values() if isinstance(result, Raised)]
        if any(raised.error == "ImportError" for raised in errors):
            continue  # of a layer that needs TensorFlow, whatever the backend
        assert len(errors) < len(made), (case.name, made)


def test_a_case_is_a_call_a_layer_or_a_procedure() -> None:
    assert {type(case) for case in CASES} == {Call, LayerCall, Procedure}
    assert Case("ops.sum", "x").kind == "ops"
