"""A pytest plugin: runs Keras's tests, with our functions in Keras's place where it is told to.

It is told by the environment: `PEER_OUTCOMES` is the file for what became of each test, `PEER_OURS`
is set where `patch_keras` is to be called.
"""

from __future__ import annotations

import gc
import json
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

outcomes: dict[str, dict[str, Any]] = {}


def _entry(nodeid: str) -> dict[str, Any]:
    """Return what is known of a test, by a name without addresses in memory."""
    return outcomes.setdefault(re.sub("0x[0-9a-f]+", "0x", nodeid), {})


def _skip_if_backend(backend: str, reason: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(os.environ["KERAS_BACKEND"] == backend, reason=reason)


def pytest_configure() -> None:
    # Some of the tests import it from the root of Keras's repository, which is not in the wheel.
    conftest = ModuleType("conftest")
    conftest.skip_if_backend = _skip_if_backend
    sys.modules["conftest"] = conftest
    if "PEER_OURS" not in os.environ:
        return
    from keras.src.models.model import Trainer  # noqa: TID251

    import keras3_lab

    keras3_lab.patch_keras()
    for name in ("fit", "evaluate", "predict"):
        setattr(Trainer, name, _counted(getattr(Trainer, name)))


def pytest_collection_finish() -> None:
    """Spare the garbage collector what is imported: Keras's tests call it before each of them."""
    gc.freeze()


def _counted(function: Any) -> Any:
    def count(*args: Any, **kwargs: Any) -> Any:
        running = os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" ")[0]
        _entry(running)["calls"] = True
        return function(*args, **kwargs)

    count.__name__ = function.__name__
    return count


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    result = yield
    report = result.get_result()
    if report.when == "call" or not report.passed:
        found = _entry(item.nodeid)
        if found.get("outcome", "passed") == "passed":  # nothing mends what has failed
            found["outcome"] = report.outcome
            found["why"] = str(report.longrepr).strip().splitlines()[-1] if report.longrepr else ""


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        why = str(report.longrepr).strip().splitlines()[-1]
        outcomes[report.nodeid] = {"outcome": "failed", "why": why}


def pytest_sessionfinish() -> None:
    Path(os.environ["PEER_OUTCOMES"]).write_text(json.dumps(outcomes))
