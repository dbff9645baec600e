"""Recipes to kill, moments to kill them at, and what must be the same afterwards."""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import signal
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import h5py
import keras
import matplotlib.figure  # noqa: F401 - imported once, for all that is forked
import sklearn.metrics  # noqa: F401

from keras3_lab import callbacks, recipes, runs
from keras3_lab.engine import pace

WHILE_WRITING = 0.6
"""How many of the kills fall into the moments after a file is opened, renamed or removed."""
LONGEST_WRITE_S = 0.003
EVENTS = ("open", "os.rename", "os.remove", "os.mkdir", "os.rmdir")


@dataclass(frozen=True)
class Case:
    """A run, small enough to be repeated hundreds of times.

    Args:
        recipe: Its recipe's name.
        epochs: Its epochs.
        declare: Declares the recipe, where it is none of the collection.
        within: Whether checkpoints are written within an epoch, every ten milliseconds.
    """

    recipe: str
    epochs: int | None
    declare: Callable[[], recipes.Recipe] | None = None
    within: bool = False

    @property
    def name(self) -> str:
        """What it is called in a table."""
        return f"`{self.recipe}`{', within epochs' if self.within else ''}"

    def declared(self) -> recipes.Recipe:
        """Return the recipe."""
        return self.declare() if self.declare else recipes.get(self.recipe)


def stock() -> recipes.Recipe:
    """Dropout by Keras's own layer, and all callbacks that have a memory."""

    def model() -> keras.Model:
        return keras.Sequential(
            [
                keras.Input((28, 28)),
                keras.layers.Flatten(),
                keras.layers.Dense(16, activation="relu"),
                keras.layers.Dropout(0.5, seed=3),
                keras.layers.Dense(10, activation="softmax"),
            ]
        )

    return replace(
        recipes.get("fmnist/relu-mlp"),
        name="fmnist/stock-dropout",
        model=model,
        optimizer=lambda steps: keras.optimizers.Adam(0.01),
        callbacks=lambda folder: [
            callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True),
            keras.callbacks.ReduceLROnPlateau(factor=0.5, patience=0),
            keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
        ],
    )


def staged() -> recipes.Recipe:
    """Two stages: the last layer first, then both."""

    def model() -> keras.Model:
        inputs = keras.Input((28, 28))
        x = keras.layers.Flatten()(inputs)
        x = keras.layers.Dense(16, activation="relu", name="first")(x)
        return keras.Model(inputs, keras.layers.Dense(10, activation="softmax")(x))

    def train_first(yes: bool) -> Callable[[keras.Model], None]:
        def trainable(model: keras.Model) -> None:
            model.get_layer("first").trainable = yes

        return trainable

    return replace(
        recipes.get("fmnist/relu-mlp"),
        name="fmnist/stages",
        model=model,
        optimizer=lambda steps: keras.optimizers.Adam(0.01),
        stages={
            "last": {"trainable": train_first(False), "epochs": 2},
            "both": {"trainable": train_first(True), "epochs": 3},
        },
    )


def armed() -> recipes.Recipe:
    """The same network at two learning rates."""
    return replace(
        stock(),
        name="fmnist/arms",
        callbacks=lambda folder: [],
        arms={
            f"rate {rate}": {"optimizer": lambda steps, rate=rate: keras.optimizers.SGD(rate)}
            for rate in (0.01, 0.1)
        },
    )


CASES = (
    Case("fmnist/early-stopping", 5),
    Case("fmnist/early-stopping", 5, within=True),
    Case("fmnist/stock-dropout", 6, stock),
    Case("fmnist/stages", None, staged),
    Case("mnist/callbacks", 4),
    Case("fmnist/arms", 2, armed),
)


@dataclass(frozen=True)
class Kill:
    """When a process is killed.

    Args:
        after_s: Seconds after its start, or after the event.
        event: After which of the events in the run's folder.
    """

    after_s: float
    event: int | None = None

    @classmethod
    def choose(cls, rng: random.Random, reference: Reference) -> Kill:
        """Choose a moment of a run that takes as long as the reference did."""
        if rng.random() < WHILE_WRITING:
            return cls(rng.uniform(0, LONGEST_WRITE_S), rng.randrange(reference.events))
        return cls(rng.uniform(0, reference.seconds))

    def carry_out(self, process: int) -> bool:
        """Kill, and tell whether the process had not come to its end before."""
        if self.event is None:
            time.sleep(self.after_s)
            os.kill(process, signal.SIGKILL)
        return os.waitpid(process, 0)[1] == signal.SIGKILL


@dataclass(frozen=True)
class Reference:
    """A run that was never interrupted."""

    seconds: float
    events: int
    outcome: dict[str, Any] = field(repr=False)

    @classmethod
    def make(cls, case: Case, scratch: Path) -> Reference:
        """Run it twice: what takes longest is compiled then."""
        for _ in range(2):
            out = Path(tempfile.mkdtemp(dir=scratch))
            began = time.perf_counter()
            process = start(case, out, None, None)
            if os.waitpid(process, 0)[1]:
                sys.exit(f"{case} cannot be run")
            seconds = time.perf_counter() - began
        return cls(seconds, int((out / "events").read_text()), outcome(next(out.glob("*/*/*"))))


def start(case: Case, out: Path, folder: Path | None, kill: Kill | None) -> int:
    """Start a run in `out`, or the rest of the one in `folder`, in a process of its own."""
    process = os.fork()
    if process:
        return process
    status = 1
    try:
        count = count_events(out, kill)
        if case.within:
            pace.PERIOD_S = 1e-3  # seconds of a chunk
        every = "0.00016m" if case.within else 1
        if folder is None:
            runs.run(
                case.declared(), epochs=case.epochs, data="sample", fraction=0.2, out=out,
                checkpoint_every=every,
            )  # fmt: skip
        else:
            runs.resume(folder, recipe=case.declared(), checkpoint_every=every)
        (out / "events").write_text(str(count[0]))
        status = 0
    finally:
        if status:
            sys.excepthook(*sys.exc_info())
            sys.stderr.flush()
        os._exit(status)


def count_events(out: Path, kill: Kill | None) -> list[int]:
    """Count what happens to files in `out`, and kill this process shortly after one of them."""
    count = [0]

    def die() -> None:
        time.sleep(kill.after_s)
        os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event in EVENTS and str(arguments[0]).startswith(str(out)):
            if kill and kill.event == count[0]:
                threading.Thread(target=die, daemon=True).start()
            count[0] += 1

    sys.addaudithook(hook)
    return count


def torn(folder: Path) -> bool:
    """Tell whether a file in a run's folder is not whole, under the name of one that is."""
    for path in folder.rglob("*"):
        if ".writing-" in str(path) or not path.is_file():
            continue
        content = path.read_bytes()
        try:
            match path.suffix:
                case ".json":
                    json.loads(content)
                case ".keras" | ".npz":
                    if zipfile.ZipFile(io.BytesIO(content)).testzip():
                        return True
                case ".png":
                    if not content.endswith(b"IEND\xaeB\x60\x82"):
                        return True
        except (ValueError, zipfile.BadZipFile):
            return True
    return False


def lost(folder: Path) -> bool:
    """Tell whether a run has not come to its end."""
    record = folder / "record.json"
    return not record.exists() or json.loads(record.read_text())["status"] != "done"


def outcome(folder: Path) -> dict[str, Any]:
    """Return all that a run leaves behind, but for the time that it took."""
    record = json.loads((folder / "record.json").read_text())
    found: dict[str, Any] = {"record.json": without_times(record)}
    for path in sorted(folder.iterdir()):
        if path.suffix == ".keras":
            found[path.name] = digest_of_model(path)
        elif path.suffix == ".png":
            found[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        elif path.is_file() and not path.name.startswith("."):
            found.setdefault(path.name, None)
    return found


def without_times(record: Any) -> Any:
    """Return a record without what no two runs share."""
    if not isinstance(record, dict):
        return record
    return {k: without_times(v) for k, v in record.items() if k not in ("started", "time")}


def digest_of_model(path: Path) -> str:
    """Return a digest of a model file, but for its date: configuration, weights, optimizer."""
    digest = hashlib.sha256()
    with zipfile.ZipFile(path) as archive:
        # Keras writes down places in memory: which objects are the same one.
        digest.update(re.sub(rb'"shared_object_id": \d+', b"", archive.read("config.json")))
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as weights:

            def add(name: str, part: Any) -> None:
                if isinstance(part, h5py.Dataset):
                    digest.update(name.encode())
                    digest.update(part[()].tobytes())

            weights.visititems(add)
    return digest.hexdigest()


def differences(one: Any, other: Any, at: str = "") -> Iterator[str]:
    """Tell what differs in two outcomes."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in one.keys() | other.keys():
            yield from differences(one.get(key), other.get(key), f"{at}/{key}")
    elif one != other:
        yield f"{at}: {one} instead of {other}"
