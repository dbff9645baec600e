"""The backend is chosen before Keras is imported, and a wrong one is said in a line."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys

import pytest

INSTALLED = [n for n in ("jax", "tensorflow") if importlib.util.find_spec(n)]
MISSING = [n for n in ("jax", "tensorflow") if n not in INSTALLED]
SHOW = "import keras3_lab; print(keras3_lab.backends.require())"


def python(code: str, home, **variables: str) -> subprocess.CompletedProcess:
    environment = {k: v for k, v in os.environ.items() if k != "KERAS_BACKEND"}
    environment |= {"KERAS_HOME": str(home), **variables}
    return subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )


def test_the_installed_backend_is_taken_jax_first(tmp_path) -> None:
    assert python(SHOW, tmp_path).stdout.split() == INSTALLED[:1]


def test_the_package_imports_neither_keras_nor_a_backend(tmp_path) -> None:
    code = "import sys, keras3_lab; print([m for m in ('keras', 'jax', 'tensorflow', 'numpy')"
    assert python(f"{code} if m in sys.modules])", tmp_path).stdout.strip() == "[]"


def test_keras_json_is_respected(tmp_path) -> None:
    (tmp_path / "keras.json").write_text(json.dumps({"backend": INSTALLED[-1]}))
    assert python(SHOW, tmp_path).stdout.split() == INSTALLED[-1:]


def test_the_environment_comes_before_keras_json(tmp_path) -> None:
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "torch"}))
    result = python(SHOW, tmp_path, KERAS_BACKEND=INSTALLED[0])
    assert result.stdout.split() == INSTALLED[:1]


@pytest.fixture(scope="module")
def first_import(tmp_path_factory) -> tuple[str, str]:
    """The backend that Keras runs on, and what it writes by itself to keras.json."""
    home = tmp_path_factory.mktemp("keras")
    result = python("import keras3_lab, keras; print(keras.config.backend())", home)
    return result.stdout.strip(), (home / "keras.json").read_text()


@pytest.fixture(scope="module")
def by_keras(first_import: tuple[str, str]) -> str:
    return first_import[1]


def test_keras_runs_on_the_chosen_backend(first_import: tuple[str, str]) -> None:
    assert first_import[0] == INSTALLED[0]


def test_what_keras_wrote_by_itself_is_no_choice(tmp_path, by_keras: str) -> None:
    """It says "tensorflow", whatever is installed: what deviates is told once, in one line."""
    (tmp_path / "keras.json").write_text(by_keras)
    assert json.loads(by_keras)["backend"] == "tensorflow"
    result = python(f"{SHOW}; keras3_lab.backends.require()", tmp_path)
    assert result.stdout.split() == INSTALLED[:1]
    errors = result.stderr.splitlines()
    if INSTALLED[0] == "tensorflow":
        assert errors == []
    else:
        (line,) = errors
        assert line.startswith("running on jax: ")
        assert str(tmp_path / "keras.json") in line


@pytest.mark.long
def test_a_public_function_runs_on_it_and_tells(tmp_path, by_keras: str) -> None:
    (tmp_path / "keras.json").write_text(by_keras)
    code = "import keras3_lab, keras; keras3_lab.fit; print(keras.config.backend())"
    result = python(code, tmp_path)
    assert result.stdout.split() == INSTALLED[:1], result.stderr
    assert ("running on jax" in result.stderr) == (INSTALLED[0] == "jax")


@pytest.mark.skipif("tensorflow" in INSTALLED, reason="the backend of the file must be missing")
@pytest.mark.parametrize("name", ["fit", "layers", "losses", "models", "portable"])
def test_a_backend_that_is_missing_is_told_by_the_library(tmp_path, name: str) -> None:
    """Not Keras's ModuleNotFoundError from the depth of its imports."""
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "tensorflow"}))
    result = python(f"from keras3_lab import {name}", tmp_path)
    last = result.stderr.splitlines()[-1]
    assert last.startswith("keras3_lab.errors.UsageError: ")
    assert f"{tmp_path / 'keras.json'} names the backend 'tensorflow', which is not" in last


@pytest.mark.parametrize("argument", ["--help", "ls", "data"])
def test_what_needs_no_backend_tells_nothing(tmp_path, by_keras: str, argument: str) -> None:
    (tmp_path / "keras.json").write_text(by_keras)
    code = f"import sys; sys.argv[1:] = [{argument!r}]; from keras3_lab import __main__ as lab"
    result = python(f"{code}; lab.main()", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize(
    "edit", [{"floatx": "float64"}, {"epsilon": 1e-6}, {"image_data_format": "channels_first"}]
)
def test_an_edited_keras_json_is_a_choice(tmp_path, by_keras: str, edit: dict) -> None:
    (tmp_path / "keras.json").write_text(json.dumps(json.loads(by_keras) | edit))
    result = python(SHOW, tmp_path)
    assert "running on" not in result.stderr
    if "tensorflow" in INSTALLED:
        assert result.stdout.split() == ["tensorflow"]
    else:
        assert f"{tmp_path / 'keras.json'} names the backend 'tensorflow'" in result.stderr


def test_a_backend_named_after_the_import_counts(tmp_path, by_keras: str) -> None:
    (tmp_path / "keras.json").write_text(by_keras)
    code = "import os, keras3_lab; os.environ['KERAS_BACKEND'] = 'torch'; keras3_lab.fit"
    result = python(code, tmp_path)
    assert "KERAS_BACKEND names the backend 'torch'" in result.stderr
    assert "running on jax: " not in result.stderr


def test_an_unreadable_keras_json_names_nothing(tmp_path) -> None:
    (tmp_path / "keras.json").write_text("{")
    assert python(SHOW, tmp_path).stdout.split() == INSTALLED[:1]


@pytest.mark.parametrize("name", ["torch", *MISSING])
@pytest.mark.parametrize("by", ["environment", "keras.json"])
def test_a_backend_that_cannot_run_is_an_error_of_one_line(tmp_path, name: str, by: str) -> None:
    variables = {"KERAS_BACKEND": name} if by == "environment" else {}
    if by == "keras.json":
        (tmp_path / "keras.json").write_text(json.dumps({"backend": name}))
    code = "from keras3_lab.cli import run_chapter; run_chapter('fmnist')"
    result = python(code, tmp_path, **variables)
    assert result.returncode == 2
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert repr(name) in line
    assert "KERAS_BACKEND" in line or "keras.json" in line
    assert "runs on jax or tensorflow" in line or "is not installed" in line
