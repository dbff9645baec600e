"""Runs that do not come to their end: what their record says, and how they go on."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import forked
import keras
import pytest
from kill.kills import Case, armed, differences, outcome, staged, stock

import keras3_lab
from keras3_lab.errors import UsageError
from keras3_lab.recipes import Recipe
from keras3_lab.runs import Run
from keras3_lab.runs.kept import Kept

SMALL = {"data": "sample", "fraction": 0.05, "checkpoint_every": 1}


class Failure(keras.callbacks.Callback):
    """Raises at the end of the training's n-th epoch, over all arms and stages."""

    left: int | None = None
    trained = 0

    def on_epoch_end(self, epoch, logs=None):
        type(self).trained += 1
        if type(self).left is not None:
            type(self).left -= 1
            if not type(self).left:
                raise OSError("the disk is on fire\nand the house as well")


def failing(recipe: Recipe) -> Recipe:
    """The recipe, with a callback that raises behind its own."""
    own = recipe.callbacks
    return replace(recipe, callbacks=lambda folder: [*own(folder), Failure()])


def fails_after(epochs: int | None, monkeypatch) -> None:
    monkeypatch.setattr(Failure, "left", epochs)
    monkeypatch.setattr(Failure, "trained", 0)


@pytest.fixture(autouse=True)
def _names_begin_anew() -> None:
    keras.utils.clear_session()


def the_folder(out: Path) -> Path:
    (folder,) = out.glob("*/*/*")
    return folder


def status(folder: Path) -> tuple[str, str | None]:
    record = json.loads((folder / "record.json").read_text())
    return record["status"], record.get("reason")


def same(one: Path, other: Path) -> None:
    assert [*differences(outcome(one), outcome(other))] == []


@pytest.mark.long
@pytest.mark.parametrize(
    ("declare", "epochs", "fails"),
    [(stock, 4, (2, 1)), (armed, 2, (3,)), (staged, None, (4,))],
    ids=["one", "arms", "stages"],
)
def test_a_run_that_goes_on_leaves_what_it_would_have_left(
    declare, epochs, fails, tmp_path, monkeypatch
) -> None:
    recipe = failing(declare())
    fails_after(None, monkeypatch)
    whole = keras3_lab.run(recipe, epochs=epochs, out=tmp_path / "whole", **SMALL)
    every = Failure.trained
    trained = 0
    for number, after in enumerate(fails):
        fails_after(after, monkeypatch)
        keras.utils.clear_session()  # names are counted from 1 again, as in another process
        with pytest.raises(OSError, match="fire"):
            if number == 0:
                keras3_lab.run(recipe, epochs=epochs, out=tmp_path / "other", **SMALL)
            else:
                keras3_lab.resume(the_folder(tmp_path / "other"), recipe=recipe, checkpoint_every=1)
        trained += Failure.trained - 1  # the last one is lost
        assert status(the_folder(tmp_path / "other")) == ("failed", "OSError: the disk is on fire")
    fails_after(None, monkeypatch)
    folder = the_folder(tmp_path / "other")
    keras.utils.clear_session()
    gone_on = keras3_lab.resume(folder, recipe=recipe)
    assert trained + Failure.trained == every  # nothing is trained again
    same(folder, whole.folder)
    assert not (folder / ".resume").exists()
    assert status(folder) == ("done", None)
    assert gone_on.record["started"] == json.loads((folder / "record.json").read_text())["started"]
    with pytest.raises(UsageError, match="this run is done"):
        keras3_lab.resume(folder, recipe=recipe)


KILLED = """
import os, signal, sys
from pathlib import Path
from kill.kills import stock
from keras3_lab import runs
out, left = Path({out!r}), [{checkpoints}]
def hook(event, arguments):  # before it happens
    if event == "os.rename" and ".resume/training" in str(arguments[1]):
        left[0] -= 1
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)
sys.addaudithook(hook)
if {first}:
    runs.run(stock(), epochs=4, data="sample", fraction=0.05, out=out, checkpoint_every=1)
else:
    runs.resume(next(out.glob("*/*/*")), recipe=stock(), checkpoint_every=1)
"""


@pytest.mark.long
def test_a_run_that_is_killed_twice_leaves_what_it_would_have_left(tmp_path) -> None:
    whole = keras3_lab.run(stock(), epochs=4, out=tmp_path / "whole", **SMALL)
    for first, checkpoints in ((True, 1), (False, 1)):
        code = KILLED.format(out=str(tmp_path / "other"), checkpoints=checkpoints, first=first)
        done = forked.python("-c", code)
        assert done.returncode == -9, done.stderr
        folder = the_folder(tmp_path / "other")
        assert status(folder) == ("running", None)
        assert [*folder.glob(".resume/training*/*.npz")]
    keras.utils.clear_session()
    keras3_lab.resume(folder, recipe=stock())
    same(folder, whole.folder)


INTERRUPTED = """
from pathlib import Path
from keras3_lab import signals
from keras3_lab.runs.status import Status
with Status({"status": "running"}, Path("record.json")).tracked():
    signals.end()
"""


def test_a_signal_is_noted_in_the_record(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = forked.python("-c", INTERRUPTED)
    assert (done.returncode, done.stderr) == (130, "interrupted\n")
    assert status(tmp_path) == ("interrupted", None)


@pytest.fixture
def begun(tmp_path, monkeypatch) -> Path:
    """The folder of a run that failed in its second epoch."""
    fails_after(2, monkeypatch)
    with pytest.raises(OSError, match="fire"):
        keras3_lab.run(failing(stock()), epochs=3, out=tmp_path, **SMALL)
    fails_after(None, monkeypatch)
    return the_folder(tmp_path)


def refused(folder: Path, recipe: Recipe | None = None) -> str:
    with pytest.raises(UsageError) as error:
        keras3_lab.resume(folder, recipe=recipe or failing(stock()))
    return str(error.value)


def test_what_cannot_go_on_is_refused_in_one_line(begun, tmp_path) -> None:
    kept = Kept(begun)
    with kept.locked():
        assert refused(begun) == f"{begun}: another process is at it"
    assert refused(tmp_path / "nowhere").endswith("nowhere: there is no such folder of a run")
    assert refused(tmp_path).endswith(": there is no run that could go on; begin it again")

    other = replace(stock(), dataset="mnist")
    assert ": it was trained on other data, " in refused(begun, other)
    (call,) = begun.glob(".resume/call/*.npz")
    content = call.read_bytes()
    for damaged in (content[:-1], content[:100] + b"x" + content[101:]):
        call.write_bytes(damaged)
        with pytest.warns(UserWarning, match="damaged"):
            assert "none of the 1 checkpoints is whole" in refused(begun)
    call.write_bytes(content)
    shutil.rmtree(begun / ".resume")
    assert refused(begun) == f"{begun}: there is no run that could go on; begin it again"


def test_a_damaged_record_does_not_count(begun) -> None:
    (begun / "record.json").write_text('{"seed": 7}')  # what is kept has its own
    run: Run = keras3_lab.resume(begun, recipe=failing(stock()))
    assert run.record["seed"] == 42
    assert status(begun) == ("done", None)


def test_the_folder_vanishes_and_the_run_says_so(tmp_path) -> None:
    class Vanishing(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            shutil.rmtree(tmp_path / "fmnist")

    recipe = replace(stock(), callbacks=lambda folder: [Vanishing()])
    with pytest.raises(UsageError, match=r"cannot be written to \(No such file or directory\)"):
        keras3_lab.run(recipe, epochs=2, out=tmp_path, **SMALL)


def test_a_run_that_goes_on_elsewhere_says_where_it_was_begun(begun, monkeypatch) -> None:
    from keras3_lab.runs import execute

    was = json.loads((begun / "record.json").read_text())["versions"]
    monkeypatch.setattr(execute, "versions", lambda: was | {"numpy": "1.0"})
    run = keras3_lab.resume(begun, recipe=failing(stock()))
    assert run.record["versions"]["numpy"] == "1.0"
    assert run.record["begun_on"]["versions"] == was
    assert run.record["begun_on"]["backend"] == keras.config.backend()


def test_nothing_is_named_by_an_empty_text() -> None:
    with pytest.raises(UsageError, match="out must name a folder; received: ''"):
        keras3_lab.run("fmnist/relu-mlp", out="")


def test_the_cases_that_are_killed_are_recipes() -> None:
    assert Case("fmnist/early-stopping", 1).declared().name == "fmnist/early-stopping"
