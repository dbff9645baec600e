"""The command line, each time in a process of its own, on two lanes of the running backend.

The first test starts command and lanes as a user does; others fork them. What is wrong in
`planted.py` is so in the lane called `faulty` alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import forked
import keras
import planted
import pytest
import traces
from click.testing import CliRunner
from planted import FAULTS

from keras3_lab import recipes
from keras3_lab.parity import command
from keras3_lab.parity.compare.checks import AGREE, DIFFER
from keras3_lab.parity.record.schedule import Schedule
from keras3_lab.parity.trace import save

HERE = f"{keras.config.backend()}:cpu"
FILE = f"{HERE.replace(':', '-')}.npz"
GATES = ("G0", "G1", "G2", "G3")


def new_parity(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command from its first import on; subjects are those of this folder."""
    here = str(Path(__file__).parent)
    path = os.pathsep.join([here, os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, "-m", "keras3_lab", "parity", *map(str, arguments)],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": path},
    )  # fmt: skip


def parity(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command, and its lanes, where Keras is imported already."""
    return forked.python("-m", "keras3_lab", "parity", *arguments)


def read(done: subprocess.CompletedProcess[str], status: int) -> dict:
    """Return the JSON that stands alone on standard output."""
    assert done.returncode == status, done.stdout + done.stderr
    return json.loads(done.stdout)


def verdicts(result: dict) -> dict[str, str]:
    return {gate: found["verdict"] for gate, found in result["gates"].items()}


@pytest.mark.long
def test_a_lane_of_two_devices_agrees_with_one_of_one() -> None:
    done = parity("planted:sound", f"--lanes={HERE},{HERE}*2", "--gates=G0,G1,G3", "--json")
    (result,) = read(done, 0)["results"]
    assert verdicts(result) == dict.fromkeys(("G0", "G1", "G3"), AGREE)
    # A lane that had lost its devices would agree in all bits.
    (weights,) = (check for check in result["checks"] if check["what"] == "final weights")
    assert weights["largest"] > 0


def test_sound_lanes_agree_at_every_gate(tmp_path: Path) -> None:
    # Keras's NumPy backend trains nothing, so it is never the yardstick; it needs JAX.
    done = new_parity(
        "planted:sound", f"--lanes=numpy:cpu,{HERE},faulty={HERE}", "--seeds=3", "--json",
        f"--out={tmp_path}",
    )  # fmt: skip
    found = read(done, 0)
    (result,) = found["results"]
    assert verdicts(result) == dict.fromkeys(GATES, AGREE)
    lanes = [HERE, "faulty"] if found["skipped"] else [HERE, "faulty", "numpy:cpu"]
    assert list(result["lanes"]) == lanes
    assert found["skipped"] == [] or "jax is not installed" in found["skipped"][0]
    whats = {(check["gate"], check["what"]) for check in result["checks"]}
    assert ("G0", "masks, float32") in whats
    assert ("G2", "final val_loss over seeds") in whats
    directions = {tuple(c["lanes"]) for c in result["checks"] if c["what"].startswith("steps aft")}
    assert directions == {(source, target) for source in lanes[:2] for target in lanes[:2]}
    assert result["schedule"]["steps"] == 6
    assert result["blame"] == []

    (folder,) = tmp_path.glob("parity-*")
    assert json.loads((folder / "parity.json").read_text()) == found
    assert "planted:sound" in (folder / "report.html").read_text()
    assert "| planted:sound |" in (folder / "parity.md").read_text()
    (recorded,) = (path for path in folder.iterdir() if path.is_dir())
    expected = {f"{lane.replace(':', '-')}.npz" for lane in lanes}
    assert {path.name for path in recorded.iterdir()} == expected

    # Anyone can go on from these traces.
    one, other, resumed = recorded / FILE, recorded / "faulty.npz", tmp_path / "resumed.npz"
    done = parity("record", "planted:sound", f"--resume={other}", f"--out={resumed}")
    assert done.returncode == 0, done.stderr
    result = read(parity("compare", resumed, one, other, "--json"), 0)
    assert verdicts(result) == dict.fromkeys(GATES, AGREE)
    directions = {tuple(c["lanes"]) for c in result["checks"] if c["gate"] == "G3"}
    assert directions == {("faulty", HERE)}


@pytest.mark.long
def test_of_all_recipes_a_part_is_checked_and_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "names", lambda: ["linear/regression"])
    done = CliRunner().invoke(command.parity, [f"--lanes={HERE},again={HERE}", "--quick", "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)
    assert [result["subject"] for result in found["results"]] == ["linear/regression"]
    assert "of 4,000 training rows at most" in found["skipped"][-1]


def test_a_fault_in_one_lane_is_caught_and_blamed(tmp_path: Path) -> None:
    done = parity(
        *(f"planted:{name}" for name in FAULTS), f"--lanes={HERE},faulty={HERE}", "--seeds=1",
        "--json", f"--out={tmp_path}",
    )  # fmt: skip
    found = read(done, 1)
    assert [result["subject"] for result in found["results"]] == [f"planted:{n}" for n in FAULTS]
    order = Schedule(42, planted.ROWS, planted.BATCH, 4)
    steps = dict.fromkeys(FAULTS, 0)
    steps["datum"] = next(step for step in range(2) if planted.CHANGED_ROW in order.batch(step))
    for (name, (gate, kind, culprit)), result in zip(FAULTS.items(), found["results"], strict=True):
        assert result["verdict"] == DIFFER
        caught = [one for one, verdict in verdicts(result).items() if verdict != AGREE]
        assert caught[0] == gate, name
        (blame,) = result["blame"]
        assert (blame["kind"], blame["name"], blame["step"]) == (kind, culprit, steps[name])
        assert blame["lanes"] == [HERE, "faulty"]
        # On the terminal, too: JSON has standard output for itself.
        errors = " ".join(done.stderr.split())
        assert f"first difference at step {steps[name]}, in the {kind} `{culprit}`" in errors
    (datum, _, rate, coarse) = found["results"]
    row = f"y differs, 1 of 4; row {planted.CHANGED_ROW} is the first of 1 such rows of 32"
    assert row in [check["detail"] for check in datum["checks"]]
    assert rate["blame"][0]["values"] == pytest.approx([0.01, 0.0101])
    assert verdicts(coarse) == {"G0": AGREE, "G1": AGREE, "G2": DIFFER, "G3": AGREE}

    # Recorded alone, a lane that is called otherwise is sound.
    (folder,) = tmp_path.glob("parity-*/01-planted-layer")
    again = tmp_path / "again.npz"
    done = parity(
        "record", "planted:layer", f"--lane=again={HERE}", "--dtype=float64", f"--out={again}"
    )
    assert done.returncode == 0, done.stderr
    assert parity("compare", again, folder / FILE).returncode == 0
    done = parity("compare", again, folder / "faulty.npz", f"--out={tmp_path / 'compared'}")
    assert done.returncode == 1
    assert "G1 loss and metrics of every step, again / faulty: differ" in done.stdout
    (folder,) = (tmp_path / "compared").iterdir()
    assert {path.name for path in folder.iterdir()} == {"report.html", "parity.json", "parity.md"}
    (result,) = json.loads((folder / "parity.json").read_text())["results"]
    assert verdicts(result) == {"G0": AGREE, "G1": DIFFER}


@pytest.mark.parametrize(("subject", "rules"), [("sound", []), ("stock", ["random-layer"])])
def test_lint_ends_with_1_where_it_finds_something(subject: str, rules: list[str]) -> None:
    (found,) = read(parity("lint", f"planted:{subject}", "--json"), 1 if rules else 0)
    assert found["name"] == f"planted:{subject}"
    assert [finding["rule"] for finding in found["findings"]] == rules


@pytest.mark.parametrize(("by", "status"), [(1e-10, 0), (1e-8, 1)])
def test_recorded_lanes_that_differ_end_with_1(by: float, status: int, tmp_path: Path) -> None:
    pair = traces.pair()
    traces.run(pair[1], "float64").steps["loss"][3] *= 1 + by
    files = [tmp_path / name for name in ("one.npz", "other.npz")]
    for trace, file in zip(pair, files, strict=True):
        save(trace, file)
    found = read(parity("compare", *files, "--json"), status)
    assert found["verdict"] == (DIFFER if status else AGREE)


def test_a_trace_without_a_saved_model_is_nothing_to_go_on_from(tmp_path: Path) -> None:
    source = tmp_path / "resumed.npz"
    save(traces.resumed_alone(HERE, "float64", "other:cpu"), source)
    done = parity("record", "planted:sound", f"--resume={source}", f"--out={tmp_path / 'new.npz'}")
    assert done.returncode == 2
    (line,) = done.stderr.strip().splitlines()
    assert "resumed.npz: holds no model saved in float64 or float32; received: none" in line


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--steps", "3", "--epochs", "2"], "--steps and --epochs exclude each other"),
        (["no-such-recipe"], "unknown recipe"),
        (["--gates", "G0,G7"], "gates must be one or more of G0, G1, G2, G3; received: G0, G7"),
        (["--gates", "G2", "--dtype", "float64"], "G1 needs float64 and G2 float32"),
        (["--lanes", "jax:tpu"], "unknown lane 'jax:tpu'; known: jax:cpu"),
        (["--lanes", f"{HERE},{HERE}"], "each name may stand there once"),
        (["compare", "absent.npz", "other.npz"], "absent.npz is no trace of `parity record`"),
        (["record", "planted:sound", "--out", __file__], "exists already"),
        (["record", "mnist/losses", "--out", "new.npz"], "record those of one variant"),
        (["record", "planted:absent", "--out", "new.npz"], "has no function 'absent'"),
    ],
)
def test_wrong_usage_is_one_line_and_status_2(arguments: list[str], message: str) -> None:
    done = parity(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert message in line
