"""Runs and outcomes for findings to look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import keras
import pytest

import keras3_lab
from keras3_lab import recipes
from keras3_lab.splits import Splits


@pytest.fixture
def run(tmp_path) -> Callable[..., keras3_lab.runs.Run]:
    """Run a recipe on its sample."""

    def run(name: str | recipes.Recipe, **arguments) -> keras3_lab.runs.Run:
        chosen = {"data": "sample", "seed": 1, "out": tmp_path, "pictures": False}
        return keras3_lab.run(name, **chosen, **arguments)

    return run


@pytest.fixture
def outcome(tmp_path: Path) -> Callable[..., recipes.Outcome]:
    """Make an outcome without training."""

    def make(
        recipe: recipes.Recipe | str,
        splits: Splits,
        models: Mapping[str, keras.Model] | None = None,
        histories: Mapping[str, Mapping[str, list[float]]] | None = None,
    ) -> recipes.Outcome:
        return recipes.Outcome(
            recipe=recipes.get(recipe) if isinstance(recipe, str) else recipe,
            models=models or {},
            histories=histories or {},
            splits=splits,
            folder=tmp_path,
            seed=1,
        )

    return make
