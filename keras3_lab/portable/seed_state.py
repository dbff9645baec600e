"""The state of a layer's random generator, kept with the model."""

from typing import Any

import keras
import numpy as np

from keras3_lab.private.layers import seed_generators

_NAME = "seed_state"  # in saved files


class SavedSeedState:
    """Mixed into a layer: saves the state of its `SeedGenerator`, which Keras leaves out.

    Training that stops on one backend and goes on with another then sees the draws it would have
    seen.
    """

    def save_own_variables(self: Any, store: Any) -> None:
        """Save the layer's variables and the state of its random generator.

        Args:
            store: Where the arrays go, by name.
        """
        super().save_own_variables(store)  # type: ignore[misc]  # that of the layer it is mixed into
        for generator in seed_generators(self):
            # uint32 whatever the backend: it is int64 on TensorFlow.
            store[_NAME] = keras.ops.convert_to_numpy(generator.state).astype(np.uint32)

    def load_own_variables(self: Any, store: Any) -> None:
        """Restores them.

        Args:
            store: The saved arrays, by name. A file of one of Keras's own layers has no random
                state: that then stays as it is.
        """
        saved = {name: np.asarray(store[name]) for name in list(store.keys())}
        words = saved.pop(_NAME, None)
        super().load_own_variables(saved)  # type: ignore[misc]
        for generator in seed_generators(self):
            if words is not None:
                generator.state.assign(words.astype(generator.state.dtype))
