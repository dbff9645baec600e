"""The first difference is explained by what lint knows, and by nothing else."""

from __future__ import annotations

import pytest

from keras3_lab.parity.compare.blame import Blame
from keras3_lab.parity.compare.known import OF_ANY, OF_ITS_OWN, explain
from keras3_lab.parity.header import Finding

pytestmark = pytest.mark.once

FINDINGS = [
    Finding("sparse-gradients", "embedding/embeddings", "squares first"),
    Finding("spectral-normalization", "spectral", "cuts the gradient"),
    Finding("resize", "up", "float32"),
    Finding("top-k", "top_k", "float32"),
    Finding("layer-metric", "mean_output", "is lost"),
    Finding("loss-on-probabilities", "CategoricalCrossentropy", "clips"),
]


def blame(kind: str, name: str) -> Blame:
    return Blame(3, kind, name, 0.5, (0,), (1.0, 2.0), ("a:cpu", "b:cpu"))


@pytest.mark.parametrize(
    ("kind", "name", "rule"),
    [
        ("optimizer slot", "adam/embedding_embeddings_velocity", "sparse-gradients"),
        ("optimizer slot", "adam/sequential_embedding_embeddings_velocity", "sparse-gradients"),
        ("updated weight", "net/embedding/embeddings", "sparse-gradients"),
        ("optimizer slot", "adam/other_embedding_1_embeddings_velocity", None),
        ("optimizer slot", "adam/dense_kernel_velocity", None),
        ("updated weight", "dense/kernel", None),
        ("layer output", "embedding", None),  # lookups are alike
        ("gradient", "spectral/dense/kernel", "spectral-normalization"),
        ("layer output", "spectral", "spectral-normalization"),
        ("layer output", "spectral_1", None),
        ("layer output", "up", "resize"),
        ("layer output", "dense", None),
        ("validation metric", "val_top_k", "top-k"),
        ("metric", "accuracy", None),
        ("metric", "mean_output", "layer-metric"),
        ("loss", "loss", "loss-on-probabilities"),
        ("gradient", "dense/kernel", "loss-on-probabilities"),
        ("data batch", "x", None),
    ],
)
def test_a_difference_is_known_where_a_finding_shows(kind: str, name: str, rule: str) -> None:
    found = explain(blame(kind, name), FINDINGS)
    assert (found and found.rule) == rule


@pytest.mark.parametrize(
    ("rule", "kind", "others"),
    [
        ("masked-metrics", "metric", ("validation metric", "loss", "gradient")),
        ("normalized-zeros", "gradient", ("loss", "layer output")),
        ("schedule-free", "updated weight", ("gradient", "metric")),
        ("random-inference", "gradient", ("metric", "data batch")),
    ],
)
def test_what_shows_under_any_name_is_known_by_its_kind(
    rule: str, kind: str, others: tuple[str, ...]
) -> None:
    known = [Finding(rule, "model", "differs")]
    assert explain(blame(kind, "any"), known) is known[0]
    assert all(explain(blame(other, "any"), known) is None for other in others)


def test_without_findings_nothing_is_known() -> None:
    assert explain(blame("loss", "loss"), []) is None


def test_a_finding_of_its_own_goes_before_one_of_any_name() -> None:
    both = [Finding("ctc", "ctc", "float32"), Finding("l1-at-zero", "dense/kernel", "zeros")]
    found = explain(blame("gradient", "dense/kernel"), both)
    assert found is both[1]
    assert explain(blame("gradient", "dense/bias"), both) is both[0]
    assert OF_ANY.keys() - OF_ITS_OWN.keys()
