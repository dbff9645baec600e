"""Resizing of images that is the same function on every backend and in every dtype."""

from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray


@keras.saving.register_keras_serializable("keras3_lab")
class Resize(keras.layers.Layer):
    """Resizes images to a square by bilinear interpolation.

    Stands in for `keras.layers.Resizing`, which computes in float32 on TensorFlow whatever the
    dtype. Each new row is a mix of two old ones, and so is each column: two products with
    constant matrices.

    Args:
        size: Height and width of the new images.
        **kwargs: Arguments of `keras.layers.Layer`.

    Call arguments:
        inputs: Images of shape `(batch, height, width, channels)`.

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import Resize

    assert Resize(224)(np.zeros((2, 32, 32, 3))).shape == (2, 224, 224, 3)
    ```
    """

    def __init__(self, size: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.size = size

    def build(self, input_shape: Any) -> None:
        """Compute how much of each old row and column goes into each new one."""
        _, height, width, _ = input_shape
        self._rows, self._columns = (_bilinear(old, self.size) for old in (height, width))
        self.built = True

    def call(self, inputs: Any) -> Any:
        """Return images of shape `(batch, size, size, channels)`."""
        rows, columns = (
            keras.ops.convert_to_tensor(matrix, dtype=inputs.dtype)
            for matrix in (self._rows, self._columns)
        )
        mixed = keras.ops.einsum("yh,bhwc->bywc", rows, inputs)
        return keras.ops.einsum("xw,bywc->byxc", columns, mixed)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """Return the shape of the new images."""
        return (input_shape[0], self.size, self.size, input_shape[-1])

    def get_config(self) -> dict[str, Any]:
        """Return the arguments that make this layer again."""
        return {**super().get_config(), "size": self.size}


def _bilinear(old: int, new: int) -> NDArray[np.float64]:
    """Return the matrix of shape `(new, old)` that interpolates between the centres of pixels."""
    place = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, old - 1)
    matrix = np.zeros((new, old))
    np.add.at(matrix, (np.arange(new), below), 1 - (place - below))
    np.add.at(matrix, (np.arange(new), above), place - below)
    return matrix
