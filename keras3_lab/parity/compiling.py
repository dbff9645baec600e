"""Flags by which XLA compiles sooner what then runs slower."""

from __future__ import annotations

import contextlib
import os
from importlib.metadata import PackageNotFoundError, version

# XLA ends a process at a flag that it does not know.
KNOW_FUSION_EMITTERS = {"jaxlib": "0.10.", "tensorflow": "2.21.", "tensorflow-cpu": "2.21."}


def quick_to_compile() -> str:
    """Return `XLA_FLAGS` for programs that run for a moment, as those of tests do.

    Most of their time is XLA making them fast. The older emitters compile in half to two thirds of
    the time of the newer ones.
    """
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_backend_optimization_level=0".strip()
    installed = {}
    for package in KNOW_FUSION_EMITTERS:
        with contextlib.suppress(PackageNotFoundError):
            installed[package] = version(package)
    if all(found.startswith(KNOW_FUSION_EMITTERS[name]) for name, found in installed.items()):
        flags += " --xla_cpu_use_fusion_emitters=false"
    return flags
