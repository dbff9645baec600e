"""Tensors, dtypes and casting with `keras.ops`."""

from __future__ import annotations

from typing import Any

import keras

from keras3_lab.recipes import Findings, Outcome


def tensors(outcome: Outcome) -> list[Findings]:
    """Make tensors, cast them, and add an integer to a float."""
    ops = keras.ops
    integer, real = ops.convert_to_tensor(2), ops.convert_to_tensor(2.2)
    shown: dict[str, Any] = {
        "ops.convert_to_tensor(2)": integer,
        "ops.convert_to_tensor(2.2)": real,
        'ops.convert_to_tensor([1, 2], dtype="float16")': ops.convert_to_tensor(
            [1, 2], dtype="float16"
        ),
        "ops.zeros((2, 2))": ops.zeros((2, 2)),
        'ops.cast(2.7, "int32")': ops.cast(2.7, "int32"),
        "ops.add(2, 2.2)": ops.add(integer, real),
        'ops.cast(2, "float32") + 2.2': ops.cast(integer, "float32") + real,
        "ops.matmul([[1, 2]], [[3], [4]])": ops.matmul(
            ops.convert_to_tensor([[1, 2]]), ops.convert_to_tensor([[3], [4]])
        ),
    }
    rows = [
        (
            code,
            str(ops.convert_to_numpy(value).tolist()),
            keras.backend.standardize_dtype(value.dtype),
        )
        for code, value in shown.items()
    ]
    title = "int + float fails in raw TensorFlow, as the notes say; keras.ops promotes"
    columns = ("expression", "value", "dtype")
    return [Findings(title=title, columns=columns, rows=rows)]
