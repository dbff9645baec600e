"""What a lane is asked from Python, how it finds a function, and what need not be asked again."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import planted
import pytest
from traces import pair

from keras3_lab.errors import UsageError
from keras3_lab.parity import agreements, check, command
from keras3_lab.parity.agreements import Agreements
from keras3_lab.parity.checking import order
from keras3_lab.parity.compare.gates import compare_all
from keras3_lab.parity.header import Header
from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.plan import GATES, Plan, dtypes_for
from keras3_lab.parity.record.build import find_function
from keras3_lab.parity.record.recording import Recording
from keras3_lab.parity.subject import Subject

LANES = [Lane("jax", "cpu"), Lane("tensorflow", "cpu")]


class Maker:
    @staticmethod
    def make(width: int = 3) -> int:
        return width


def of_array(values: Any) -> Any:
    return values


def test_a_function_is_sent_by_name_and_file() -> None:
    subject, plan = order(partial(Maker.make, 5), gates=["G3", "G0"], steps=7, portable=True)
    assert subject.title == "test_checking:Maker.make(width=5)"
    assert (subject.file, subject.portable) == (str(Path(__file__).resolve()), True)
    assert plan == Plan(("float64",), steps=7, gates=("G0", "G3"))
    assert find_function(subject.name, subject.file, subject.options)() == 5


def test_a_script_is_sent_by_the_name_of_its_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(of_array, "__module__", "__main__")
    monkeypatch.setitem(sys.modules, "__main__", sys.modules[__name__])
    monkeypatch.setattr(sys.modules[__name__], "__spec__", None)
    subject, _ = order(of_array)
    assert (subject.name, subject.file) == ("test_checking:of_array", str(Path(__file__).resolve()))


def test_names_are_sent_as_they_are() -> None:
    assert order("module:function")[0] == Subject("module:function")
    assert order("fmnist/dropout")[0].title == "fmnist/dropout (corrected)"


@pytest.mark.parametrize(
    ("chosen", "plan"),
    [
        ({"quick": True}, Plan(("float64",), steps=12, gates=("G0", "G1"))),
        ({"quick": True, "steps": 3}, Plan(("float64",), steps=3, gates=("G0", "G1"))),
        ({"quick": True, "epochs": 2}, Plan(("float64",), epochs=2, gates=("G0", "G1"))),
        ({"quick": True, "gates": "G2"}, Plan(steps=12, gates=("G2",))),
        ({"gates": "G3,G0"}, Plan(("float64",), gates=("G0", "G3"))),
        ({}, Plan()),
    ],
)
def test_quick_is_a_few_gates_and_steps(chosen: dict[str, Any], plan: Plan) -> None:
    usual = {"dtype": "both", "steps": None, "epochs": None, "seed": 42, "seeds": 5}
    assert command._plan(**{**usual, **chosen}) == plan


@pytest.mark.parametrize(
    ("make", "options", "message"),
    [
        (lambda: None, {}, r"test_checking.<lambda> cannot be found there by its name; define it"),
        (len, {}, "builtins.len cannot be found there"),
        (5, {}, "make must be a function that returns a model and data.*; received: int"),
        (partial(of_array, [1]), {}, r"numbers, strings, booleans and None; received: values=\[1"),
        (partial(of_array, other=1), {}, "make does not fit its function: got an unexpected"),
        ("mnist/losses", {}, "'mnist/losses' is [0-9]+ trainings; make must be a single one"),
        ("module:f", {"gates": []}, "gates must be one or more of G0, G1, G2, G3; received: $"),
        ("module:f", {"gates": ["G7"]}, "received: G7"),
        ("module:f", {"gates": "G1"}, "gates must be a list of names; received: 'G1'"),
        ("module:f", {"steps": 0}, "steps must be 1 or more; received: 0"),
        ("module:f", {"lanes": ["jax:cpu", "jax:cpu"]}, "each name may stand there once"),
        ("module:f", {"lanes": ["jax:cpu"]}, "parity needs 2 lanes that can train"),
    ],
)
def test_what_cannot_be_checked_is_told_in_a_line(
    make: Any, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message) as error:
        check(make, **options)
    assert "\n" not in str(error.value)


def test_a_lane_checks_nothing_while_it_imports_a_module(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS3_LAB_LANE", "jax:cpu")
    with pytest.raises(UsageError, match="under `if __name__ == '__main__':`"):
        check("module:function")


def test_a_module_is_found_by_its_file_where_another_has_its_name(tmp_path: Path) -> None:
    here = tmp_path / "planted.py"
    here.write_text("def sound():\n    return 'another'\n")
    try:
        assert find_function("planted:sound", str(here))() == "another"
        assert find_function("planted:sound", str(here)) is sys.modules["planted"].sound
        again = find_function("planted:sound", planted.__file__)
        assert again.__code__.co_filename == planted.__file__
        with pytest.raises(UsageError, match=r"cannot be imported: ModuleNotFoundError.*absent"):
            here.write_text("import absent\n")
            find_function("fresh.name:sound", str(here))
        assert "fresh.name" not in sys.modules
    finally:
        sys.modules["planted"] = planted


@pytest.mark.parametrize("gates", [("G0",), ("G0", "G1"), ("G1", "G3"), ("G0", "G2")])
def test_what_no_chosen_gate_needs_is_not_run(gates: tuple[str, ...]) -> None:
    plan = Plan(dtypes_for(gates), steps=2, ulps=1, seeds=1, gates=gates)
    trace = Recording(lambda seed: planted.sound(), plan).record(Header("a:cpu", Subject("sound")))
    assert list(trace.artifacts) == (["float64"] if "G3" in gates else [])
    names = {"float64/main"} | ({"float32/main", "float32/moved/1"} if "G2" in gates else set())
    assert {str(name) for name in trace.runs} == names
    assert set(trace.header.digests["float64"]) == {"data", "weights", "order", "masks"}
    run = trace.main("float64")
    assert bool(run.steps) == (gates != ("G0",))
    assert run.rows


@pytest.mark.parametrize("gates", [("G0",), ("G1", "G3"), GATES])
def test_chosen_gates_alone_are_judged(gates: tuple[str, ...]) -> None:
    traces = pair()
    for trace in traces:
        trace.header.plan = Plan(gates=gates)
    assert {check.gate for check in compare_all(traces)} == set(gates)


class Kept(dict):
    """A store as pytest's cache is one."""

    set = dict.__setitem__


SUBJECT = Subject("models:make", options={"width": 3}, file="models.py")
PLAN = Plan(steps=5)


@pytest.fixture
def agreed(tmp_path: Path) -> Agreements:
    (tmp_path / "models.py").write_text("width = 3")
    (tmp_path / "parts.py").write_text("depth = 2")
    made = Agreements(Kept(), tmp_path, LANES)
    made.add(SUBJECT, PLAN, [tmp_path / "models.py", tmp_path / "parts.py"])
    assert made.holds(SUBJECT, PLAN)
    return made


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: (folder / "parts.py").write_text("depth = 3"),
        lambda folder: (folder / "parts.py").unlink(),
        lambda folder: (folder / "models.py").write_text("width = 3 "),
    ],
    ids=["other content", "gone", "a space"],
)
def test_what_agreed_does_not_hold_where_a_file_has_changed(
    change: Callable[[Path], Any], agreed: Agreements, tmp_path: Path
) -> None:
    change(tmp_path)
    assert not agreed.holds(SUBJECT, PLAN)


def test_what_agreed_says_nothing_of_another_question(agreed: Agreements, tmp_path: Path) -> None:
    assert not agreed.holds(Subject("models:make", options={"width": 4}, file="models.py"), PLAN)
    assert not agreed.holds(SUBJECT, Plan(steps=6))
    assert not agreed.holds(SUBJECT, Plan(steps=5, gates=("G0",)))
    assert not Agreements(agreed._store, tmp_path, LANES[:1]).holds(SUBJECT, PLAN)


@pytest.mark.parametrize("flag", ["XLA_FLAGS", "TF_ENABLE_ONEDNN_OPTS", "JAX_ENABLE_X64"])
def test_what_agreed_does_not_hold_in_another_environment(
    flag: str, agreed: Agreements, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(flag, "something else")
    agreements.environment.cache_clear()
    try:
        assert not agreed.holds(SUBJECT, PLAN)
    finally:
        agreements.environment.cache_clear()
