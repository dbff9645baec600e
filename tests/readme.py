"""Run the shell lines of README as a reader does: in order, in a fresh home, and so on the samples.

`python3 tests/readme.py "Run it" "Use it"` runs those under these headings, in the current folder.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"
HEADING = re.compile(r"^## (.+)$", re.MULTILINE)
SHELL = re.compile(r"^```sh\n(.*?)^```", re.DOTALL | re.MULTILINE)
SET_BY_A_USER = ("KERAS", "PYTHON", "VIRTUAL_ENV", "XDG_")


def shell_lines(*headings: str) -> list[str]:
    """Return the shell lines of README under some headings, or under all."""
    _, *parts = HEADING.split(README.read_text(encoding="utf-8"))
    sections = dict(zip(parts[::2], parts[1::2], strict=True))
    return [
        line
        for heading in headings or sections
        for block in SHELL.findall(sections[heading])
        for line in block.splitlines()
    ]


def fresh_environment(folder: Path) -> dict[str, str]:
    """Return an environment in which nothing is set yet, with an empty home within the folder.

    As on many systems, `python` is no program there until a virtual environment is activated.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(SET_BY_A_USER)}
    home, programs = folder / "home", folder / "programs"
    home.mkdir()
    programs.mkdir()
    python = programs / "python"
    python.write_text("#!/bin/sh\necho python: not found >&2\nexit 127\n")
    python.chmod(0o755)
    # What pip has downloaded once: hundreds of megabytes.
    kept.setdefault("PIP_CACHE_DIR", str(Path.home() / ".cache" / "pip"))
    return kept | {"HOME": str(home), "PATH": f"{programs}{os.pathsep}{kept['PATH']}"}


def run(lines: list[str], environment: dict[str, str], **how) -> subprocess.CompletedProcess:
    """Run lines in one shell, which shows each on standard error and ends at the first failure."""
    echoed = (f"echo {shlex.quote(f'$ {line}')} >&2\n{line}" for line in lines)
    command = ["bash", "-ec", "\n".join(echoed)]
    return subprocess.run(command, env=environment, check=False, **how)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        sys.exit(run(shell_lines(*sys.argv[1:]), fresh_environment(Path(scratch))).returncode)
