"""What parity said of a model, beside what it should say; and the page that tells of all."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from keras3_lab.parity.compare.checks import FLOAT32_TOLERANCE, FLOAT64_TOLERANCE, Check
from keras3_lab.parity.compare.float32 import BY_LATER_STEPS
from keras3_lab.parity.compare.verdict import Result
from models.declare import AGREE, DIFFER, Expected, Model

FAILED = "failed"
"""The verdict where parity itself ended with an error: never expected."""

LONGEST = 200
"""Letters of the cell that says what is blamed."""

UNRUN = "not run"
"""The verdict on the page where there is none yet."""

ROW = re.compile(r"^\| `(models\.[a-z_]+:\w+)` \| (.*) \|$", re.M)


@dataclass(frozen=True)
class Outcome:
    """What came out for one model.

    Args:
        name: `models.MODULE:FUNCTION`.
        expected: The right verdict.
        verdict: Parity's.
        place: What parity blames, or the line in which it says why it could not go on.
        mistake: What is wrong with the verdict, in words; empty where it is right.
        seconds: How long it took.
    """

    name: str
    expected: Expected
    verdict: str
    place: str
    mistake: str
    seconds: float

    def row(self) -> str:
        """Return the row of the page."""
        said = f"**{self.mistake}**" if self.mistake else "right"
        place = shorten(self.place, LONGEST, placeholder=" …")
        found = _cells(self.verdict, place, said, f"{self.seconds:.1f}")
        return f"{declaration(self.name, self.expected)} {found} |"


def declaration(name: str, expected: Expected) -> str:
    """Return how the row of a model begins: with what is declared of it."""
    why = f": {expected.why}" if expected.why else ""
    return f"| {_cells(f'`{name}`', f'{expected}{why}')} |"


def _cells(*cells: str) -> str:
    return " | ".join(" ".join(cell.split()).replace("|", r"\|") for cell in cells)


def renew(rows: dict[str, str], models: Iterable[Model]) -> list[str]:
    """Return a row for each model: the one there is, where it is of what is declared."""
    renewed = []
    for model in models:
        row = rows.get(model.name, "")
        if not row.startswith(declaration(model.name, model.expected)):
            row = Outcome(model.name, model.expected, UNRUN, "", UNRUN, 0.0).row()
        renewed.append(row)
    return renewed


def judge(model: Model, result: Result) -> Outcome:
    """Hold parity's result against what is expected of a model."""
    place = ""
    if result.blames:
        blame = result.blames[0]
        place = f"step {blame.step}, {blame.kind} `{blame.name}`, {blame.relative:.1e}"
    elif result.verdict != AGREE:
        check = next(check for check in result.checks if check.verdict == result.verdict)
        place = f"{check.gate} {check.what}: {check.detail}"
    mistake = mistaken(model.expected, result)
    return Outcome(model.name, model.expected, result.verdict, place, mistake, result.seconds)


def mistaken(expected: Expected, result: Result) -> str:
    """Return what is wrong with a verdict, in words; nothing where it is as expected.

    What is expected is of JAX and TensorFlow: two devices under one of them may also agree.
    """
    backends = {lane.partition(":")[0] for check in result.checks for lane in check.lanes}
    if (len(backends) == 1 or expected.or_agree) and result.verdict == AGREE:
        return ""
    if result.verdict != expected.verdict:
        return "false alarm" if result.verdict == DIFFER else f"not {expected.verdict}"
    if expected.verdict == DIFFER and expected.kind:
        if not result.blames:
            return "blames nothing"
        blame = result.blames[0]
        if blame.kind != expected.kind or expected.name not in blame.name:
            return "wrong blame"
    if expected.gates:
        more = [
            gate
            for gate, found in result.gates.items()
            if found.verdict != AGREE and gate not in expected.gates
        ]
        if more:
            return f"{', '.join(more)} not as expected"
    return ""


def by_rounding(result: Result) -> list[Check]:
    """Return the checks that agree, or are not judged, by a yardstick of rounding alone.

    By the plain tolerance they would differ. What is not judged since a part of the model has a
    known cause, as a stock random layer, rests on that.
    """
    causes = {str(finding) for finding in result.header.findings}
    return [
        check
        for check in result.checks
        if check.verdict != DIFFER
        and check.largest is not None
        and check.largest > (FLOAT32_TOLERANCE if is_of_float32(check) else FLOAT64_TOLERANCE)
        and check.detail not in causes
    ]


def is_of_float32(check: Check) -> bool:
    """Whether a check is of what was computed in float32."""
    return check.gate == "G2" or "float32" in check.what


def render_rounding(found: dict[str, list[Check]], run: int, head: str, command: str) -> str:
    """Return the page of verdicts that rest on a yardstick of rounding.

    Args:
        found: Such checks of each model that has any.
        run: How many models were run.
        head: What they were run on.
        command: What writes the page.
    """
    rows = [
        f"| {_cells(f'`{name}`', c.what, c.verdict, f'{c.largest:.1e}', c.detail)} |"
        for name, checks in found.items()
        for c in checks
    ]
    return ROUNDING.format(
        rows="\n".join(rows),
        float64=sum(not all(map(is_of_float32, checks)) for checks in found.values()),
        float32=sum(any(map(is_of_float32, checks)) for checks in found.values()),
        later=sum(any(BY_LATER_STEPS in c.detail for c in checks) for checks in found.values()),
        run=run,
        head=head,
        command=command,
    )


def read_rows(page: Path) -> dict[str, str]:
    """Return the rows of a page by the name of their model."""
    text = page.read_text() if page.exists() else ""
    return {match[1]: match[0] for match in ROW.finditer(text)}


def render(rows: Iterable[str], head: str, command: str) -> str:
    """Return the page.

    Args:
        rows: A row for each model.
        head: What it was run on.
        command: What writes the page.
    """
    rows = list(rows)
    right = sum("| right |" in row for row in rows)
    waiting = sum(f"| **{UNRUN}** |" in row for row in rows)
    run = len(rows) - waiting
    more = f" {waiting} models have not been run yet." if waiting else ""
    return PAGE.format(
        rows="\n".join(rows),
        count=len(rows),
        right=right,
        run=run,
        more=more,
        head=head,
        command=command,
    )


PAGE = """# Parity of models as engineers bring them

{count} models that no rule of parity was made for, each with the verdict that is right for it, from
knowledge of Keras, as declared beside the model in `tests/parity/models/`; written by

```sh
{command}
```

{head}

{right} of {run} verdicts are right.{more} Where a difference is expected, so is what blame must
name; where gates are not judged, all others agree.

| model | expected | verdict | blamed, or why not judged | | seconds |
| --- | --- | --- | --- | --- | ---: |
{rows}
"""

ROUNDING = """# Verdicts that rest on rounding

Where a model trains chaotically, 1e-9 in float64 and 1e-5 in float32 between two lanes prove
nothing: parity then takes for a yardstick what one ulp of the initial weights does to one lane
alone; see {{doc}}`../gates`. How often that decides, over models that the rules were not made for;
written by

```sh
{command}
```

{head}

Of {run} models {float64} have a check in float64 that is beyond 1e-9 and does not differ, and
{float32} one in float32 that is beyond 1e-5. In {later} of them a loss is further apart than
rounding had put one lane by then, so that what rounding does by step 2t + 10 decides. What is not
judged since it has another cause, as a stock random layer, is left out.

| model | check | verdict | largest | why |
| --- | --- | --- | ---: | --- |
{rows}
"""
