"""The command line, as a user calls it."""

from __future__ import annotations

import gzip
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import forked
import pytest

from keras3_lab import datasets, recipes
from keras3_lab.folders import new_folder

QUICK = ["--data", "sample", "--epochs", "1"]


def lab(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` where Keras is imported already."""
    return forked.python("-m", *arguments, COLUMNS="100")


def new_lab(*arguments: str | Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ARGUMENTS` from its first import on."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, arguments)],
        env=os.environ | {"COLUMNS": "100"} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.long
def test_main_job_shows_the_result_beside_the_notes(tmp_path) -> None:
    result = new_lab("keras3_lab.fmnist", *QUICK, "--out", tmp_path)
    assert (result.returncode, result.stderr) == (0, "")
    text = result.stdout
    assert "fmnist/early-stopping (corrected)" in text
    assert "bundled sample: 6,000 + 1,000 real images" in text
    assert "epoch 1/1" in text
    assert re.search(r"validation accuracy +│ +0\.\d{4} │ +0\.8863", text)
    assert "What the notes got wrong" in text
    (record,) = tmp_path.rglob("record.json")
    for name in ("curves.png", "confusion.png", "model.keras", "record.json", "best.keras"):
        assert name in text
        assert (record.parent / name).stat().st_size > 1000


def test_quiet_is_quiet(tmp_path) -> None:
    arguments = [*QUICK, "--quiet", "--out", tmp_path, "--seed", "7", "--batch-size", "64"]
    result = lab("keras3_lab.linear", *arguments)
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    (path,) = tmp_path.rglob("record.json")
    record = json.loads(path.read_text())
    assert (record["seed"], record["settings"]["batch_size"]) == (7, 64)


@pytest.mark.long
@pytest.mark.once
def test_both_variants_end_with_a_page_that_compares_them(tmp_path) -> None:
    options = ["--variant", "both", "--batch-size", "500", "--json", "--out", tmp_path]
    result = lab("keras3_lab.fmnist", "functional-early-stopping", *QUICK, *options)
    assert result.returncode == 0, result.stderr
    records = json.loads(result.stdout)
    assert [record["variant"] for record in records] == ["as-noted", "corrected"]
    (page,) = tmp_path.rglob("comparison.html")
    for record in records:
        accuracy = f"{record['metrics']['test_accuracy']:.4f}"
        assert accuracy in page.read_text()
        assert accuracy in result.stderr
    listed = json.loads(lab("keras3_lab", "runs", tmp_path, "--json").stdout)
    assert [(one["variant"], one["status"]) for one in listed] == [
        ("as-noted", "done"), ("corrected", "done")
    ]  # fmt: skip
    compared = lab("keras3_lab", "compare", *(one["folder"] for one in listed), "--json")
    assert json.loads(compared.stdout)["columns"] == ["as-noted", "corrected", "notes (N0)"]


def test_a_sweep_writes_a_table_a_page_and_runs(tmp_path) -> None:
    arguments = ["linear/regression", "--seeds", "2", "--epochs", "3", "--set", "momentum=0,0.9"]
    result = lab("keras3_lab", "sweep", *arguments, "--json", "--out", tmp_path)
    assert result.returncode == 0, result.stderr
    answer = json.loads(result.stdout)
    assert [row["settings"] for row in answer["rows"]][::2] == [{"momentum": 0}, {"momentum": 0.9}]
    assert "4 runs, 2 programs of 2, 2 runs at once" in result.stderr
    assert len(list(tmp_path.rglob("record.json"))) == 4
    (page,) = tmp_path.rglob("sweep.html")
    assert (page.parent / "sweep.json").read_text() == result.stdout
    assert "<svg" in page.read_text()


@pytest.mark.long
@pytest.mark.once
def test_the_sweeps_of_the_documentation_run(tmp_path) -> None:
    """A setting that one of the recipe's optimizers does not have would be an error."""
    page = (Path(__file__).parents[1] / "docs/sweep.md").read_text()
    lines = re.findall(r"^python -m keras3_lab sweep (.+)$", page, re.MULTILINE)
    assert len(lines) == 3
    small = ["--seeds=1", "--fraction=0.1", *QUICK, "--out", tmp_path]
    for line in lines:
        result = lab("keras3_lab", "sweep", *line.split(), *small)
        assert result.returncode == 0, (line, result.stderr)


@pytest.mark.long
@pytest.mark.once
def test_full_data_from_a_folder_is_used_and_left_alone(tmp_path) -> None:
    """A full-sized Fashion-MNIST of the user's own, as IDX files."""
    folder = tmp_path / "data" / "fashion-mnist"
    folder.mkdir(parents=True)
    sample = datasets.load("fashion_mnist", source="sample")
    for part, x, y, count in (
        ("train", sample.x_train, sample.y_train, 60_000),
        ("t10k", sample.x_test, sample.y_test, 10_000),
    ):
        times = count // len(x)
        for kind, array in (
            ("images-idx3", x.repeat(times, axis=0)),
            ("labels-idx1", y.repeat(times)),
        ):
            header = bytes([0, 0, 8, array.ndim])
            header += b"".join(size.to_bytes(4, "big") for size in array.shape)
            path = folder / f"{part}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(header + array.tobytes(), 1))
    before = {path: path.read_bytes() for path in folder.iterdir()}
    arguments = ["relu-mlp", "--epochs", "1", "--data", "full", "--json", "--batch-size", "512"]
    result = lab(
        "keras3_lab.fmnist", *arguments, "--data-dir", folder.parent, "--out", tmp_path / "runs"
    )
    assert result.returncode == 0, result.stderr
    assert "test accuracy" in result.stderr  # the record is all of standard output
    data = json.loads(result.stdout)["data"]
    assert (data["kind"], data["counts"]) == ("full", {"train": 60_000, "test": 10_000})
    assert data["used"] == {"train": 48_000, "validation": 12_000, "test": 10_000}
    assert {path: path.read_bytes() for path in folder.iterdir()} == before


@pytest.mark.once
@pytest.mark.parametrize(
    "arguments",
    [
        ["keras3_lab", "--help"],
        ["keras3_lab", "run", "--help"],
        ["keras3_lab", "show", "--help"],
        ["keras3_lab.fmnist", "--help"],
        ["keras3_lab.cifar10", "--help"],
        ["keras3_lab.fmnist", "--list"],
        ["keras3_lab", "ls"],
        ["keras3_lab", "ls", "mnist", "--json"],
        ["keras3_lab", "runs", "docs"],
        ["keras3_lab", "sweep", "--help"],
    ],
    ids=" ".join,
)
def test_help_and_lists_import_no_backend(arguments: list[str]) -> None:
    result = new_lab(*arguments, PYTHONPROFILEIMPORTTIME="1")
    assert result.returncode == 0
    assert result.stdout
    imported = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert not imported & {"keras", "jax", "tensorflow", "sklearn", "matplotlib"}


def test_ls_names_every_recipe() -> None:
    text = lab("keras3_lab", "ls").stdout
    for name in recipes.names():
        assert name in text


def test_show_tells_all_without_training() -> None:
    result = lab("keras3_lab", "show", "early-stopping")
    assert result.returncode == 0, result.stderr
    for words in ("79,510", "Adam(", "at most 20 epochs", "0.8863", "What the notes got wrong"):
        assert words in result.stdout


def test_data_tells_what_is_where() -> None:
    result = lab("keras3_lab", "data")
    assert result.returncode == 0, result.stderr
    for name in datasets.NAMES:
        assert name in result.stdout
    assert "sample" in result.stdout


def test_a_damaged_data_file_is_named_and_kept(tmp_path) -> None:
    folder = tmp_path / "fashion-mnist"
    folder.mkdir()
    names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
    for name in names:
        (folder / f"{name}-ubyte.gz").write_bytes(b"not gzip")
    result = lab("keras3_lab.fmnist", "--data-dir", tmp_path, "--out", tmp_path / "runs")
    assert result.returncode == 2
    (line,) = [line for line in result.stderr.splitlines() if line.startswith("error")]
    assert "train-images-idx3-ubyte.gz" in line
    assert all((folder / f"{name}-ubyte.gz").read_bytes() == b"not gzip" for name in names)
    assert not (tmp_path / "runs").exists()


def test_folders_of_runs_in_the_same_second_differ(tmp_path) -> None:
    folders = {new_folder(tmp_path, "fmnist/dropout/", "-corrected") for _ in range(5)}
    assert len(folders) == 5
