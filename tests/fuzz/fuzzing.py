"""Gives a reader changed files, and counts the answers."""

from __future__ import annotations

import random
import resource
import tempfile
import time
import tracemalloc
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from readers import READERS, Reader

from keras3_lab.errors import UsageError

MOST_SECONDS = 2.0
MOST_BYTES = 2**26
ADDRESS_SPACE = 2**34
"""Bytes: what is wrong is to end a process, not the machine."""


@dataclass
class Answers:
    """What became of the inputs.

    Args:
        inputs: How many there were.
        read: Inputs that were read: a change may leave a file sound.
        refused: Inputs that were refused with a named error in one line.
        wrong: Other errors and what passed a bound, by what it was, with the number of an input.
        seconds: The longest time that one took.
        most: The most bytes that one took, of those that were measured.
    """

    inputs: int = 0
    read: int = 0
    refused: int = 0
    wrong: dict[str, list[int]] = field(default_factory=dict)
    seconds: float = 0.0
    most: int = 0

    def add_wrong(self, what: str, number: int) -> None:
        """Note an input that was answered wrongly."""
        self.wrong.setdefault(what, []).append(number)


def changed(reader: Reader, number: int) -> bytes:
    """Return the input of that number, always the same one."""
    rng = random.Random(number)  # noqa: S311  # no secret
    return reader.change(rng, rng.choice(reader.sound))


def fuzz(reader: Reader, numbers: range, folder: Path) -> Answers:
    """Give a reader the inputs of these numbers."""
    answers, path = Answers(), folder / "input"
    for content in reader.sound:
        path.write_bytes(content)
        reader.read(path)
    for number in numbers:
        path.write_bytes(changed(reader, number))
        answers.inputs += 1
        if number % reader.every == 0:
            tracemalloc.start()
        began = time.process_time()
        try:
            reader.read(path)
            answers.read += 1
        except UsageError as error:
            answers.refused += 1
            if "\n" in str(error) or len(str(error)) > 600:
                answers.add_wrong(f"an error of several lines or a long one: {error}", number)
        except Exception as error:
            answers.add_wrong(f"{type(error).__name__}: {error}"[:200], number)
        seconds = time.process_time() - began
        taken = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        answers.seconds = max(answers.seconds, seconds)
        answers.most = max(answers.most, taken)
        if seconds > MOST_SECONDS or taken > MOST_BYTES:
            answers.add_wrong(f"took {seconds:.1f} s and {taken:,} bytes", number)
    return answers


def share(name: str, numbers: range) -> Answers:
    """Answer some of the inputs, in a process."""
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    with tempfile.TemporaryDirectory() as folder:
        return fuzz(READERS[name], numbers, Path(folder))


def joined(parts: Iterable[Answers]) -> Answers:
    """Put the answers to several shares of the inputs together."""
    whole = Answers()
    for part in parts:
        whole.inputs += part.inputs
        whole.read += part.read
        whole.refused += part.refused
        whole.seconds = max(whole.seconds, part.seconds)
        whole.most = max(whole.most, part.most)
        for what, numbers in part.wrong.items():
            whole.wrong.setdefault(what, []).extend(numbers)
    return whole


def row(name: str, answers: Answers) -> str:
    """Return a row of the table."""
    wrong = len({number for numbers in answers.wrong.values() for number in numbers})
    return (
        f"| {name} | {answers.inputs:,} | {answers.read:,} | {answers.refused:,} | {wrong} | "
        f"{answers.seconds:.2f} s | {answers.most / 2**20:.1f} MiB |"
    )
