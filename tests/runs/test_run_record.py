"""The run record as JSON, and what it says of machine and versions."""

from __future__ import annotations

import importlib
import json
import os
import platform
from pathlib import Path

import keras
import numpy as np
import pytest
import sklearn

import keras3_lab
from keras3_lab.runs import record


def test_a_record_is_written_as_json_has_it(tmp_path) -> None:
    written = {
        "loss": np.float32(0.5), "epochs": np.int64(3), 7: (1, 2.5, None), "name": "é",
        "nested": {"flag": True, "path": Path("a/b")},
    }  # fmt: skip
    record.write_record(written, tmp_path / "record.json")
    text = (tmp_path / "record.json").read_text()
    assert json.loads(text) == {
        "loss": 0.5, "epochs": 3, "7": [1, 2.5, None], "name": "é",
        "nested": {"flag": True, "path": "a/b"},
    }  # fmt: skip
    assert '"name": "é"' in text
    assert text == record.to_json(written)
    assert text.endswith("}\n")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(np.float64(0.1), 0.1), (np.bool_(True), True), ([np.int32(1)], [1]), (None, None)],
)
def test_plain_values_are_pythons_own(value, expected) -> None:
    found = record.plain(value)
    assert found == expected
    assert type(found) is type(expected)


def test_versions_are_those_installed() -> None:
    found = record.versions()
    backend = keras.config.backend()
    assert found == {
        "keras3_lab": keras3_lab.__version__,
        "python": platform.python_version(),
        "keras": keras.__version__,
        "numpy": np.__version__,
        "scikit-learn": sklearn.__version__,
        backend: importlib.import_module(backend).__version__,
    }


def test_hardware_is_this_machines() -> None:
    found = record.hardware("cpu")
    assert (found["platform"], found["cores"]) == ("cpu", os.cpu_count())
    cpu = Path("/proc/cpuinfo")
    if cpu.exists() and "model name" in cpu.read_text():
        assert f": {found['kind']}\n" in cpu.read_text()
