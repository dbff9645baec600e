"""Python in a process of its own, forked from one that has imported Keras: that takes seconds.

What is read while Keras or its backend is imported, and which of them is, only a new interpreter
shows: `subprocess` is for that. All workers share a server for each environment that Keras has read
at import. `PYTHON` stands in for `sys.executable`; so it does in what it has started, such as the
lanes of parity.
"""

from __future__ import annotations

import atexit
import contextlib
import fcntl
import gc
import hashlib
import importlib
import json
import os
import runpy
import select
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path

READ_AT_IMPORT = ("KERAS_BACKEND", "KERAS_HOME", "JAX_ENABLE_X64")
PYTHON = os.environ["FORKED_PYTHON"]
"""A program; `tests/conftest.py` says where."""


def install() -> None:
    """Write the program `PYTHON`."""
    program = Path(PYTHON)
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -IS "{__file__}" "$@"\n')
    program.chmod(0o700)


def python(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS`: `-c CODE`, `-m MODULE ARGUMENTS` or `FILE ARGUMENTS`."""
    environment = os.environ | variables
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        files = (out.fileno(), err.fileno())
        with Path(os.devnull).open() as nothing:
            given = [*map(str, arguments)], environment, (nothing.fileno(), *files)
            try:
                status = _ask(*given)
            except OSError:
                start(environment)
                status = _ask(*given)
        out.seek(0)
        err.seek(0)
        return subprocess.CompletedProcess(arguments, status, out.read(), err.read())


def start(environment: Mapping[str, str] = os.environ) -> None:
    """Start the server for an environment, where none runs."""
    address = _address(environment)
    with Path(f"{address}.lock").open("w") as lock, socket.socket(socket.AF_UNIX) as probe:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(OSError):
            probe.connect(address)
            return
        Path(address).unlink(missing_ok=True)
        read = {name: environment[name] for name in READ_AT_IMPORT if name in environment}
        server = subprocess.Popen(
            [sys.executable, "-c", "import forked; forked.serve()", address],
            env=os.environ | read | {"PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert server.stdout.readline() == "ready\n"
        atexit.register(server.communicate)  # which ends it


def _address(environment: Mapping[str, str]) -> str:
    read = json.dumps([environment.get(name) for name in READ_AT_IMPORT])
    return f"{PYTHON}-{hashlib.sha256(read.encode()).hexdigest()[:8]}"


def _ask(arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[int]) -> int:
    """Have a server run Python on these files, and return the status that it ends with."""
    asked = json.dumps([arguments, dict(environment), str(Path.cwd())]).encode()
    with socket.socket(socket.AF_UNIX) as server:
        server.connect(_address(environment))
        socket.send_fds(server, [len(asked).to_bytes(8)], files)
        server.sendall(asked)
        return int(server.makefile().readline())


def serve() -> None:
    """Fork for whoever asks, until standard input ends."""
    import keras  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import sklearn.model_selection  # noqa: F401

    gc.freeze()
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(sys.argv[1])
        listener.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while sys.stdin not in select.select([listener, sys.stdin], [], [])[0]:
            connection, _ = listener.accept()
            if os.fork() == 0:
                listener.close()
                _answer(connection)
                os._exit(0)
            connection.close()
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass


def _answer(connection: socket.socket) -> None:
    length, files, *_ = socket.recv_fds(connection, 8, 3)
    if not length:  # someone asked whether we are here
        return
    text = connection.recv(int.from_bytes(length), socket.MSG_WAITALL)
    arguments, environment, folder = json.loads(text)
    child = os.fork()
    if child == 0:
        connection.close()
        for number, file in enumerate(files):
            os.dup2(file, number)
            os.close(file)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        sys.path[1:1] = environment.get("PYTHONPATH", "").split(os.pathsep)
        sys.executable = PYTHON
        sys.modules.pop("sitecustomize", None)
        with contextlib.suppress(ImportError):  # as any Python does when it starts
            importlib.import_module("sitecustomize")
        os._exit(_status(*arguments))  # taking apart what Keras has imported takes a second
    for file in files:
        os.close(file)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    connection.sendall(f"{status}\n".encode())


def _status(kind: str, *arguments: str) -> int:
    if kind.startswith("-"):
        kind, program, *rest = kind[:2], *([kind[2:]] if kind[2:] else []), *arguments
    else:
        program, rest = kind, [*arguments]
    sys.argv = [kind, *rest]
    status = 0
    try:
        if kind == program:
            runpy.run_path(program, run_name="__main__")
        elif kind == "-m":
            runpy.run_module(program, run_name="__main__", alter_sys=True)
        else:
            exec(compile(program, "<string>", "exec"), {"__name__": "__main__"})  # noqa: S102
    except SystemExit as stop:
        assert stop.code is None or isinstance(stop.code, int)
        status = stop.code or 0
    except BaseException:  # as Python itself ends a program: with a traceback, and status 1
        traceback.print_exc()
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return status


def main() -> None:
    """Run what `PYTHON` is told to: in a fork, or where there is no server in Python itself."""
    try:
        status = _ask(sys.argv[1:], os.environ, (0, 1, 2))
    except OSError:
        os.execv(sys.executable, [sys.executable, *sys.argv[1:]])  # noqa: S606
    if status < 0:
        os.kill(os.getpid(), -status)
    os._exit(status)


if __name__ == "__main__":
    main()
