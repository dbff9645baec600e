"""CIFAR-10: what the notes' networks could not learn, and why."""

from __future__ import annotations

import keras3_lab


def test_raw_pixels_keep_dense_from_learning(tmp_path) -> None:
    records = [
        keras3_lab.run(
            "cifar10/dense", variant=variant, data="sample", seed=1, epochs=6, out=tmp_path
        ).record
        for variant in ("as-noted", "corrected")
    ]
    noted, mended = (record["history"]["loss"] for record in records)
    assert noted[0] > 20 * mended[0]
    noted, mended = (record["metrics"]["test_accuracy"] for record in records)
    assert noted < mended - 0.2
