"""Changes files at random: bytes anywhere, or what is in them, packed up again as it should be."""

from __future__ import annotations

import copy
import io
import json
import random
import zipfile
from collections.abc import Callable
from typing import Any

Change = Callable[[random.Random, bytes], bytes]

NUMBERS = (
    b"\0\0\0\0",
    b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f",
    b"\0\0\0\x80",
    b"\0\0\0\x40",
    b"\x01",
)
ODD: tuple[Any, ...] = (
    None, True, 0, -1, 3, 10**30, 2**31, 1.5, float("nan"), float("inf"), "", "x", "x" * 3000,
    "__class__", "__dict__", "../../x", "\x1b[2J", "a\nb", "loss", "0", [], {}, [[]], [None],
    {"": 1}, {"class_name": "Dense", "config": {}},
)  # fmt: skip


def change_bytes(rng: random.Random, content: bytes) -> bytes:
    """Flip, cut, insert, repeat or overwrite, once or a few times."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(6):
            case 0 if changed:
                changed[at % len(changed)] ^= 1 << rng.randrange(8)
            case 1 if changed:
                changed[at % len(changed)] = rng.randrange(256)
            case 2:
                del changed[at:]
            case 3:
                del changed[at : at + rng.choice((1, 2, 4, 30))]
            case 4:
                end = at + rng.choice((1, 4, 16, 100))
                changed[at:at] = changed[at:end] * rng.choice((1, 2, 40))
            case _:
                number = rng.choice(NUMBERS)
                changed[at : at + len(number)] = number
    return bytes(changed)


def change_json(rng: random.Random, content: bytes) -> bytes:
    """Replace, remove, rename or repeat something in a JSON file, or change its bytes."""
    if rng.random() < 0.1:
        return change_bytes(rng, content)
    try:
        value = json.loads(content)
    except ValueError:  # changed before
        return change_bytes(rng, content)
    for _ in range(rng.choice((1, 1, 2, 4))):
        value = _change_value(rng, value)
    return json.dumps(value).encode()


def _change_value(rng: random.Random, value: Any) -> Any:
    places = [*_places(value)]
    if not places or rng.random() < 0.02:
        return copy.deepcopy(rng.choice(ODD))
    holder, key = rng.choice(places)
    match rng.randrange(5):
        case 0:
            del holder[key]
        case 1 if isinstance(holder, dict):
            holder[rng.choice([odd for odd in ODD if isinstance(odd, str)])] = holder.pop(key)
        case 1 | 2 if isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        case 3:
            other, there = rng.choice(places)
            holder[key] = copy.deepcopy(other[there])
        case _:
            holder[key] = copy.deepcopy(rng.choice(ODD))
    return value


def _places(value: Any) -> Any:
    if not isinstance(value, dict | list):
        return
    for key, item in value.items() if isinstance(value, dict) else enumerate(value):
        yield value, key
        yield from _places(item)


def change_archive(members: dict[str, Change]) -> Change:
    """Change members of a zip file, each as its name's ending says, and their names; or bytes."""

    def change(rng: random.Random, content: bytes) -> bytes:
        if rng.random() < 0.3:
            return change_bytes(rng, content)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = [(info.filename, archive.read(info)) for info in archive.infolist()]
        ways = [
            (way, [at for at, (name, _) in enumerate(parts) if name.endswith(end)])
            for end, way in members.items()
        ]
        for _ in range(rng.choice((1, 1, 2))):
            way, places = rng.choice(ways)
            at = rng.choice(places)
            name, body = parts[at]
            match rng.randrange(12):
                case 0:
                    parts[at] = (name, b"")
                case 1:
                    name = change_bytes(rng, name.encode()).decode("latin1")
                    parts[at] = (name.replace("\0", "0") or "x", body)
                case 2:
                    parts[at] = (name, rng.choice(parts)[1])
                case _:
                    parts[at] = (name, way(rng, body))
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", rng.choice((0, 8))) as archive:
            for name, body in dict(parts).items():
                archive.writestr(name, body)
        return packed.getvalue()

    return change
