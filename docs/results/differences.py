"""Run the programs of docs/differences and write what each prints, for the page about them.

    python docs/results/differences.py          once under each backend

Into docs/results/differences.json; the page is not built where a program has changed since.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
from pathlib import Path

import keras

HERE = Path(__file__).parent
PROGRAMS = HERE.parent / "differences"
RESULT = HERE / "differences.json"


def printed(program: Path) -> list[list[str]]:
    """Run a program, and return what it prints: label and value of each line."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        code = compile(program.read_text(encoding="utf-8"), program.name, "exec")
        exec(code, {"__name__": program.stem})  # noqa: S102 - ours
    keras.utils.clear_session()  # a model that fails leaves its name behind
    return [line.rsplit(": ", 1) for line in output.getvalue().splitlines()]


def digest(program: Path) -> str:
    """Return what a program's content is known by."""
    return hashlib.sha256(program.read_bytes()).hexdigest()


if __name__ == "__main__":
    measured = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    entries = {}
    for program in sorted(PROGRAMS.glob("*.py")):
        entry = measured.get(program.stem, {})
        if entry.get("sha256") != digest(program):
            entry = {"sha256": digest(program)}
        entries[program.stem] = entry | {keras.backend.backend(): printed(program)}
    RESULT.write_text(json.dumps(entries, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
