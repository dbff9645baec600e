"""The tables of faults fit the code, and the runner tells what survives."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import pytest
from mutant_table import HERE, Mutant, mistakes, read

ROOT = HERE.parents[1]


def test_every_row_fits_the_code() -> None:
    mutants = read()
    assert mistakes(mutants, ROOT) == []
    assert len(mutants) >= 60


def test_the_tests_that_must_notice_are_in_the_default_suite(
    request: pytest.FixtureRequest,
) -> None:
    arguments, marks = request.config.args, request.config.getoption("markexpr")
    if [Path(argument).name for argument in arguments] != ["tests"] or "long" in marks:
        pytest.skip("only where the whole suite is collected")
    run = {item.nodeid for item in request.session.items}
    run |= {name.partition("[")[0] for name in run}
    listed = {test for m in read() if m.backend == keras.config.backend() for test in m.tests}
    assert listed - run == set()


def test_mistakes_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = 1\ny = 1\n")
    (tmp_path / "test_a.py").write_text("def test_x(): pass\n")
    good = Mutant("good", "a.py", "x = 1", "x = 2", ("test_a.py::test_x[0]",))
    assert mistakes([good], tmp_path) == []
    wrong = [
        Mutant("stale", "a.py", "z = 1", "", ("test_a.py::test_x",)),
        Mutant("not one place", "a.py", "= 1", "= 2", ("test_a.py::test_x",)),
        Mutant("no file", "b.py", "x", "y", ("test_a.py::test_x",)),
        Mutant("no change", "a.py", "y = 1", "y = 1", ("test_a.py::test_x",)),
        Mutant(
            "no such test", "a.py", "y = 1", "y = 2", ("test_a.py::test_y", "test_b.py::test_x")
        ),
        Mutant("untested", "a.py", "y = 1", "y = 3", ()),
        good,
    ]
    assert mistakes([good, *wrong], tmp_path) == [
        "good: listed twice",
        "a.py: 'x = 1' is replaced twice",
        "stale: `old` occurs 0 times in a.py",
        "not one place: `old` occurs 2 times in a.py",
        "no file: `old` occurs 0 times in b.py",
        "no change: `new` is the same as `old`",
        "no such test: there is no test test_a.py::test_y",
        "no such test: there is no test test_b.py::test_x",
        "untested: no tests",
    ]


ROW = """
[[mutant]]
what = "{what}"
file = "keras3_lab/sums.py"
old = '''{old}'''
new = '''{new}'''
tests = ["tests/test_sums.py::test_{test}"]
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of two functions, of which the tests know one."""
    root = tmp_path_factory.mktemp("project")
    (root / "keras3_lab").mkdir()
    (root / "keras3_lab" / "__init__.py").touch()
    code = "def add(a, b):\n    return a + b\n\n\ndef half(a):\n    return a / 2\n"
    (root / "keras3_lab" / "sums.py").write_text(code)
    copied = root / "tests" / "mutants"
    shutil.copytree(HERE, copied, ignore=shutil.ignore_patterns("*.toml", "test_*", "__pycache__"))
    shutil.copy2(HERE.parent / "versions.py", root / "tests")
    (root / "tests" / "test_sums.py").write_text(
        "from keras3_lab.sums import add, half\n\n\n"
        "def test_add():\n    assert add(2, 2) == 4\n\n\n"
        "def test_half():\n    assert half(0) == 0\n"
    )
    rows = [
        ROW.format(what="killed", old="a + b", new="a - b", test="add"),
        ROW.format(what="broken", old="return a + b", new="return a +", test="add"),
        ROW.format(what="surviving", old="a / 2", new="a / 3", test="half"),
        ROW.format(what="elsewhere", old="a / 2", new="a / 4", test="half") + 'backend = "none"\n',
    ]
    (copied / "table.toml").write_text("".join(rows))
    return root


def plant(project: Path, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, project / "tests" / "mutants", *arguments],
        env=os.environ | {"KERAS_BACKEND": "jax", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.once
def test_a_surviving_fault_ends_with_1_and_is_in_the_table(project: Path, tmp_path: Path) -> None:
    page = tmp_path / "mutants.md"
    result = plant(project, "--table", str(page), "--jobs", "2")
    assert result.returncode == 1, result.stderr
    assert result.stdout.endswith("3 faults, 1 survived\n")
    table = page.read_text()
    assert "3 faults, 1 survived. Python 3." in table
    assert "| killed | `keras3_lab/sums.py` | `tests/test_sums.py::test_add` | " in table
    assert "| broken | `keras3_lab/sums.py` | error: " in table
    assert "| surviving | `keras3_lab/sums.py` | **survived** | " in table
    assert "a + b" in (project / "keras3_lab" / "sums.py").read_text()


@pytest.mark.once
def test_faults_that_are_noticed_end_with_0(project: Path) -> None:
    result = plant(project, "--only", "killed")
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("1 faults, 0 survived\n")


@pytest.mark.once
def test_tests_that_fail_without_a_fault_are_told(project: Path, tmp_path: Path) -> None:
    broken = tmp_path / "project"
    shutil.copytree(project, broken)
    tests = broken / "tests" / "test_sums.py"
    tests.write_text(tests.read_text().replace("== 4", "== 5"))
    result = plant(broken, "--only", "killed")
    assert result.returncode == 1
    assert "without a fault, the tests fail" in result.stderr
