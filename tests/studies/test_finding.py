"""Which runs lie in a folder."""

from __future__ import annotations

import io

import pytest
from records_by_hand import write
from rich.console import Console

from keras3_lab.errors import UsageError
from keras3_lab.studies import finding

pytestmark = pytest.mark.once


def test_runs_are_listed_with_result_and_status(tmp_path) -> None:
    write(tmp_path / "fmnist" / "dropout" / "2026-seed1")
    write(
        tmp_path / "fmnist" / "dropout" / "2026-seed2", status="interrupted", metrics={}, history={}
    )
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "record.json").write_text("{")
    found = finding.find(tmp_path)
    assert [(one.status, one.result) for one in found] == [
        ("done", ("test_accuracy", 0.765)), ("interrupted", None), ("unreadable", None),
    ]  # fmt: skip
    listed = found[0].to_json()
    assert listed == {
        "folder": str(tmp_path / "fmnist" / "dropout" / "2026-seed1"),
        "recipe": "fmnist/batch-norm", "variant": "corrected", "backend": "jax", "seed": 1,
        "started": "2026-11-26T10:00:00+00:00", "metric": "test_accuracy", "value": 0.765,
        "status": "done",
    }  # fmt: skip
    assert found[2].to_json()["status"] == "unreadable"
    text = io.StringIO()
    finding.show(Console(file=text, width=80), found)
    lines = text.getvalue().splitlines()
    assert lines[0] == str(tmp_path / "fmnist" / "dropout")
    assert lines[1].split() == ["2026-seed1", "test_accuracy", "0.7650", "done"]
    assert lines[2].split() == ["2026-seed2", "–", "interrupted"]
    assert lines[-1] == "3 runs"


def test_a_folder_that_is_not_there_is_named(tmp_path) -> None:
    with pytest.raises(UsageError, match=r"DIR must be a folder of runs.*nowhere"):
        finding.find(tmp_path / "nowhere")


def test_a_record_that_is_being_written_is_no_run(tmp_path) -> None:
    write(tmp_path / "run")
    write(tmp_path / "run" / ".writing-1")
    assert [one.folder.name for one in finding.find(tmp_path)] == ["run"]
