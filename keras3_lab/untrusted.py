"""Files from elsewhere: nothing in them runs, and they take no more memory than they honestly need.

Every reader of the package opens its file here. What is wrong with it is one line that names it.
"""

from __future__ import annotations

import io
import math
import os
import stat
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from keras3_lab.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PACKED = 100
"""How many times as large as the file its content may be: zeros can be packed a thousandfold,
numbers that were computed hardly at all."""
SMALL = 2**28
"""Bytes that any archive may unpack to, however well they were packed."""
_NPY_START = 10_000 + 12  # the longest header that NumPy reads, and what comes before it
_KINDS = "?biufcSUV"  # all but objects, which are pickled, and times


def open_file(path: Path) -> BinaryIO:
    """Open a regular file to read: a pipe or a device could go on for ever.

    Args:
        path: The file.

    Returns:
        The open file.

    Raises:
        UsageError: If it is not there, not a file or not readable.
    """
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{path}: cannot be read (not a file)")
        return path.open("rb")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except ValueError as error:  # a null byte
        raise UsageError(f"{path}: cannot be read ({one_line(error)})") from None


def read_bytes(path: Path, most: int) -> bytes:
    """Read a file that has at most so many bytes.

    Args:
        path: The file.
        most: The most bytes that it can have.

    Returns:
        Its content.

    Raises:
        UsageError: If it cannot be read, or is larger.
    """
    with open_file(path) as file:
        try:
            # As much as is asked for is taken at once, however short the file.
            size = os.fstat(file.fileno()).st_size
            content = file.read(min(size, most) + 1)
        except OSError as error:
            raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    if len(content) > most:
        raise UsageError(f"{path}: has more bytes than the {most:,} that such a file can have")
    return content


def read_npz(
    path: Path, shapes: Mapping[str, tuple[int, ...]] | None = None
) -> dict[str, NDArray[Any]]:
    """Read arrays from an `.npz` file, never unpickling anything.

    How large an array becomes stands in the archive's list and in its own header: both are read
    before the memory is taken.

    Args:
        path: The file.
        shapes: The names of the arrays and the shape that each must have. Defaults to all that are
            there, of any shape.

    Returns:
        The arrays by name, with dtypes as stored.

    Raises:
        UsageError: If the file is unreadable, foreign, cut short or damaged, lacks an array, holds
            one of another shape or Python objects, or unpacks to more than such files do.

    Example:
    ```python
    import tempfile
    from pathlib import Path
    import numpy as np
    from keras3_lab.untrusted import read_npz

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.npz")
        np.savez(path, x=np.arange(3))
        print(read_npz(path, {"x": (3,)}))
    ```
    """
    import numpy as np  # `--help` takes half as long without

    # NumPy and zipfile raise a dozen kinds of exception on damaged files, MemoryError among
    # them; whatever it is, the file is at fault.
    with open_file(path) as file:
        try:
            with zipfile.ZipFile(file) as archive:
                check_archive(archive, path.stat().st_size)
                members = {info.filename.removesuffix(".npy"): info for info in archive.infolist()}
                if missing := [name for name in shapes or () if name not in members]:
                    names = shown(members) or "nothing"
                    raise UsageError(f"{path}: lacks {', '.join(missing)}; it holds {names}")
                arrays = {}
                for name in members if shapes is None else shapes:
                    shape, dtype = _announced(archive, members[name])
                    if shapes is not None and shape != shapes[name]:
                        raise UsageError(
                            f"{path}: {name} is {dtype} of shape {shape}; "
                            f"expected shape {shapes[name]}"
                        )
                    with archive.open(members[name]) as member:
                        arrays[name] = np.lib.format.read_array(member, allow_pickle=False)
                        member.read(1)  # at the end its checksum is looked at
                return arrays
        except UsageError:
            raise
        except Exception as error:
            raise UsageError(f"{path}: not a readable .npz file ({one_line(error)})") from None


def check_archive(archive: zipfile.ZipFile, size: int) -> None:
    """Refuse an archive that names a member twice, or unpacks to far more than it is.

    Args:
        archive: The archive, of which the list of members alone has been read.
        size: Its own bytes.

    Raises:
        ValueError: If it is refused; the message says why.
    """
    members = archive.infolist()
    if len({info.filename for info in members}) < len(members):
        raise ValueError("it holds two members of one name")
    for info in members:
        if info.flag_bits & 1 or info.compress_type not in (
            zipfile.ZIP_STORED,
            zipfile.ZIP_DEFLATED,
        ):
            raise ValueError(f"{shown([info.filename])} is encrypted, or packed in an unusual way")
    unpacked = sum(info.file_size for info in members)
    if unpacked > max(SMALL, PACKED * size):
        raise ValueError(f"its {size:,} bytes would unpack to {unpacked:,}")


def _announced(
    archive: zipfile.ZipFile, info: zipfile.ZipInfo
) -> tuple[tuple[int, ...], np.dtype[Any]]:
    """Return shape and dtype of an array, which must be what the member has room for."""
    import numpy as np

    with archive.open(info) as member:
        start = io.BytesIO(member.read(_NPY_START))
    readers = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    version = np.lib.format.read_magic(start)
    if version not in readers:
        raise ValueError(f"{info.filename} is of version {version}; known: (1, 0) and (2, 0)")
    shape, _, dtype = readers[version](start)
    if dtype.hasobject or dtype.kind not in _KINDS or dtype.fields or dtype.subdtype:
        raise ValueError(f"{info.filename} holds {dtype}, which are no plain numbers")
    needed = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or start.tell() + needed != info.file_size:
        size = info.file_size - start.tell()
        raise ValueError(f"{info.filename} announces {dtype} of shape {shape} in {size:,} bytes")
    return shape, dtype


def one_line(error: BaseException) -> str:
    """Return what an exception says in one short line that a terminal can show."""
    return _printable(" ".join(str(error).split())[:200]) or type(error).__name__


def shown(names: Iterable[str]) -> str:
    """Join names that come from a file, as far as a line has room for them."""
    joined = _printable(", ".join(names))
    return joined if len(joined) <= 200 else f"{joined[:200]}…"


def _printable(text: str) -> str:
    # A name in a file could hold what a terminal obeys.
    return "".join(character if character.isprintable() else "?" for character in text)
