"""What a person sees: verdicts, tables, the page."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import traces
from rich.console import Console
from traces import LANES, ONE, OTHER

from keras3_lab.parity.compare.blame import Blame
from keras3_lab.parity.compare.checks import AGREE, DIFFER, UNJUDGED, Check
from keras3_lab.parity.compare.float32 import ENVELOPE
from keras3_lab.parity.compare.gates import compare
from keras3_lab.parity.compare.verdict import GateSummary, Result, summarize, verdict_of
from keras3_lab.parity.header import Finding
from keras3_lab.parity.tell.figure import COLOURS, GREY, figures
from keras3_lab.parity.tell.page import render_page
from keras3_lab.parity.tell.report import causes, markdown, notes_of, show, to_json, unlike
from keras3_lab.parity.trace import save

pytestmark = pytest.mark.once

BLAME = Blame(3, "loss", "loss", 0.5, (), (1.0, 2.0), LANES)


def check(
    verdict: str, gate: str = "G1", what: str = "steps", largest: float | None = None
) -> Check:
    return Check(gate, what, LANES, verdict, largest, 1e-9)


def result(factor: float = 1.0, title: str = "module:function") -> Result:
    one, other = traces.pair()
    steps = traces.run(other, "float64").steps
    steps["loss"] = traces.run(one, "float64").steps["loss"] * factor
    traces.set_subject(one, title)
    return Result([one, other], compare(one, other), [BLAME], 1.25)


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        ([AGREE, AGREE], AGREE),
        ([AGREE, DIFFER, UNJUDGED], DIFFER),
        ([AGREE, UNJUDGED], UNJUDGED),
        ([UNJUDGED], UNJUDGED),
        ([], UNJUDGED),  # nothing was compared
    ],
)
def test_one_difference_is_a_difference_and_all_must_agree(
    verdicts: list[str], expected: str
) -> None:
    assert verdict_of(check(verdict) for verdict in verdicts) == expected


def test_each_gate_is_summed_up_by_its_verdict_and_largest_difference() -> None:
    checks = [
        check(AGREE, "G0"),
        check(AGREE, "G1", largest=1e-12),
        check(DIFFER, "G1", largest=1e-3),
        check(UNJUDGED, "G2", largest=1e-6),
        check(AGREE, "G2", ENVELOPE, largest=1e-2),
        check(AGREE, "G2", "final val_loss over seeds", largest=1e-1),
    ]
    assert summarize(checks) == {
        "G0": GateSummary(AGREE, None, 1),
        "G1": GateSummary(DIFFER, 1e-3, 2),
        "G2": GateSummary(UNJUDGED, 1e-6, 3),
    }


def test_the_json_holds_all_that_was_found_out() -> None:
    everything = json.loads(json.dumps(to_json([result(1 + 1e-6)], ["gpu skipped"])))
    assert everything["skipped"] == ["gpu skipped"]
    (found,) = everything["results"]
    assert found["verdict"] == DIFFER
    assert {gate: one["verdict"] for gate, one in found["gates"].items()} == {
        "G0": AGREE, "G1": DIFFER, "G2": AGREE, "G3": DIFFER,
    }  # fmt: skip
    assert list(found["lanes"]) == list(LANES)
    assert found["blame"][0]["text"] == str(BLAME)
    assert found["seconds"] == 1.2
    differing = [one for one in found["checks"] if one["verdict"] == DIFFER]
    assert differing[0]["detail"].startswith("loss of step 0: ")


def test_the_table_on_the_terminal_says_what_differs_and_what_is_to_blame() -> None:
    output = io.StringIO()
    # A name between colons is one of Rich's emoji, and one in brackets a style.
    show(Console(file=output, width=200), result(1 + 1e-6, "module:sound: [bold]arm"))
    text = output.getvalue()
    assert "module:sound: [bold]arm: differ" in text
    (row,) = (line for line in text.splitlines() if "│ loss and metrics of every step" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "G1", "loss and metrics of every step", "differ", "1.0e-06", "1.0e-09",
    ]  # fmt: skip
    assert f"• G1 loss and metrics of every step, {ONE} / {OTHER}: differ: loss of step 0" in text
    assert f"• G3 steps after the switch, float64, {OTHER} → {ONE}: differ: loss of step" in text
    assert str(BLAME) in text
    assert text.count("│ G0 ") == 1  # all of its digests in one row


def test_the_markdown_table_shows_every_gate() -> None:
    table = markdown([result(1 + 1e-12)], ["gpu skipped"])
    row = next(line for line in table.splitlines() if line.startswith("| module:function |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[1:3] == [f"{traces.STEPS} of {traces.STEPS}", "32"]
    assert cells[3] == "agree"
    assert cells[4] == "agree 1.0e-12"
    assert "to the end" in cells[5]
    assert len(cells) == 7
    assert f"- {ONE}: keras 3.15.1" in table
    assert "- gpu skipped" in table


def curves(svg: str, colour: str) -> list[str]:
    return re.findall(rf'clip-path="[^"]*" style="fill: none; stroke: {colour}; stroke-width', svg)


def test_the_page_is_self_contained() -> None:
    one, other = traces.pair()
    drawn = figures([one, other])
    assert [figure.caption.partition(":")[0] for figure in drawn] == ["float64", "float32"]
    # A line for the other lane and, in float32, one for each run that rounding parted.
    assert [len(curves(figure.svg, COLOURS[0])) for figure in drawn] == [1, 1]
    assert [len(curves(figure.svg, GREY)) for figure in drawn] == [0, traces.ULPS]
    text = render_page([result(1 + 1e-6)], ["gpu skipped"])
    assert text.count("<svg") == 2
    assert "gpu skipped" in text
    assert "loss of step 0: " in text
    assert "first difference at step 3" in text
    assert not re.search(r"""(src|href)=["'](?!#)|url\((?!#)|@import""", text)  # loads nothing


def test_lanes_without_steps_are_not_drawn() -> None:
    assert figures([traces.trace(ONE), traces.forward_only(OTHER)]) == []


def test_a_difference_that_is_not_finite_is_drawn() -> None:
    one, other = traces.pair()
    traces.run(other, "float64").steps["loss"][5:9] = np.nan
    assert "nan" not in figures([one, other])[0].svg


def test_comparing_imports_neither_keras_nor_a_backend(tmp_path: Path) -> None:
    files = [str(tmp_path / name) for name in ("a.npz", "b.npz")]
    for trace, file in zip(traces.pair(), files, strict=True):
        save(trace, Path(file))
    code = f"""
import sys
from keras3_lab.parity.command import parity
try:
    parity(["compare", *{files!r}, "--json"])
except SystemExit as stop:
    assert stop.code == 0, stop.code
assert not {{"keras", "jax", "tensorflow", "sklearn"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_one_reason_and_one_note_are_told_once_with_all_that_they_are_about() -> None:
    one, other = traces.pair()
    for name in ("first", "second", "third", "fourth"):
        traces.add_finding(one, name, "draws its own", unjudged=True)
    traces.run(other, "float64").steps["loss"] *= 1.1
    traces.run(other, "float64").epochs["val_loss"] *= 1.1
    found = Result([one, other], compare(one, other))
    steps = (
        "• G1 loss and metrics of every step, a:cpu / b:cpu and 1 more: not judged: first: draws"
    )
    assert unlike(found)[0].startswith(steps)
    (note,) = notes_of(found)
    assert note.startswith("note: first, second, third and 1 more (")


def test_a_first_difference_that_is_known_is_explained_and_not_noted_again() -> None:
    one, other = traces.pair()
    one.header.findings = [
        Finding("sparse-gradients", "words/embeddings", "is squared too early"),
        Finding("resize", "big", "is rounded"),
    ]
    slot = Blame(0, "optimizer slot", "adam/words_embeddings_velocity", 0.1, (), (1, 2), LANES)
    found = Result([one, other], compare(one, other), [slot])
    first, known = causes(found)
    assert first == str(slot)
    assert known == (
        "that is known: words/embeddings: is squared too early (parity.html#sparse-gradients)"
    )
    assert [note.partition(" (")[0] for note in notes_of(found)] == ["note: big"]
    assert found.to_json()["blame"][0]["known"]["rule"] == "sparse-gradients"
