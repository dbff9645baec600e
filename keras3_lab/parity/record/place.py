"""Over how many devices a lane spreads what it trains."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import keras

from keras3_lab.engine.interface import backend
from keras3_lab.errors import UsageError

_devices: Sequence[str] = ()
_scope = ExitStack()


def spread_over(devices: Sequence[str]) -> None:
    """Spread over these devices all that is made from now on, in this process."""
    global _devices
    _devices = devices
    if devices:
        _scope.enter_context(backend().over(devices))


def clear_session() -> None:
    """Have names of layers begin afresh; Keras would forget the devices as well."""
    _scope.close()
    keras.utils.clear_session(free_memory=False)  # it would look at every object there is
    spread_over(_devices)


def require_spread(model: keras.Model) -> None:
    """Make sure that a model is spread over the devices of this process.

    Raises:
        UsageError: If it is not.
    """
    if not _devices:
        return
    if reason := backend().distributed_by(model):
        raise UsageError(f"a lane of several devices cannot train {model.name}: {reason}")
    found = backend().devices_of(model)
    if found != len(_devices):
        raise UsageError(
            f"a lane of {len(_devices)} devices needs a model that was made for them, in a "
            f"function that does not call clear_session(); received: {model.name}, made for {found}"
        )
