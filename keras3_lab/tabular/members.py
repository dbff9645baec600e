"""An ensemble within one model: its mean predicts, and each member learns for itself."""

from __future__ import annotations

from typing import Any

import keras


@keras.saving.register_keras_serializable("keras3_lab")
class MeanOfMembers(keras.layers.Layer):
    """Averages the members of an ensemble, and adds their spread to the loss.

    The mean squared error of a mean is smaller than the mean of its members' errors by just their
    variance. Trained on the former, members lean on each other; with the variance added, the loss
    is the latter, and each learns as if it were alone. It belongs in front of `mse`.

    Call arguments:
        inputs: Predictions of all members, of shape `(batch, members, outputs)`.

    Returns:
        Their mean, of shape `(batch, outputs)`.

    Example:
    ```python
    import numpy as np
    from keras3_lab.layers import MeanOfMembers

    layer = MeanOfMembers()
    print(layer(np.array([[[1.0], [3.0]]])), layer.losses)  # [[2]], [1]
    ```

    Reference:

    - [Krogh, Vedelsby, 1994, Neural Network Ensembles, Cross Validation, and Active Learning](
      https://proceedings.neurips.cc/paper/1994/hash/b8c37e33defde51cf91e1e03e51657da-Abstract.html)
    """

    def call(self, inputs: Any) -> Any:
        """Return the mean; see the class."""
        mean = keras.ops.mean(inputs, axis=1)
        self.add_loss(keras.ops.mean(keras.ops.square(inputs - mean[:, None])))
        return mean
