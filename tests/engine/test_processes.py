"""Several processes: the numbers of one, each on its own rows."""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import forked
import keras
import numpy as np
import pytest

from keras3_lab import processes
from keras3_lab.errors import UsageError
from keras3_lab.processes import Place

JAX = keras.config.backend() == "jax"
PATH = os.pathsep.join([str(Path(__file__).parent), *filter(None, sys.path)])


def addresses(count: int) -> tuple[str, ...]:
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return tuple(f"127.0.0.1:{one.getsockname()[1]}" for one in sockets)


def in_two_processes() -> list[dict]:
    """Return what the two of `processes_cases` tell."""
    where = addresses(2)
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "processes_cases", str(number), "numbers"],
            env=os.environ
            | {"PYTHONPATH": PATH}
            | processes.variables(keras.config.backend(), Place(number, 2, where)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for number in range(2)
    ]
    try:
        said = [process.communicate(timeout=400) for process in running]
    finally:
        for process in running:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
    for process, (_, err) in zip(running, said, strict=True):
        assert process.returncode == 0, err[-3000:]
    return [json.loads(out.splitlines()[-1]) for out, _ in said]


@pytest.mark.slow  # 20 seconds of each of three processes
def test_two_processes_train_as_one_does() -> None:
    """All that looks beyond a row, uneven last batches, and batches smaller than the devices."""
    first, other = in_two_processes()
    alone = json.loads(forked.python("-m", "processes_cases", "alone", PYTHONPATH=PATH).stdout)
    for ours, theirs in zip(first["numbers"], alone["numbers"], strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-9, atol=1e-12)
    assert first["plan"] == other["plan"] == [4 if JAX else 2, "compiled"]
    # Neither has all rows of a batch of 8, and together they have each once.
    assert (first["rows"], other["rows"]) == ([0, 1, 2, 3], [4, 5, 6, 7])
    own, iterator = first["refused"]
    assert own.startswith("several processes cannot share a batch of it: ")
    assert iterator.startswith("x must be arrays where several processes share its batches")


def test_places_are_read_as_they_are_written(monkeypatch) -> None:
    place = Place(1, 2, ("10.0.0.1:1234", "10.0.0.2:1234"))
    for backend in ("jax", "tensorflow"):
        for name, value in processes.variables(backend, place).items():
            monkeypatch.setenv(name, value)
        assert processes.here(backend) == place
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    task = {"type": "worker", "index": 1}
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": cluster, "task": task}))
    assert processes.here("tensorflow") == Place(2, 3, ("a:1", "b:1", "c:1"))
    monkeypatch.delenv("TF_CONFIG")
    monkeypatch.delenv("KERAS_DISTRIBUTION_NUM_PROCESSES")
    assert processes.here("tensorflow") == processes.here("jax") == Place()


@pytest.mark.skipif(not JAX, reason="TensorFlow takes addresses as they are given")
def test_a_host_whose_name_leads_nowhere_is_told(monkeypatch) -> None:
    import jax  # noqa: TID251

    on_jax = importlib.import_module("keras3_lab.engine.jax.processes")

    def refused(names: list[str]) -> None:
        raise jax.errors.JaxRuntimeError("UNKNOWN: Gloo context initialization failed")

    monkeypatch.setattr(on_jax, "_connect", refused)
    monkeypatch.setattr(socket, "gethostbyname", lambda name: "127.0.1.1")
    with pytest.raises(UsageError, match=r"the name of each host must .* is 127\.0\.1\.1"):
        on_jax._meet_by_name(["cpu:0"])
    monkeypatch.setattr(socket, "gethostbyname", lambda name: "10.0.0.1")
    with pytest.raises(jax.errors.JaxRuntimeError, match="Gloo"):
        on_jax._meet_by_name(["cpu:0"])
