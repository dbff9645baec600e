"""Runs on a disk that is too small, gone on with when there is room, and compared.

`python tests/kill/full_disk.py --table docs/results/disk.md`, for the backend of `KERAS_BACKEND`,
on a Linux that lets its users mount a file system of their own (`unshare --user --mount`).
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from kills import CASES, Case, Reference, lost, outcome, start, torn

from keras3_lab.files import write_text

SIZES_KB = (8, 40, 200, 600, 1000, 1500, 2500, 5000)
ENOUGH = "64m"


def main() -> None:
    """Fill disks; end with 1 where anything is torn, cannot go on, or is different."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", type=Path, help="File in which the backend's table is replaced.")
    parser.add_argument("--here", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if not arguments.here:  # again, where it may mount
        within = ["unshare", "--user", "--map-root-user", "--mount", sys.executable, *sys.argv]
        sys.exit(subprocess.run([*within, "--here"]).returncode)
    with tempfile.TemporaryDirectory() as scratch:
        reference = Reference.make(CASES[0], Path(scratch))
        rows = [fill(CASES[0], reference, size) for size in SIZES_KB]
    if arguments.table:
        name = arguments.table.with_stem(f"{arguments.table.stem}-{os.environ['KERAS_BACKEND']}")
        head = (
            "| disk, kB | the run | then, with room | torn files |\n| ---: | --- | --- | ---: |\n"
        )
        write_text(name, head + "".join(f"| {' | '.join(row)} |\n" for row in rows))
    sys.exit(any("different" in row[2] or "status" in row[2] or row[3] != "0" for row in rows))


def fill(case: Case, reference: Reference, size: int) -> tuple[str, str, str, str]:
    """Begin a run on a disk of so many kB, make room, go on; return a row of the table."""
    with tempfile.TemporaryDirectory() as disk:
        mount = ["mount", "-t", "tmpfs", "-o", f"size={size}k", "none", disk]
        subprocess.run(mount, check=True)
        out = Path(disk)
        status = os.waitstatus_to_exitcode(os.waitpid(start(case, out, None, None), 0)[1])
        folder = next(out.glob("*/*/*"), None)
        recorded = "no folder" if folder is None else "no record"
        if folder is not None and (folder / "record.json").exists():
            recorded = json.loads((folder / "record.json").read_text())["status"]
        broken = int(folder is not None and torn(folder))
        subprocess.run(["mount", "-o", f"remount,size={ENOUGH}", disk], check=True)  # noqa: S607
        begun = folder is not None and next(folder.glob(".resume/call/*.npz"), None)
        after = "nothing to do" if status == 0 else "begins again" if not begun else "goes on"
        if status and begun:
            status = os.waitstatus_to_exitcode(os.waitpid(start(case, out, folder, None), 0)[1])
            after = f"status {status}" if status else "goes on, different"
            if not lost(folder) and outcome(folder) == reference.outcome:
                after = "goes on, the same bit for bit"
        subprocess.run(["umount", disk], check=True)  # noqa: S607
    row = (f"{size:,}", recorded, after, str(broken))
    sys.stderr.write(f"{row}\n")
    return row


if __name__ == "__main__":
    main()
