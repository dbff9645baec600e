"""What a person sees of a parity run in a browser: one self-contained HTML page."""

from __future__ import annotations

from html import escape
from typing import Any

from keras3_lab.parity.checks import AGREE, DIFFER, GATES
from keras3_lab.parity.report import QUESTIONS

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
        arrow = " → " if check["gate"] == "G3" else ", "  # from which to which
        numbers = "".join(
            f'<td class="n">{"" if check[key] is None else f"{check[key]:.1e}"}</td>'
            for key in ("largest", "tolerance")
        )
        parts.append(
            f"<tr><td>{check['gate']}</td><td>{escape(check['what'])}</td>"
            f"<td>{escape(arrow.join(check['lanes']))}</td>"
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
