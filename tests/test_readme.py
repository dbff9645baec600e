"""README's lines work as they stand; `nox -s readme` runs all of them."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest
import readme

import keras3_lab

pytestmark = pytest.mark.once


@pytest.mark.long
@pytest.mark.skipif(
    not Path(sys.prefix, "bin", "activate").exists(), reason="no virtual environment of venv's"
)
def test_light_lines_run_as_they_stand_after_keras_was_used(tmp_path) -> None:
    """Those that take no minutes, where Keras has written its keras.json before."""
    environment = readme.fresh_environment(tmp_path)
    environment["PYTHONPATH"] = str(Path(keras3_lab.__file__).parents[1])
    Path(tmp_path, ".venv").symlink_to(sys.prefix)
    activate, *others = readme.shell_lines("Use it")
    light = [line for line in others if re.search(r"keras3_lab (ls|data|show)\b", line)]
    assert len(light) == 3
    first = f"KERAS_BACKEND={keras3_lab.backends.require()} .venv/bin/python -c 'import keras'"
    done = readme.run(
        [first, activate, *light], environment, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "tensorflow" in Path(environment["HOME"], ".keras", "keras.json").read_text()
    for words in ("fmnist/dropout", "bundled sample", "Architecture"):
        assert words in done.stdout
