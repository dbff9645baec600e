"""What a pickled CIFAR batch holds, without `pickle`, which would do whatever a file says.

A pickle is a program for a small stack machine. This one knows the few instructions of which a
batch is made, and builds nothing but dicts, lists, tuples, numbers, text, bytes and uint8 arrays.
"""

from __future__ import annotations

import math
import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass
class _Array:
    """An array that is being made; `data` comes last."""

    data: NDArray[np.uint8] | None = None


class _Uint8:
    """The dtype, the only one there is."""


class _Mark:
    """Where the items of a list, tuple or dict begin."""


_STATE_OF_UINT8 = (3, "|", None, None, None, -1, -1, 0)
_CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_DICT": dict,
    "EMPTY_LIST": list,
    "EMPTY_TUPLE": tuple,
    "MARK": _Mark,
}
_TEXT = {"BINUNICODE", "SHORT_BINBYTES", "BINBYTES", "BININT", "BININT1", "BININT2"}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_GLOBALS = {
    "numpy ndarray",
    "numpy dtype",
    "_codecs encode",
    "__builtin__ bytes",
    # NumPy 1 and 2 call it differently.
    "numpy.core.multiarray _reconstruct",
    "numpy._core.multiarray _reconstruct",
}


@dataclass(frozen=True)
class _Global:
    """A name that a pickle calls; what it stands for here is in `_Machine.call`."""

    name: str


def parse_batch(content: bytes) -> Any:
    """Return what a pickled batch holds, as `pickle.loads(content, encoding="bytes")` would.

    Args:
        content: A pickle of protocol 2 or 3, as Python 2 and NumPy wrote it, or Python 3 does.

    Returns:
        What it holds.

    Raises:
        ValueError: If it is no such pickle, or asks for anything else.

    Example:
    ```python
    import pickle
    import numpy as np
    from keras3_lab.datasets.batches import parse_batch

    batch = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [3, 8]}
    print(parse_batch(pickle.dumps(batch, protocol=2))[b"labels"])
    ```
    """
    machine = _Machine(len(content))
    for opcode, argument, _ in pickletools.genops(content):
        machine.do(opcode.name, argument)
    (result,) = machine.stack
    return result.data if isinstance(result, _Array) else result


class _Machine:
    """The stack machine.

    Args:
        room: Bytes of text that it may encode: a file could ask for the same again and again.
    """

    def __init__(self, room: int) -> None:
        self.stack: list[Any] = []
        self._memo: dict[int, Any] = {}
        self._room = room

    def do(self, name: str, argument: Any) -> None:
        """Obey one instruction."""
        push, pop = self.stack.append, self.stack.pop
        if name in ("BINPUT", "LONG_BINPUT"):
            self._memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET"):
            push(self._memo[argument])
        elif name in _TEXT:
            push(argument)
        elif name in ("BINSTRING", "SHORT_BINSTRING"):
            push(argument.encode("latin1"))
        elif name in _CONSTANTS:
            push(_CONSTANTS[name]())
        elif name in _TUPLES:
            items = [pop() for _ in range(_TUPLES[name])]
            push(tuple(reversed(items)))
        elif name == "TUPLE":
            push(tuple(self._marked()))
        elif name == "APPEND":
            self._extend([pop()])
        elif name == "APPENDS":
            self._extend(self._marked())
        elif name == "SETITEM":
            value, key = pop(), pop()
            self._update([key, value])
        elif name == "SETITEMS":
            self._update(self._marked())
        elif name == "GLOBAL":
            if argument not in _GLOBALS:
                raise ValueError(f"it asks for {argument.replace(' ', '.')}")
            push(_Global(argument))
        elif name == "REDUCE":
            arguments, function = pop(), pop()
            push(self._call(function, arguments))
        elif name == "BUILD":
            state = pop()
            self._build(self.stack[-1], state)
        elif name not in ("PROTO", "STOP"):
            raise ValueError(f"it holds the instruction {name}, which no batch needs")

    def _marked(self) -> list[Any]:
        items: list[Any] = []
        while not isinstance(item := self.stack.pop(), _Mark):
            items.append(item)
        return items[::-1]

    def _extend(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise ValueError("it appends to what is no list")
        self.stack[-1].extend(items)

    def _update(self, items: list[Any]) -> None:
        keys, values = items[::2], items[1::2]
        # Other keys could take for ever to hash.
        if type(self.stack[-1]) is not dict or not all(isinstance(k, bytes | str) for k in keys):
            raise ValueError("it sets items of what is no dict of names")
        self.stack[-1].update(
            (key, value.data if isinstance(value, _Array) else value)
            for key, value in zip(keys, values, strict=True)
        )

    def _call(self, function: Any, arguments: Any) -> Any:
        name = function.name if isinstance(function, _Global) else ""
        match name.rpartition(" ")[2], arguments:
            case "_reconstruct", (_Global(name="numpy ndarray"), (0,), b"b"):
                return _Array()
            case "dtype", ("u1" | b"u1", 0 | False, 1 | True):
                return _Uint8()
            case "dtype", (str() | bytes() as kind, *_):
                raise ValueError(f"its array is of {kind[:20]!r}, and no uint8")
            case "encode", (str() as text, "latin1"):  # how Python 3 writes bytes in protocol 2
                self._room -= len(text)
                if self._room < 0:
                    raise ValueError("it encodes more text than it holds")
                return text.encode("latin1")
            case "bytes", ():
                return b""
        raise ValueError("it makes a call that no batch needs")

    def _build(self, made: Any, state: Any) -> None:
        if isinstance(made, _Uint8):
            # The last number holds flags, by which a dtype of bytes could become one of pointers.
            if not _same(state, _STATE_OF_UINT8):
                raise ValueError("its dtype is more than uint8")
            return
        match made, state:
            case _Array(data=None), (1, tuple() as shape, _Uint8(), False, bytes() as content):
                sizes = all(type(size) is int and size >= 0 for size in shape)
                if not sizes or math.prod(shape) != len(content):
                    raise ValueError(f"its array of {len(content):,} bytes has another shape")
                made.data = np.frombuffer(content, np.uint8).reshape(shape)
            case _:
                raise ValueError("it builds something that no batch needs")


def _same(state: Any, wanted: tuple[Any, ...]) -> bool:
    plain = isinstance(state, tuple) and len(state) == len(wanted)
    return plain and all(
        type(found) in (int, bytes, str, type(None))
        and (found.decode("latin1") if isinstance(found, bytes) else found) == value
        for found, value in zip(state, wanted, strict=True)
    )
