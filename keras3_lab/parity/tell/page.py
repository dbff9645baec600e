"""What a person sees of a parity run in a browser: one self-contained HTML page."""

from __future__ import annotations

from html import escape

from keras3_lab.parity.compare.checks import AGREE, DIFFER, Check
from keras3_lab.parity.compare.verdict import GateSummary, Result
from keras3_lab.parity.plan import GATES
from keras3_lab.parity.tell.figure import figures
from keras3_lab.parity.tell.report import QUESTIONS, causes, notes_of

STYLE = """
:root{color-scheme:light dark;--ink:#1c2024;--paper:#fff;--soft:#8b929a;--line:#dfe3e8;
--good:#1a7f4b;--bad:#c62828;--warn:#a06200}
@media(prefers-color-scheme:dark){:root{--ink:#e6e8ea;--paper:#15181b;--line:#33383e;
--good:#5fce93;--bad:#ff7b72;--warn:#e3b341}}
body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);margin:2rem auto;
max-width:72rem;padding:0 1rem}table{border-collapse:collapse;width:100%;font-size:14px}
th,td{text-align:left;padding:.25rem .6rem;border-bottom:1px solid var(--line);vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}.agree{color:var(--good)}
.differ{color:var(--bad);font-weight:600}
.unjudged{color:var(--warn)}figure{margin:1rem 0;flex:1 1 26rem}
.row{display:flex;flex-wrap:wrap;gap:1rem}svg{width:100%;height:auto}
figcaption,small{color:var(--soft)}.scroll{overflow-x:auto}
"""


def render_page(results: list[Result], notes: list[str]) -> str:
    """Return one self-contained HTML page about all subjects.

    Args:
        results: What came out for each.
        notes: What else to say, such as lanes that could not run, and why.
    """
    rows = "".join(
        f'<tr><td><a href="#p{number}">{escape(result.title)}</a></td>'
        + "".join(_gate_cell(result.gates.get(gate)) for gate in GATES)
        + f"<td class={_class(result.verdict)}>{result.verdict}</td></tr>"
        for number, result in enumerate(results)
    )
    heads = "".join(f"<th>{g}<br><small>{QUESTIONS[g]}</small></th>" for g in GATES)
    parts = [
        '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>Parity</title><style>{STYLE}</style><h1>Parity</h1>',
        *(f"<p>{escape(note)}.</p>" for note in notes),
        f'<div class="scroll"><table><tr><th></th>{heads}<th>verdict</th></tr>{rows}</table></div>',
        "<p><small>Figures are the largest relative differences.</small></p>",
        *(_section(number, result) for number, result in enumerate(results)),
    ]
    return "".join(parts) + "</html>\n"


def _section(number: int, result: Result) -> str:
    lanes = "; ".join(
        f"{trace.lane} ({', '.join(f'{k} {v}' for k, v in trace.header.versions.items())})"
        for trace in result.traces
    )
    length, plan = result.header.length, result.header.plan
    made = f"{length.steps:,} of {length.of_steps:,} steps" if length else "no steps"
    seed = f", seed {plan.seed}" if plan else ""
    parts = [
        f'<h2 id="p{number}">{escape(result.title)}: '
        f"<span class={_class(result.verdict)}>{result.verdict}</span></h2>",
        f"<p>{made}{seed}, {result.seconds:.1f} s. {escape(lanes)}</p>",
        *(f"<p><b>{escape(line)}</b></p>" for line in causes(result)),
        '<div class="row">',
        *(
            f"<figure>{figure.svg}<figcaption>{escape(figure.caption)}</figcaption></figure>"
            for figure in figures(result.traces)
        ),
        '</div><div class="scroll"><table><tr><th>gate<th>compared<th>lanes<th>verdict'
        "<th>largest<th>allowed<th></tr>",
        *(_check_row(check) for check in result.checks),
        "</table></div>",
    ]
    notes = "".join(f"<li>{escape(line)}</li>" for line in notes_of(result))
    return "".join([*parts, f"<ul>{notes}</ul>" if notes else ""])


def _check_row(check: Check) -> str:
    arrow = " → " if check.gate == "G3" else ", "  # from which to which
    numbers = "".join(
        f'<td class="n">{"" if value is None else f"{value:.1e}"}</td>'
        for value in (check.largest, check.tolerance)
    )
    return (
        f"<tr><td>{check.gate}</td><td>{escape(check.what)}</td>"
        f"<td>{escape(arrow.join(check.lanes))}</td>"
        f"<td class={_class(check.verdict)}>{check.verdict}</td>{numbers}"
        f"<td>{escape(check.detail)}</td></tr>"
    )


def _gate_cell(gate: GateSummary | None) -> str:
    if gate is None:
        return "<td></td>"
    size = "" if gate.largest is None else f" {gate.largest:.1e}"
    return f"<td class={_class(gate.verdict)}>{gate.verdict}{size}</td>"


def _class(verdict: str) -> str:
    return {AGREE: "agree", DIFFER: "differ"}.get(verdict, "unjudged")
