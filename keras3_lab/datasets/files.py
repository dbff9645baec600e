"""Find a data set in a folder, and read it."""

from __future__ import annotations

from pathlib import Path

from keras3_lab.datasets._dataset import Arrays, content_sha256
from keras3_lab.datasets.checks import check_arrays
from keras3_lab.datasets.registry import SPECS, get_spec
from keras3_lab.datasets.specs import Copy
from keras3_lab.errors import UsageError


def find(name: str, folder: Path) -> Copy | None:
    """Find a data set in a folder laid out like `~/.keras/datasets`.

    Args:
        name: One of `NAMES`.
        folder: The folder.

    Returns:
        The copy, perhaps with files missing; `None` if not one of its files is there.
    """
    spec = get_spec(name)
    return next((c for layout in spec.layouts if (c := layout.find(spec, folder))), None)


def read(copy: Copy) -> tuple[Arrays, str]:
    """Read and check a copy of a full data set.

    Args:
        copy: What `find` found.

    Returns:
        The four arrays and the digest of their content.

    Raises:
        UsageError: If a file is missing, damaged or foreign; the message names it.
    """
    spec = copy.spec
    if copy.missing:
        raise UsageError(f"{copy.path}: incomplete {spec.name}: lacks {', '.join(copy.missing)}")
    arrays = copy.layout.read(spec, copy.files)
    check_arrays(spec, arrays, str(copy.path))
    sha256 = content_sha256(arrays)
    # MNIST and Fashion-MNIST share file names and shapes: only the content tells them apart.
    for other in SPECS.values():
        if other.name != spec.name and other.sha256 == sha256:
            raise UsageError(f"{copy.path}: this is {other.name}, not {spec.name}")
    return arrays, sha256
