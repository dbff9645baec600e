"""What a person sees of a parity run: tables on the terminal, JSON, one HTML page."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from itertools import groupby
from typing import TYPE_CHECKING, Any

from keras3_lab.parity.blame import Blame
from keras3_lab.parity.figure import Line, differences
from keras3_lab.parity.gates import (
    AGREE,
    DIFFER,
    FLOAT32_TOLERANCE,
    FLOAT64_TOLERANCE,
    GATES,
    Check,
)
from keras3_lab.parity.measure import step_differences
from keras3_lab.parity.trace import Trace

if TYPE_CHECKING:
    from rich.console import Console

SCHEMA = "keras3_lab.parity/1"

QUESTIONS = {
    "G0": "inputs, bit for bit",
    "G1": "float64, the whole run",
    "G2": "float32, within rounding",
    "G3": "saved on one lane, resumed on another",
}


def verdict_of(checks: Iterable[Check]) -> str:
    """Return `"differ"` if a check differs, `"agree"` if all agree, else `"not judged"`."""
    verdicts = {check.verdict for check in checks}
    if DIFFER in verdicts:
        return DIFFER
    return AGREE if verdicts == {AGREE} else "not judged"


def summary(checks: list[Check]) -> dict[str, dict[str, Any]]:
    """Return each gate's verdict and largest relative difference.

    The width of an equivalence test's interval is no relative difference and does not count.
    """
    found = {}
    for gate in GATES:
        own = [check for check in checks if check.gate == gate]
        if own:
            sizes = [c.largest for c in own if c.largest is not None and "over seeds" not in c.what]
            found[gate] = {
                "verdict": verdict_of(own),
                "largest": max(sizes, default=None),
                "checks": len(own),
            }
    return found


def to_json(
    title: str, traces: list[Trace], checks: list[Check], blames: list[Blame], seconds: float
) -> dict[str, Any]:
    """Return all that was found out about one problem, as JSON has it."""
    header = traces[0].header
    return {
        "subject": header["subject"],
        "variant": header["variant"],
        "title": title,
        "lanes": {t.lane: t.header["versions"] for t in traces},
        "plan": header["plan"],
        "schedule": header.get("schedule"),
        "verdict": verdict_of(checks),
        "gates": summary(checks),
        "checks": [check.to_json() for check in checks],
        "blame": [blame.to_json() for blame in blames],
        "findings": header.get("findings", []),
        "seconds": round(seconds, 1),
    }


def show(console: Console, result: dict[str, Any]) -> None:
    """Print the result of one problem."""
    from rich.markup import escape as plain
    from rich.table import Table

    table = Table(title=f"{result['title']}: {result['verdict']}", title_justify="left")
    for heading in ("gate", "compared", "verdict"):
        table.add_column(heading, overflow="fold")
    table.add_column("largest difference", justify="right")
    table.add_column("allowed", justify="right")
    for gate, checks in groupby(result["checks"], key=lambda check: check["gate"]):
        by_what: dict[str, list[dict[str, Any]]] = {}
        for check in checks:
            what = QUESTIONS["G0"] if gate == "G0" else check["what"]
            by_what.setdefault(what, []).append(check)
        for what, own in by_what.items():
            bad = [c["verdict"] for c in own if c["verdict"] != AGREE]
            verdict = DIFFER if DIFFER in bad else bad[0] if bad else AGREE
            colour = {AGREE: "green", DIFFER: "red"}.get(verdict, "yellow")
            sizes = [c["largest"] for c in own if c["largest"] is not None]
            allowed = [c["tolerance"] for c in own if c["tolerance"] is not None]
            table.add_row(
                gate,
                what,
                f"[{colour}]{verdict}[/]",
                f"{max(sizes):.1e}" if sizes else "",
                f"{max(allowed):.1e}" if allowed else "",
            )
    console.print(table)
    for check in result["checks"]:
        if check["verdict"] != AGREE:
            where = (
                " → ".join(check["lanes"]) if check["gate"] == "G3" else " / ".join(check["lanes"])
            )
            text = (
                f"{check['gate']} {check['what']}, {where}: {check['verdict']}: {check['detail']}"
            )
            console.print(f"• {plain(text)}", highlight=False)
    for blame in result["blame"]:
        console.print(f"[bold]{plain(blame['text'])}[/]", highlight=False)
    for finding in result["findings"]:
        console.print(
            f"note: {plain(finding['where'])} ({finding['rule']}): {plain(finding['message'])}",
            style="yellow",
            highlight=False,
        )


def markdown(results: list[dict[str, Any]], skipped: list[str]) -> str:
    """Return the table of all problems and gates as Markdown."""
    lines = [
        "| problem | steps | " + " | ".join(f"{g}, {QUESTIONS[g]}" for g in GATES) + " |",
        "| --- | ---: |" + " --- |" * len(GATES),
    ]
    for result in results:
        schedule = result["schedule"] or {}
        steps = f"{schedule.get('steps', 0):,} of {schedule.get('of_steps', 0):,}"
        cells = []
        for gate in GATES:
            found = result["gates"].get(gate)
            size = "" if found is None or found["largest"] is None else f" {found['largest']:.1e}"
            cells.append("not run" if found is None else found["verdict"] + size)
        lines.append(f"| {result['title']} | {steps} | {' | '.join(cells)} |")
    versions = {
        f"{lane}: {', '.join(f'{name} {v}' for name, v in own.items())}"
        for result in results
        for lane, own in result["lanes"].items()
    }
    notes = [*sorted(versions), *skipped]
    return "\n".join(["# Parity of the recipes", "", *lines, "", *(f"- {n}" for n in notes)]) + "\n"


def figures(traces: list[Trace]) -> list[tuple[str, str]]:
    """Return the plots of one problem, each with its caption."""
    drawn = []
    first, others = traces[0], [t for t in traces[1:] if _has_steps(t, "float64")]
    if _has_steps(first, "float64") and others:
        lines = [_line(first, other, "float64", n) for n, other in enumerate(others)]
        caption = f"float64: relative difference of each step's loss; dashed: {FLOAT64_TOLERANCE:g}"
        drawn.append((caption, differences(lines, FLOAT64_TOLERANCE, caption)))
    others = [t for t in traces[1:] if _has_steps(t, "float32")]
    if _has_steps(first, "float32") and others:
        own = first.runs["float32"].steps["loss"]
        lines = [
            Line(
                f"weights moved by one ulp, {name}", step_differences(own, run.steps["loss"]), "ulp"
            )
            for name, run in first.children("float32/ulp").items()
        ]
        lines += [_line(first, other, "float32", n) for n, other in enumerate(others)]
        caption = (
            f"float32: the same; grey: {first.lane} against itself with weights moved by one ulp; "
            f"dashed: {FLOAT32_TOLERANCE:g}"
        )
        drawn.append((caption, differences(lines, FLOAT32_TOLERANCE, caption)))
    return drawn


def _has_steps(trace: Trace, dtype: str) -> bool:
    return dtype in trace.runs and "loss" in trace.runs[dtype].steps


def _line(first: Trace, other: Trace, dtype: str, number: int) -> Line:
    values = step_differences(first.runs[dtype].steps["loss"], other.runs[dtype].steps["loss"])
    return Line(f"{first.lane} and {other.lane}", values, "other" if number else "lane")


STYLE = """
:root{color-scheme:light dark;--ink:#1c2024;--paper:#fff;--soft:#8b929a;--line:#dfe3e8;
--lane:#0b62d6;--other:#b0488f;--ulp:#a9b0b8;--good:#1a7f4b;--bad:#c62828;--warn:#a06200}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--paper:#15181b;--line:#33383e;
--lane:#6aa9ff;--other:#e08cc8;--ulp:#5b636b;--good:#5fce93;--bad:#ff7b72;--warn:#e3b341}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:2rem auto;
max-width:72rem;padding:0 1rem}table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.agree{color:var(--good)}
.differ{color:var(--bad);font-weight:600}
.unjudged{color:var(--warn)}figure{margin:1rem 0;flex:1 1 26rem}
.row{display:flex;flex-wrap:wrap;gap:1rem}svg{width:100%;height:auto}svg text{font-size:11px;
fill:var(--soft)}.grid{stroke:var(--line)}.tolerance{stroke:var(--bad);stroke-dasharray:5 4}
polyline{fill:none;stroke-width:1.2}.lane{stroke:var(--lane)}.other{stroke:var(--other)}
.ulp{stroke:var(--ulp)}figcaption,small{color:var(--soft)}.scroll{overflow-x:auto}
"""


def page(results: list[tuple[dict[str, Any], list[tuple[str, str]]]], skipped: list[str]) -> str:
    """Return one self-contained HTML page about all problems.

    Args:
        results: For each problem its JSON and its plots.
        skipped: Lanes that could not run, and why.
    """
    rows = "".join(
        f'<tr><td><a href="#p{n}">{escape(r["title"])}</a></td>'
        + "".join(_gate_cell(r["gates"].get(gate)) for gate in GATES)
        + f"<td class={_class(r['verdict'])}>{r['verdict']}</td></tr>"
        for n, (r, _) in enumerate(results)
    )
    heads = "".join(f"<th>{g}<br><small>{QUESTIONS[g]}</small></th>" for g in GATES)
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>Parity</title><style>{STYLE}</style><h1>Parity</h1>',
        *(f"<p>{escape(reason)}.</p>" for reason in skipped),
        f'<div class="scroll"><table><tr><th></th>{heads}<th>verdict</th></tr>{rows}</table></div>',
        "<p><small>Figures are the largest relative differences.</small></p>",
    ]
    for number, (result, drawn) in enumerate(results):
        parts += _section(number, result, drawn)
    return "".join(parts) + "</html>\n"


def _section(number: int, result: dict[str, Any], drawn: list[tuple[str, str]]) -> list[str]:
    schedule = result["schedule"] or {}
    lanes = "; ".join(
        f"{lane} ({', '.join(f'{k} {v}' for k, v in versions.items())})"
        for lane, versions in result["lanes"].items()
    )
    made = f"{schedule.get('steps', 0):,} of {schedule.get('of_steps', 0):,} steps"
    parts = [
        f'<h2 id="p{number}">{escape(result["title"])}: '
        f"<span class={_class(result['verdict'])}>{result['verdict']}</span></h2>",
        f"<p>{made}, seed {result['plan']['seed']}, {result['seconds']} s. {escape(lanes)}</p>",
        *(f"<p><b>{escape(blame['text'])}</b></p>" for blame in result["blame"]),
        '<div class="row">',
        *(f"<figure>{svg}<figcaption>{escape(text)}</figcaption></figure>" for text, svg in drawn),
        '</div><div class="scroll"><table><tr><th>gate<th>compared<th>lanes<th>verdict'
        "<th>largest<th>allowed<th></tr>",
    ]
    for check in result["checks"]:
        numbers = "".join(
            f'<td class="n">{"" if check[key] is None else f"{check[key]:.1e}"}</td>'
            for key in ("largest", "tolerance")
        )
        parts.append(
            f"<tr><td>{check['gate']}</td><td>{escape(check['what'])}</td>"
            f"<td>{escape(' → '.join(check['lanes']))}</td>"
            f"<td class={_class(check['verdict'])}>{check['verdict']}</td>{numbers}"
            f"<td>{escape(check['detail'])}</td></tr>"
        )
    parts.append("</table></div>")
    notes = "".join(
        f"<li>{escape(f['where'])} ({escape(f['rule'])}): {escape(f['message'])}</li>"
        for f in result["findings"]
    )
    return [*parts, f"<ul>{notes}</ul>" if notes else ""]


def _gate_cell(gate: dict[str, Any] | None) -> str:
    if gate is None:
        return "<td></td>"
    size = "" if gate["largest"] is None else f" {gate['largest']:.1e}"
    return f"<td class={_class(gate['verdict'])}>{gate['verdict']}{size}</td>"


def _class(verdict: str) -> str:
    return {AGREE: "agree", DIFFER: "differ"}.get(verdict, "unjudged")
