"""Every example in a docstring runs."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
import subprocess
import sys
import textwrap

import forked
import keras
import pytest

import keras3_lab

FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)
OTHER = {"jax": "tensorflow", "tensorflow": "jax"}[keras.config.backend()]
# Fetches a data set over the network.
SKIPPED = {"keras3_lab.datasets.download.download_dataset"}


def documented() -> dict[str, object]:
    """Everything with a docstring, by its full name, where it is defined."""
    found: dict[str, object] = {}
    for module in pkgutil.walk_packages(keras3_lab.__path__, "keras3_lab."):
        if f"engine.{OTHER}" in module.name or module.name.endswith("__main__"):
            continue
        loaded = importlib.import_module(module.name)
        found[module.name] = loaded
        for name, item in vars(loaded).items():
            if getattr(item, "__module__", None) == module.name and callable(item):
                found[f"{module.name}.{name}"] = item
                if inspect.isclass(item):
                    for part, method in vars(item).items():
                        found[f"{module.name}.{name}.{part}"] = method
    return found


EXAMPLES = {
    f"{name}-{number}": code
    for name, item in documented().items()
    if name not in SKIPPED
    for number, code in enumerate(FENCE.findall(inspect.getdoc(item) or ""))
}
PUBLIC = [
    f"{item.__module__}.{item.__name__}"
    for item in (getattr(keras3_lab, name) for name in keras3_lab.__all__)
    if callable(item)
]


@pytest.mark.parametrize("name", EXAMPLES)
def test_example_runs(name: str, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    code = textwrap.dedent(EXAMPLES[name])
    if "os.environ" in code:  # sets what must be set before Keras is imported
        subprocess.run([sys.executable, "-c", code], check=True)
    else:
        if ".parity." in name:
            forked.start()
            monkeypatch.setattr(sys, "executable", forked.PYTHON)  # of its lanes
        exec(compile(code, name, "exec"), {"__name__": "example"})  # noqa: S102


@pytest.mark.parametrize("name", PUBLIC)
def test_public_functions_have_an_example(name: str) -> None:
    assert any(example.startswith(f"{name}-") for example in EXAMPLES)
