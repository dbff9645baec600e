"""`keras3-lab atlas` as a command, on two lanes of the running backend."""

from __future__ import annotations

import json
from pathlib import Path

import forked
import keras
import pytest

from keras3_lab.atlas.known import known

HERE = f"{keras.config.backend()}:cpu"
LANES = ("--lanes", f"{HERE},again={HERE}")


def atlas(*arguments: str | Path):
    return forked.python("-m", "keras3_lab", "atlas", *arguments)


@pytest.mark.long
def test_a_backend_does_not_part_from_itself(tmp_path: Path) -> None:
    names = ("ops.maximum/equal", "layers.SpectralNormalization/dense", "losses.Huber/ordinary")
    done = atlas(*names, *LANES, "--out", tmp_path, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["schema"] == "keras3_lab.atlas/1"
    assert made["counts"]["cases"] == len(names)
    assert made["unexplained"] == []
    # Only what it compiles may differ from what it does eagerly, and that is explained.
    found = [part["aspect"] for entry in made["differences"] for part in entry["parts"]]
    assert all(aspect.startswith("compiled-by-") for aspect in found)
    layers = made["coverage"]["layers"]
    assert 0.95 * layers["symbols"] < layers["covered"] <= layers["symbols"]
    (folder,) = tmp_path.iterdir()
    assert json.loads((folder / "atlas.json").read_text()) == made
    assert "The atlas of Keras's backends" in (folder / "atlas.html").read_text()
    same = atlas("diff", folder / "atlas.json", folder / "atlas.json")
    assert (same.returncode, same.stdout) == (0, "")


def test_what_became_other_is_told(tmp_path: Path) -> None:
    part = {"case": "ops.x/y", "aspect": "eager", "dtype": "float32", "kind": "value"}
    before = {"schema": "keras3_lab.atlas/1", "differences": [{"id": "KD-001"}], "unexplained": []}
    after = before | {"differences": [{"id": "KD-002"}], "unexplained": [part]}
    for name, content in (("a", before), ("b", after)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    done = atlas("diff", tmp_path / "a.json", tmp_path / "b.json")
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "new: KD-002",
        "gone: KD-001",
        "new parts: ops.x/y eager float32 value",
    ]


def test_a_known_difference_is_shown() -> None:
    entry = known()[0]
    done = atlas("show", entry.id.lower())
    assert done.returncode == 0
    assert entry.title in done.stdout
    assert entry.program.strip() in done.stdout
    assert all(line in done.stdout for lines in entry.prints.values() for line in lines)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("ops.maximun", *LANES), "unknown symbol or case 'ops.maximun'; did you mean"),
        (("--kind", "layer", *LANES), "unknown kind 'layer'; did you mean 'layers'?"),
        (("--dtype", "float33", *LANES), "unknown dtype 'float33'; did you mean 'float32'?"),
        (("ops.add/grid", "--lanes", HERE), "the atlas needs two lanes; here: "),
        (("ops.add", "--lanes", "tpu:cpu"), "unknown lane 'tpu:cpu'"),
        (("show", "KD-999"), "unknown difference 'KD-999'"),
        (("diff", "no.json", "no.json"), "no.json is no atlas: "),
    ],
)
def test_bad_input_is_one_line(arguments: tuple[str, ...], said: str) -> None:
    done = atlas(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith(f"error: {said}")
    assert len(done.stderr.splitlines()) == 1
