"""CIFAR-10: what the notes' networks could not learn, and why."""

from __future__ import annotations

import pytest

import keras3_lab


@pytest.mark.long
def test_raw_pixels_silence_the_units_of_dense_and_keep_it_from_learning(tmp_path) -> None:
    noted, mended = (
        keras3_lab.run(
            "cifar10/dense",
            variant=variant,
            data="sample",
            seed=1,
            epochs=6,
            out=tmp_path,
            pictures=False,
        ).record
        for variant in ("as-noted", "corrected")
    )
    assert noted["history"]["loss"][0] > 20 * mended["history"]["loss"][0]
    assert noted["metrics"]["test_accuracy"] < mended["metrics"]["test_accuracy"] - 0.2
    # Of the first layer.
    silent = [record["findings"][0]["rows"][0][2] for record in (noted, mended)]
    assert silent[0] > 50, silent
    assert silent[1] < 5, silent
