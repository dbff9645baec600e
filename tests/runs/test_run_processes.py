"""Runs in several processes: what one comes to, one folder, and one line when one dies."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import forked
import keras
import numpy as np
import pytest
from processes import (
    all_started,
    checkpoint,
    end,
    have_ended,
    numbers,
    others_started,
    record_in,
    start,
)

import keras3_lab

if not sys.platform.startswith("linux"):
    pytest.skip("processes are found in /proc", allow_module_level=True)

FEW = ("--data", "sample", "--fraction", "0.05", "--dtype", "float64")
LONG = (*FEW, "--epochs", "40", "--checkpoint-every", "1", "--batch-size", "32")
SOON_S = 20
"""When all processes have ended after one did: seconds of it, on a busy machine."""


@pytest.fixture(autouse=True)
def nothing_left() -> Iterator[None]:
    """Leave no process behind, wherever a test ended."""
    yield
    while all_started:
        all_started.pop().kill_all()


@pytest.mark.long
def test_a_run_in_two_processes_comes_to_what_it_does_in_one(tmp_path: Path) -> None:
    """240 rows by 32, and 60: batch normalization, and a last batch that is uneven."""
    process = start(
        "batch-norm", *FEW, "--epochs", "1", "--processes", "2", "--json", "--out", tmp_path / "two"
    )
    one = keras3_lab.run(
        "fmnist/batch-norm", data="sample", fraction=0.05, epochs=1, dtype="float64",
        out=tmp_path / "one", pictures=False,
    ).record  # fmt: skip
    status, out, err = end(process)
    assert status == 0, err
    two = json.loads(out)
    assert f"{keras.config.backend()} on cpu, 2 devices of 2 processes" in err
    assert (two["device"]["count"], two["device"]["processes"]) == (2, 2)
    assert one["digests"] == two["digests"]
    np.testing.assert_allclose(numbers(two), numbers(one), rtol=1e-9)
    (folder,) = (tmp_path / "two/fmnist/batch-norm").iterdir()  # of the first process alone
    assert record_in(folder)["status"] == "done"


@pytest.mark.slow
@pytest.mark.parametrize("which", ["first", "other"])
def test_when_a_process_is_killed_the_others_end_and_the_run_goes_on(
    which: str, tmp_path: Path
) -> None:
    (tmp_path / "aside").mkdir()
    process = start(
        "softmax-regression", *LONG, "--processes", "2", "--out", tmp_path,
        TMPDIR=str(tmp_path / "aside"),
    )  # fmt: skip
    folder = checkpoint(tmp_path, process)
    (other,) = others_started(process)
    os.kill(process.pid if which == "first" else other, signal.SIGKILL)
    assert have_ended(SOON_S, process.pid, other)
    status, _, err = end(process)
    lines = [line for line in err.splitlines() if line.startswith("error: ")]
    if which == "first":
        assert status == -signal.SIGKILL
        assert lines == ["error: the first process has ended, and so do the others"]
    else:
        assert status == 1
        assert lines == [
            "error: process 2 of 2 was ended by SIGKILL; "
            "the others were ended, and --resume goes on"
        ]
    assert not [*(tmp_path / "aside").iterdir()]
    status, out, err = end(start("--resume", folder, "--json"))
    assert status == 0, err
    record = json.loads(out)
    assert len(record["history"]["loss"]) == 40
    assert record["begun_on"]["device"]["processes"] == 2


@pytest.mark.slow
def test_a_run_goes_on_in_two_processes(tmp_path: Path) -> None:
    process = start("softmax-regression", *LONG, "--processes", "2", "--out", tmp_path)
    folder = checkpoint(tmp_path, process)
    os.kill(others_started(process)[0], signal.SIGKILL)
    end(process)
    status, out, err = end(start("--resume", folder, "--processes", "2", "--json"))
    assert status == 0, err
    whole = keras3_lab.run(
        "fmnist/softmax-regression", data="sample", fraction=0.05, epochs=40, dtype="float64",
        batch_size=32, out=tmp_path / "one", pictures=False,
    ).record  # fmt: skip
    np.testing.assert_allclose(numbers(json.loads(out)), numbers(whole), rtol=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize("when", ["while they start", "while they train"])
@pytest.mark.parametrize(("name", "status"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_ends_all_of_them(name: str, status: int, when: str, tmp_path: Path) -> None:
    (tmp_path / "aside").mkdir()
    process = start(
        "softmax-regression", *LONG, "--processes", "2", "--out", tmp_path,
        TMPDIR=str(tmp_path / "aside"),
    )  # fmt: skip
    if when == "while they train":
        checkpoint(tmp_path, process)
    others = others_started(process)
    process.send_signal(getattr(signal, name))
    assert have_ended(SOON_S / 4, process.pid, *others)
    found, _, err = end(process)
    assert found == status
    assert [line for line in err.splitlines() if "interrupted" in line] == ["interrupted"]
    assert "error: " not in err
    assert "Traceback" not in err
    assert not [*(tmp_path / "aside").iterdir()]


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    def refused(*arguments: str, **variables: str) -> str:
        given = ("--data", "sample", "--out", str(tmp_path), *arguments)
        done = forked.python("-m", "keras3_lab.fmnist", *given, **variables)
        assert done.returncode == 2, done.stderr
        (line,) = done.stderr.splitlines()
        return line

    line = refused("--processes", "2", "--device", "gpu")
    assert line.startswith("error: --processes starts processes on the CPU of one machine")
    assert "'--processes': must be a whole number of 1 or more; received: 0" in refused(
        "--processes", "0"
    )
    if keras.config.backend() == "jax":
        two = {"KERAS_DISTRIBUTION_NUM_PROCESSES": "2", "KERAS_DISTRIBUTION_PROCESS_ID": "2"}
        assert "JOB_ADDRESSES must name the first process" in refused(**two)
        two["KERAS_DISTRIBUTION_JOB_ADDRESSES"] = "127.0.0.1:1"
        outside = two
        two = two | {"KERAS_DISTRIBUTION_PROCESS_ID": "1"}
    else:
        cluster = {"worker": ["127.0.0.1:1", "127.0.0.1:2"]}
        outside, two = (
            {"TF_CONFIG": json.dumps({"cluster": cluster, "task": {"type": "worker", "index": n}})}
            for n in (2, 1)
        )
        assert "TF_CONFIG must name cluster and task" in refused(TF_CONFIG="[1]")
    assert "a process must have a number from 0 to 1; received: 2" in refused(**outside)
    assert "--processes must be 2, as set for all; received: 3" in refused(
        "--processes", "3", **two
    )
    assert not [*tmp_path.iterdir()]
