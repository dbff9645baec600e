"""A folder for each run."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from keras3_lab.errors import UsageError
from keras3_lab.folders import new_folder

pytestmark = pytest.mark.once


def test_a_folder_tells_when_and_what_ran(tmp_path) -> None:
    before = datetime.now().replace(microsecond=0)
    folder = new_folder(tmp_path / "new" / "runs", "fmnist/dropout/", "-seed7")
    assert folder.is_dir()
    assert folder.parent == tmp_path / "new" / "runs" / "fmnist" / "dropout"
    stamp = re.fullmatch(r"(\d{8}-\d{6})-seed7", folder.name)[1]
    made = datetime.strptime(stamp, "%Y%m%d-%H%M%S")
    assert before <= made <= before + timedelta(minutes=1)


def test_a_second_run_in_the_same_second_is_counted(tmp_path) -> None:
    folders = [new_folder(tmp_path, "fmnist/dropout/", "-seed1") for _ in range(30)]
    assert len(set(folders)) == 30
    for folder in folders:
        base = re.sub(r"(seed1)-\d+$", r"\1", folder.name)
        assert (folder.parent / base).is_dir()


@pytest.mark.parametrize("out", ["file", "file/below"])
def test_a_file_in_the_way_is_named(tmp_path, out: str) -> None:
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UsageError, match=f"--out .*{out}: no folder can be made there") as error:
        new_folder(tmp_path / out, "fmnist/dropout/", "-seed1")
    assert "\n" not in str(error.value)
    assert (tmp_path / "file").read_text() == "mine"


def test_a_file_where_the_recipes_folder_belongs_ends_too(tmp_path) -> None:
    (tmp_path / "fmnist").write_text("mine")
    with pytest.raises(UsageError, match="no folder can be made there"):
        new_folder(tmp_path, "fmnist/dropout/", "-seed1")
