"""Which cases a sweep tries, in which dtypes."""

from __future__ import annotations

import sys

import forked
import keras
import pytest

from keras3_lab.atlas import sweep as sweeping
from keras3_lab.atlas.compare import Part
from keras3_lab.atlas.sweep import sweep
from keras3_lab.parity.lanes import parse_lanes

HERE = f"{keras.config.backend()}:cpu"


@pytest.mark.long
def test_float64_is_tried_where_numbers_part_for_no_known_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    names = ["ops.add/grid", "ops.add/broadcast", "ops.equal/grid", "ops.maximum/special"]
    found = [
        Part(names[0], "float32", "eager", "value", {}),
        Part(names[2], "float32", "eager", "error", {}),
        Part(names[3], "float32", "compiled", "nan", {}),  # of a known difference
    ]
    monkeypatch.setattr(sweeping, "parts", lambda outcomes: list(found))
    forked.start()
    monkeypatch.setattr(sys, "executable", forked.PYTHON)  # of its lanes
    swept = sweep(parse_lanes([HERE, f"again={HERE}"]), names, dtypes=("float32", "bfloat16"))
    tried = [(outcome.case, outcome.dtype) for outcome in swept.outcomes[HERE]]
    assert sorted(tried) == [
        ("ops.add/broadcast", "bfloat16"),
        ("ops.add/broadcast", "float32"),
        ("ops.add/grid", "float32"),
        ("ops.add/grid", "float64"),
        ("ops.equal/grid", "float32"),
        ("ops.maximum/special", "float32"),
    ]
    assert swept.dtypes == ["float32", "bfloat16"]
    assert list(swept.outcomes) == [HERE, "again"]
    both = swept.outcomes.values()
    assert len({tuple((o.case, o.dtype) for o in outcomes) for outcomes in both}) == 1
