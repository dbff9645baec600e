"""What the operating system says of the processor."""

from __future__ import annotations

import contextlib
import platform
from pathlib import Path


def processor_name() -> str:
    """Return the name of the processor's model, or of its kind where there is no other."""
    return _cpuinfo("model name") or platform.processor() or platform.machine()


def processor_features() -> str:
    """Return what tells apart processors that cannot run each other's programs."""
    return f"{platform.processor() or platform.machine()} {_cpuinfo('flags')}"


def _cpuinfo(field: str) -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == field:
                return value.strip()
    return ""
