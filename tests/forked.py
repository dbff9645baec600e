"""Python in a process of its own, forked from one that has imported Keras: that takes seconds.

What is read while Keras or its backend is imported, and which of them is, only a new interpreter
shows: `subprocess` is for that.
"""

from __future__ import annotations

import atexit
import functools
import json
import os
import runpy
import subprocess
import sys
import tempfile
import traceback
from pathlib import Path

READ_AT_IMPORT = ("KERAS_BACKEND", "KERAS_HOME", "JAX_ENABLE_X64")


def python(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS`, which are `-c CODE` or `-m MODULE ARGUMENTS`."""
    environment = os.environ | variables
    server = _server(*((name, environment[name]) for name in READ_AT_IMPORT if name in environment))
    with tempfile.TemporaryDirectory() as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        asked = [[*map(str, arguments)], environment, str(Path.cwd()), str(out), str(err)]
        server.stdin.write(json.dumps(asked) + "\n")
        server.stdin.flush()
        status = int(server.stdout.readline())
        return subprocess.CompletedProcess(arguments, status, out.read_text(), err.read_text())


@functools.cache
def _server(*read_at_import: tuple[str, str]) -> subprocess.Popen[str]:
    server = subprocess.Popen(
        [sys.executable, "-c", "import forked; forked.serve()"],
        env=os.environ | dict(read_at_import) | {"PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    atexit.register(server.communicate)  # which ends it: there is nothing more to read
    return server


def serve() -> None:
    """Fork for each line of standard input, and answer the status that the process ends with."""
    import keras  # noqa: F401
    import matplotlib.pyplot  # noqa: F401
    import sklearn.model_selection  # noqa: F401

    for line in sys.stdin:
        arguments, environment, folder, *files = json.loads(line)
        child = os.fork()
        if child == 0:
            for number, file in enumerate(files, start=1):
                os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), number)
            os.chdir(folder)
            os.environ.clear()
            os.environ.update(environment)
            os._exit(_status(*arguments))  # taking apart what Keras has imported takes a second
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        sys.stdout.write(f"{status}\n")
        sys.stdout.flush()


def _status(kind: str, program: str, *arguments: str) -> int:
    sys.argv = [kind, *arguments]
    status = 0
    try:
        if kind == "-m":
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
