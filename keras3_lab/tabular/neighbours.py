"""What the rows of the training part say that lie near a row."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras3_lab.errors import UsageError

FAR = 1e9
"""Where a place for a row lies that holds none."""


@keras.saving.register_keras_serializable("keras3_lab")
class Neighbours(keras.layers.Layer):
    """Looks up the targets of near training rows: one weighted mean per kernel.

    A kernel says how far it reaches in each column. A stored row at a distance of d, in reaches,
    weighs (1 + d²)⁻³: no exponential, so that it is quick and never 0 everywhere. In training, a
    row that equals a stored one in all columns is the row itself and does not count, or the layer
    would hand its target on.

    Nothing is trained here; `adapt` stores the rows, and they are saved with the model.

    Args:
        capacity: Most rows to store.
        columns: Columns of the inputs that distances are taken in.
        reaches: For each kernel, its reach in each of the columns; `None` for a column that it
            does not look at.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Tensor of shape `(batch, features)`.
        training: Whether to leave out the row itself.

    Returns:
        Tensor of shape `(batch, len(reaches))`, in standard deviations of the stored targets
        from their mean.

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import Neighbours

    layer = Neighbours(capacity=3, columns=(0,), reaches=((0.1,),))
    layer.adapt(np.array([[0.0], [1.0], [2.0]]), np.array([1.0, 2.0, 3.0]))
    print(layer(np.array([[1.9]])))  # near 1.22, the target at 2
    ```

    Reference:

    - [Nadaraya, 1964](https://doi.org/10.1137/1109020); retrieval in a network:
      [Gorishniy et al., 2023, TabR](https://arxiv.org/abs/2307.14338)
    """

    def __init__(
        self,
        capacity: int,
        columns: Sequence[int],
        reaches: Sequence[Sequence[float | None]],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.capacity = capacity
        self.columns = tuple(columns)
        self.reaches = tuple(map(tuple, reaches))

    def build(self, input_shape: Any) -> None:
        """Make room for the rows."""
        self.rows = self.add_weight(
            name="rows",
            shape=(self.capacity, len(self.columns)),
            initializer=keras.initializers.Constant(FAR),
            trainable=False,
        )
        self.targets = self.add_weight(
            name="targets", shape=(self.capacity, 1), initializer="zeros", trainable=False
        )

    def adapt(self, rows: np.ndarray, targets: np.ndarray) -> None:
        """Store rows and their targets.

        Args:
            rows: Array of shape `(rows, features)`.
            targets: Array of shape `(rows,)` or `(rows, 1)`.

        Raises:
            UsageError: If there are more than `capacity`.
        """
        if len(rows) > self.capacity:
            raise UsageError(f"Neighbours stores {self.capacity} rows; received: {len(rows)} rows")
        if not self.built:
            self.build(rows.shape)
        # In float64 always: the standardized targets are then the same in either dtype.
        targets = np.asarray(targets, "float64").reshape(-1, 1)
        empty = ((0, self.capacity - len(rows)), (0, 0))
        places = np.pad(rows[:, list(self.columns)], empty, constant_values=FAR)
        self.rows.assign(places.astype(self.rows.dtype))
        standardized = np.pad((targets - targets.mean()) / targets.std(), empty)
        self.targets.assign(standardized.astype(self.targets.dtype))

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Return the weighted means; see the class."""
        differences = [
            inputs[:, column : column + 1] - self.rows[:, index]
            for index, column in enumerate(self.columns)
        ]
        found = []
        for reaches in self.reaches:
            squared = sum(
                keras.ops.square(difference / reach)
                for difference, reach in zip(differences, reaches, strict=True)
                if reach is not None
            )
            weight = (1 / (1 + squared)) ** 3
            if training:
                same = sum(keras.ops.abs(difference) for difference in differences) == 0
                weight = keras.ops.where(same, keras.ops.zeros_like(weight), weight)
            total = keras.ops.sum(weight, axis=1, keepdims=True)
            found.append(keras.ops.matmul(weight, self.targets) / total)
        return keras.ops.concatenate(found, axis=1)

    def compute_output_shape(self, input_shape: Any) -> tuple[int | None, int]:
        """Return `(batch, kernels)`."""
        return input_shape[0], len(self.reaches)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        own = {"capacity": self.capacity, "columns": self.columns, "reaches": self.reaches}
        return {**super().get_config(), **own}
