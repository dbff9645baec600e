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


def test_keras_runs_on_the_chosen_backend(tmp_path) -> None:
    result = python("import keras3_lab, keras; print(keras.config.backend())", tmp_path)
    assert result.stdout.split() == INSTALLED[:1]


def test_keras_json_is_respected(tmp_path) -> None:
    (tmp_path / "keras.json").write_text(json.dumps({"backend": INSTALLED[-1]}))
    assert python(SHOW, tmp_path).stdout.split() == INSTALLED[-1:]


def test_the_environment_comes_before_keras_json(tmp_path) -> None:
    (tmp_path / "keras.json").write_text(json.dumps({"backend": "torch"}))
    result = python(SHOW, tmp_path, KERAS_BACKEND=INSTALLED[0])
    assert result.stdout.split() == INSTALLED[:1]


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
