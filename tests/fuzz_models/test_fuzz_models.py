"""Random models are the same each time, mostly can be trained, and part lanes where they must."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import time
from pathlib import Path

import forked
import keras
import pytest
from model_fuzzing import Fuzzed, fuzz, known, parts_of
from random_models import random_model

from keras3_lab.parity.lanes import Lane
from keras3_lab.parity.shrink.candidate import Made
from keras3_lab.parity.shrink.jobs import Tried, Try
from keras3_lab.parity.shrink.judge import Difference
from keras3_lab.parity.shrink.program import Shown, program
from keras3_lab.parity.shrink.shrinking import Shrinker
from keras3_lab.parity.shrink.trying import attempt

pytestmark = pytest.mark.once

SEEDS = range(12)


def text(seed: int) -> str:
    return program(random_model(seed), Shown("nothing"), [])


def test_a_seed_is_a_model() -> None:
    assert [text(seed) for seed in SEEDS] == [text(seed) for seed in SEEDS]
    assert len({text(seed) for seed in SEEDS}) == len(SEEDS)


def test_models_are_of_many_parts() -> None:
    models = [random_model(seed) for seed in range(400)]
    parts = set().union(*map(parts_of, models))
    assert len(parts) > 150
    assert {"Dense", "LSTM", "Conv2D", "MultiHeadAttention", "Adam", "Muon", "Maximum"} <= parts
    assert any(len(model.outputs) > 1 for model in models)
    assert any(len(model.x) > 1 for model in models)
    assert any(model.sample_weight is not None for model in models)
    calls = [[node.of for node in model.nodes if isinstance(node.of, int)] for model in models]
    assert any(len(set(called)) < len(called) for called in calls), "no layer is shared"


def test_most_models_can_be_trained() -> None:
    tried = [attempt(Try(random_model(seed), brief=True)) for seed in SEEDS[:6]]
    trained = [one for one in tried if not one.error]
    assert len(trained) >= 3
    for one in trained:
        assert {"loss", "optimizer slot"} <= {item.kind for item in one.items}


def test_known_causes_are_told_by_parts_and_kind() -> None:
    model = random_model(0)
    assert known(model, Difference("gradient", "0/0", 0.1)) == ""
    layers = {**model.layers, 0: type(model.layers[0])(Made("layers.LeakyReLU"))}
    leaky = type(model)(**{**vars(model), "layers": layers})
    assert known(leaky, Difference("gradient", "0/0", 0.1)) == "gradient-at-zero"
    assert known(leaky, Difference("prediction", "0", 0.1)) == ""


class Lanes:
    """Two lanes of which the second puts out a larger loss, where there is a Flatten."""

    def attempt(self, candidate, *, brief=False):
        one = attempt(Try(candidate, brief=brief))
        other = Tried(candidate, list(one.items), one.stage, one.error)
        if "Flatten" in parts_of(candidate) and not one.error:
            other.items = [i._replace(value=i.value + (i.kind == "loss")) for i in one.items]
        return one, other

    def shrink(self, candidate):
        self.shrunk = candidate


def test_what_parts_lanes_is_made_smaller_and_counted() -> None:
    lanes, said = Lanes(), []
    fuzzed: Fuzzed = fuzz(lanes, iter(SEEDS[:6]), time.monotonic() + 600, said.append)
    assert fuzzed.models == 6
    assert "Flatten" in parts_of(lanes.shrunk)
    assert fuzzed.agreed + fuzzed.refused < 6


def test_no_model_begins_after_the_last_moment() -> None:
    assert fuzz(Lanes(), iter(SEEDS), time.monotonic() - 1, print).models == 0


@pytest.mark.skipif(
    not all(map(importlib.util.find_spec, ("jax", "tensorflow"))), reason="needs both backends"
)
def test_the_first_models_part_backends_for_known_reasons_alone() -> None:
    command = [sys.executable, str(Path(__file__).parent), "--models=8", "--minutes=10"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "8 models from seed 0" in done.stdout


def test_both_lanes_may_be_of_one_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    here = keras.config.backend()
    monkeypatch.setattr(sys, "executable", forked.PYTHON)
    forked.start()
    with Shrinker([Lane(here, "cpu"), Lane(here, "cpu", "again")]) as shrinker:
        fuzzed = fuzz(shrinker, iter(SEEDS[:2]), time.monotonic() + 600, print)
    assert fuzzed.agreed + fuzzed.refused == fuzzed.models == 2
