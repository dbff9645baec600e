"""A lane's process: takes jobs as lines of JSON, answers in lines of JSON.

Started by `keras3_lab.parity.lanes` with the environment that decides backend and device.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras3_lab.errors import UsageError
from keras3_lab.parity import trace as traces
from keras3_lab.parity.items import Item
from keras3_lab.parity.lint import lint
from keras3_lab.parity.plan import Plan
from keras3_lab.parity.problem import Subject
from keras3_lab.parity.recording import (
    SAVING_ERRORS,
    perturb,
    precision,
    prepare,
    record,
    resume,
)
from keras3_lab.parity.replay import LocalReplay
from keras3_lab.parity.trace import Trace


class Worker:
    """Does the jobs of one lane, one after the other.

    Args:
        lane: Name of the lane.
        device: Its device.
        answer: Sends an answer or a word of progress.
    """

    def __init__(self, lane: str, device: str, answer: Any) -> None:
        self._lane, self._device, self._answer = lane, device, answer
        self._replay: LocalReplay | None = None
        self._precision = ExitStack()

    def hello(self) -> dict[str, Any]:
        """Say what is here."""
        return {"devices": keras.distribution.list_devices()}

    def record(
        self, subject: dict[str, Any], plan: dict[str, Any], out: str, moved: bool = False
    ) -> dict[str, Any]:
        """Record a trace."""
        self.close()  # an open replay holds its precision
        what, how = Subject(**subject), Plan.from_json(plan)
        header = {
            "subject": what.name,
            "variant": what.variant,
            "portable": what.portable,
            "versions": {"keras": keras.__version__, "numpy": np.__version__, **_versions()},
            "device": self._device,
        }
        made = record(what.make, how, self._lane, header, self._progress, moved=moved)
        traces.save(made, Path(out))
        return {}

    def resume(
        self, subject: dict[str, Any], plan: dict[str, Any], source: str, dtype: str, out: str
    ) -> dict[str, Any]:
        """Go on with another lane's run."""
        self.close()
        what, how = Subject(**subject), Plan.from_json(plan)
        theirs = traces.load(Path(source))
        header = {"subject": what.name, "lane": self._lane, "names": {}, "digests": {}}
        made = Trace(header)
        try:
            run = resume(what.make, how, theirs, dtype, self._progress)
            made.runs[f"{dtype}/from/{theirs.lane}"] = run
        except SAVING_ERRORS as error:
            # The gate says so, and goes on.
            if isinstance(error, UsageError):
                raise
            made.header["failed"] = {
                theirs.lane: f"{type(error).__name__}: {str(error).splitlines()[0]}"
            }
        traces.save(made, Path(out))
        return {}

    def perturb(
        self, subject: dict[str, Any], plan: dict[str, Any], own: str, out: str
    ) -> dict[str, Any]:
        """Run once more in float64, from weights moved by one ulp."""
        self.close()
        what, how = Subject(**subject), Plan.from_json(plan)
        made = Trace({"subject": what.name, "lane": self._lane, "names": {}, "digests": {}})
        made.runs |= perturb(what.make, how, traces.load(Path(own)), self._progress)
        traces.save(made, Path(out))
        return {}

    def open(self, subject: dict[str, Any], plan: dict[str, Any], dtype: str) -> dict[str, Any]:
        """Begin a replay."""
        self._precision.close()
        self._precision.enter_context(precision(dtype))
        how = Plan.from_json(plan)
        self._replay = LocalReplay(prepare(Subject(**subject).make, how, lambda steps: None))
        return {}

    def state(self, step: int, out: str) -> dict[str, Any]:
        """Write the state before a step."""
        return _write(self._opened().state(step), out)

    def inspect(self, step: int, out: str) -> dict[str, Any]:
        """Write all that a step computes."""
        return _write(self._opened().inspect(step), out)

    def close(self) -> dict[str, Any]:
        """End a replay."""
        self._replay = None
        self._precision.close()
        return {}

    def lint(self, subject: dict[str, Any]) -> dict[str, Any]:
        """Say what is known to differ."""
        return {"findings": [f.to_json() for f in lint(Subject(**subject).make(0))]}

    def _opened(self) -> LocalReplay:
        if self._replay is None:
            raise RuntimeError("no replay is open")
        return self._replay

    def _progress(self, what: str, done: int, total: int) -> None:
        self._answer({"progress": [what, done, total]})


def _write(items: list[Item], out: str) -> dict[str, Any]:
    np.savez(out, **{str(i): item.value for i, item in enumerate(items)})  # type: ignore[arg-type]  # NumPy\'s stubs
    return {"names": [[item.kind, item.name] for item in items]}


def _versions() -> dict[str, str]:
    if keras.backend.backend() == "numpy":
        return {}
    from keras3_lab.engine.program import backend

    versions: dict[str, str] = backend().VERSIONS
    return versions


def main() -> None:
    """Serve until standard input ends."""
    # Whatever prints to standard output would break the answers: it goes to standard error.
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(message: dict[str, Any]) -> None:
        channel.write(json.dumps(message) + "\n")
        channel.flush()

    worker = Worker(*sys.argv[1:], answer)
    for line in sys.stdin:
        job = json.loads(line)
        do = partial(getattr(worker, job.pop("do")), **job)
        try:
            answer({"done": do()})
        except UsageError as error:
            answer({"usage": str(error)})
        except Exception:  # whatever it is, it belongs to the process that asked
            answer({"error": traceback.format_exc()})


if __name__ == "__main__":
    main()
