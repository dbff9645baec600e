"""Fashion-MNIST: the best lesson of the notes."""

from __future__ import annotations

import pytest

import keras3_lab


@pytest.mark.long
def test_a_shared_batch_normalization_trains_well_and_infers_at_chance(tmp_path) -> None:
    noted, mended = (
        keras3_lab.run(
            "fmnist/batch-norm",
            variant=variant,
            epochs=4,
            data="sample",
            seed=1,
            out=tmp_path,
            pictures=False,
        ).record
        for variant in ("as-noted", "corrected")
    )
    assert noted["history"]["accuracy"][-1] > 0.6
    assert noted["metrics"]["test_accuracy"] < 0.3
    assert mended["metrics"]["test_accuracy"] > 0.7
