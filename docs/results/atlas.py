"""Measure what the atlas's pages show.

    python docs/results/atlas.py --programs          once under each backend
    python docs/results/atlas.py --since FOLDER…     once under each backend, folders with a Keras
    python docs/results/atlas.py --cases             what is tried: symbols and cases, by kind
    python docs/results/atlas.py --sweep             tries it, where both backends are installed

`--programs` and `--since` write keras3_lab/atlas/differences/prints.json: what each program prints,
and in which older Keras it differed already. A FOLDER is made by `pip install --target FOLDER
--no-deps keras==3.10.0`. `--cases` writes docs/results/atlas.json, and `--sweep` adds to it what
came of all cases in float32 and float64.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from keras3_lab.atlas.known import FOLDER, PRINTS, digest, measurements
from keras3_lab.atlas.programs import run_programs
from keras3_lab.backends import require
from keras3_lab.files import write_text

RESULT = Path(__file__).with_suffix(".json")


@click.command(help=__doc__)
@click.option("--programs", is_flag=True)
@click.option("--since", "folders", multiple=True, type=click.Path(exists=True, path_type=Path))
@click.option("--cases", is_flag=True)
@click.option("--sweep", is_flag=True)
def main(programs: bool, folders: tuple[Path, ...], cases: bool, sweep: bool) -> None:
    """Measure."""
    if programs:
        _programs()
    for folder in folders:
        _since(folder)
    if cases:
        _cases()
    if sweep:
        _sweep()


def _write(entries: dict[str, Any]) -> None:
    write_text(PRINTS, json.dumps(entries, indent=1, ensure_ascii=False) + "\n")


def _programs() -> None:
    """Note what each program prints; what is known of one that has changed is forgotten."""
    backend, before, entries = require(), measurements(), {}
    for ident, lines in run_programs(KERAS_BACKEND=backend).items():
        path = FOLDER / f"{ident.lower().replace('-', '_')}.py"
        made = digest(path.read_text(encoding="utf-8"))
        entry = before.get(ident, {})
        if entry.get("sha256") != made:
            entry = {"sha256": made, "prints": {}}
        entry["prints"] = dict(sorted({**entry["prints"], backend: lines}.items()))
        entries[ident] = entry
    _write(entries)


def _since(folder: Path) -> None:
    """Note what programs print under an older Keras: those not known to be older, nor asked yet."""
    backend, entries = require(), measurements()
    asked = {**os.environ, "PYTHONPATH": str(folder), "KERAS_BACKEND": backend}
    ask = "import keras; print(keras.__version__)"
    version = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", ask], env=asked, capture_output=True, text=True, check=True
    ).stdout.strip()
    asked_of = [
        ident
        for ident, entry in entries.items()
        if (not entry.get("since") or _older(version, entry["since"]))
        and backend not in entry.get("older", {}).get(version, {})
    ]
    if not asked_of:
        return
    printed = run_programs(asked_of, KERAS_BACKEND=backend, PYTHONPATH=str(folder))
    for ident, lines in printed.items():
        older = entries[ident].setdefault("older", {}).setdefault(version, {})
        older[backend] = lines
    for entry in entries.values():
        entry["since"] = _oldest(entry)
    _write(entries)


def _older(one: str, other: str) -> bool:
    return [*map(int, one.split("."))] < [*map(int, other.split("."))]


def _oldest(entry: dict[str, Any]) -> str:
    """Return the oldest Keras of those asked from which on the program prints what it does now."""
    oldest = ""
    versions = sorted(entry.get("older", {}), key=lambda v: [*map(int, v.split("."))], reverse=True)
    for version in versions:
        if entry["older"][version] != entry["prints"]:
            break
        oldest = version
    return oldest


def _cases() -> None:
    """Count symbols and cases, by kind."""
    require()
    import keras

    from keras3_lab.atlas.case import cases
    from keras3_lab.atlas.jobs import Listed
    from keras3_lab.atlas.summary import coverage, missing
    from keras3_lab.atlas.symbols import symbols

    found, listed = symbols(), [Listed(one.name, one.symbol, one.dtypes) for one in cases()]
    counts = {kind: asdict(one) for kind, one in coverage(found, listed).items()}
    _save({"keras": keras.__version__, "coverage": counts, "missing": missing(found, listed)})


def _sweep() -> None:
    """Try all cases, in float32 and float64."""
    command = [sys.executable, "-m", "keras3_lab", "atlas", "--json"]
    output = subprocess.run(command, stdout=subprocess.PIPE, check=False).stdout  # noqa: S603 - ours
    made = json.loads(output)
    kept = {name: made[name] for name in ("counts", "dtypes", "lanes", "seconds")}
    kept["parts"] = {entry["id"]: len(entry["parts"]) for entry in made["differences"]}
    for listed in ("rounding", "unexplained"):
        kept[listed] = [
            " ".join(part[key] for key in ("case", "aspect", "dtype", "kind"))
            for part in made[listed]
        ]
    written = json.loads(RESULT.read_text(encoding="utf-8"))
    _save(written | {"swept": kept | {"cores": os.cpu_count()}})


def _save(value: dict[str, Any]) -> None:
    write_text(RESULT, json.dumps(value, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
