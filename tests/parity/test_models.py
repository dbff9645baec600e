"""The collection of models: what each declares, that Keras is covered, and a sample of them run."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path

import keras
import pytest
from models import everything
from models.declare import (
    AGREE,
    DIFFER,
    REFUSED,
    UNJUDGED,
    Expected,
    differs,
    differs_when_resumed,
    unjudged,
)
from models.outcome import declaration, mistaken, read_rows

from keras3_lab.parity.compare.blame import Blame
from keras3_lab.parity.compare.checks import Check
from keras3_lab.parity.compare.verdict import Result
from keras3_lab.parity.plan import GATES
from keras3_lab.parity.record.precision import precision

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "results" / "parity-zoo.md"
LANES = ("jax:cpu", "tensorflow:cpu")

MODELS = {model.name: model for model in everything()}

# Of one backend alone, of other packages, or no layer of a network.
OF_ONE_BACKEND = {"FlaxLayer", "JaxLayer", "TFSMLayer", "TorchModuleWrapper"}
BASES = {"Layer", "Wrapper", "InputSpec", "InputLayer", "Optimizer", "Loss", "Metric"}
# Wrapped by all others.
WRAPPERS = {"MeanMetricWrapper"}
# Augmentation for pipelines of data, seldom in a model; each draws, so that all could be said of
# `RandomFlip` holds of them.
AUGMENTATION = {
    "AugMix", "CutMix", "MixUp", "RandAugment", "Pipeline", "MaxNumBoundingBoxes",
    "ContrastLimitedAdaptiveHistogramEqualization", "Equalization",
}  # fmt: skip


def test_there_are_150_models_and_every_kind_of_verdict() -> None:
    assert len(MODELS) >= 150
    assert {model.expected.verdict for model in MODELS.values()} >= {AGREE, DIFFER, UNJUDGED}


@pytest.mark.parametrize("name", [name for name, m in MODELS.items() if m.expected.why])
def test_a_verdict_other_than_agree_says_where_and_why(name: str) -> None:
    expected = MODELS[name].expected
    assert expected.verdict != AGREE
    place = expected.kind and expected.name
    assert bool(place) == (expected.verdict == DIFFER and not expected.gates)
    assert bool(place or expected.gates) == (expected.verdict != REFUSED)
    assert set(expected.gates) <= set(GATES)


def test_parity_finds_each_function_by_its_name() -> None:
    for name, model in MODELS.items():
        module, _, function = name.partition(":")
        assert getattr(importlib.import_module(module), function) is model.make, name


def test_only_what_agrees_goes_without_a_reason() -> None:
    silent = {model.expected.verdict for model in MODELS.values() if not model.expected.why}
    assert silent == {AGREE}


@pytest.mark.released
@pytest.mark.parametrize(
    ("module", "base"),
    [
        (keras.layers, keras.layers.Layer),
        (keras.optimizers, keras.optimizers.Optimizer),
        (keras.losses, keras.losses.Loss),
        (keras.metrics, keras.metrics.Metric),
    ],
)
def test_every_layer_optimizer_loss_and_metric_of_keras_is_in_a_model(module, base) -> None:
    text = "".join(path.read_text() for path in (HERE / "models").glob("*.py"))
    left_out = OF_ONE_BACKEND | BASES | WRAPPERS | AUGMENTATION
    names: dict[type, list[str]] = {}
    for name, kind in vars(module).items():
        if isinstance(kind, type) and issubclass(kind, base):
            names.setdefault(kind, []).append(name)
    missing = [own for own in names.values() if not any(mentions(text, name) for name in own)]
    assert {name for own in missing for name in own} <= left_out


def mentions(text: str, kind: str) -> bool:
    """Whether a class is named, whole or with its rank put in by an f-string."""
    rankless = kind[:-2] if kind[-2:] in ("1D", "2D", "3D") else kind
    return f".{kind}" in text or f'"{rankless}"' in text or f'"{rankless}{{' in text


def test_the_page_has_a_row_for_each_model_as_it_is_declared() -> None:
    rows = read_rows(PAGE)
    assert list(rows) == list(MODELS)
    for name, row in rows.items():
        assert row.startswith(declaration(name, MODELS[name].expected)), "run it again"


@pytest.mark.parametrize("name", list(MODELS)[::12])
def test_a_model_is_compiled_and_has_rows(name: str) -> None:
    with precision("float32"):  # what a function sets ends with it
        model, x, y, *weights = MODELS[name].make()
    assert model.compiled
    lengths = {len(array) for array in keras.tree.flatten((x, y, *weights)) if array is not None}
    assert len(lengths) == 1
    assert max(lengths) <= 96


def result(verdict: str, gate: str = "G1", blames: tuple[Blame, ...] = ()) -> Result:
    checks = [Check(name, "loss", LANES, verdict if name == gate else AGREE) for name in GATES]
    return Result([], checks, list(blames))


def blamed(kind: str, name: str) -> tuple[Blame, ...]:
    return (Blame(0, kind, name, 1.0, (), (0.0, 1.0), LANES),)


SLOT = differs("optimizer slot", "velocity", "sparse")


@pytest.mark.parametrize(
    ("expected", "found", "mistake"),
    [
        (Expected(), result(AGREE), ""),
        (Expected(), result(DIFFER), "false alarm"),
        (Expected(), result(UNJUDGED), "not agree"),
        (SLOT, result(DIFFER, blames=blamed("optimizer slot", "adam/velocity")), ""),
        (SLOT, result(DIFFER, blames=blamed("gradient", "adam/velocity")), "wrong blame"),
        (SLOT, result(DIFFER, blames=blamed("optimizer slot", "momentum")), "wrong blame"),
        (SLOT, result(DIFFER), "blames nothing"),
        (SLOT, result(AGREE), "not differ"),
        (differs_when_resumed("merged"), result(DIFFER, "G3"), ""),
        (differs_when_resumed("merged"), result(DIFFER, "G1"), "G1 not as expected"),
        (unjudged("float32 only"), result(UNJUDGED), ""),
        (unjudged("float32 only"), result(UNJUDGED, "G2"), "G2 not as expected"),
        (unjudged("float32 only"), result(DIFFER), "false alarm"),
        (unjudged("float32 only"), result(AGREE), "not not judged"),
    ],
)
def test_a_wrong_verdict_is_told(expected: Expected, found: Result, mistake: str) -> None:
    assert mistaken(expected, found) == mistake


def test_what_is_not_judged_for_its_rounding_may_agree_on_some_processors() -> None:
    either = replace(unjudged("float32 only"), or_agree=True)
    assert str(either) == "agree or not judged at G1, G3"
    assert [mistaken(either, result(verdict)) for verdict in (AGREE, UNJUDGED)] == ["", ""]
    assert mistaken(either, result(DIFFER)) == "false alarm"


def test_what_differs_between_backends_may_agree_between_devices() -> None:
    found = result(AGREE)
    found.checks = [replace(check, lanes=("jax:cpu", "jax:gpu")) for check in found.checks]
    assert mistaken(SLOT, found) == ""
    found.checks[1] = replace(found.checks[1], verdict=DIFFER)
    assert mistaken(Expected(), found) == "false alarm"
