"""Readers of the three file formats: IDX, NPZ and pickled CIFAR batches."""

import math
import pickle
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras3_lab.errors import UsageError

_GZIP_MAGIC = b"\x1f\x8b"
_IDX_UINT8 = 0x08


def read_idx(path: Path, shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Read an IDX file of unsigned bytes, gzipped or not.

    Args:
        path: The file.
        shape: The shape that it must have, examples first.

    Returns:
        uint8 array of that shape.

    Raises:
        UsageError: If the file is unreadable, foreign, cut short, too long, damaged or of
            another shape.

    Example:
    ```python
    import tempfile
    from pathlib import Path
    from keras3_lab.datasets.formats import read_idx

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "labels-idx1-ubyte")
        path.write_bytes(bytes([0, 0, 8, 1, 0, 0, 0, 3]) + bytes([7, 8, 9]))
        print(read_idx(path, (3,)))  # [7 8 9]
    ```

    Reference:
        The IDX format as described with MNIST: Y. LeCun, C. Cortes, C. Burges, "The MNIST
        database of handwritten digits".
    """
    header_size = 4 + 4 * len(shape)
    size = math.prod(shape)
    things = "labels" if len(shape) == 1 else "images"
    try:
        content = path.read_bytes()
    except OSError as err:
        raise UsageError(f"{path}: cannot be read ({err.strerror})") from None
    complete, trailing = True, b""
    if content[:2] == _GZIP_MAGIC:
        unpacker = zlib.decompressobj(wbits=31)
        try:
            # One byte more than wanted is enough to see that a file is too long.
            content = unpacker.decompress(content, header_size + size + 1)
        except zlib.error as err:
            raise UsageError(f"{path}: damaged gzip data ({err})") from None
        complete, trailing = unpacker.eof, unpacker.unused_data
    magic = content[:4]
    if len(magic) == 4 and magic != bytes([0, 0, _IDX_UINT8, len(shape)]):
        raise UsageError(
            f"{path}: not an IDX file of {things}: starts with {magic.hex(' ')}, "
            f"expected 00 00 {_IDX_UINT8:02x} {len(shape):02x}"
        )
    if len(content) < header_size:
        raise UsageError(f"{path}: the IDX header of {header_size} bytes ends after {len(content)}")
    announced = tuple(int(n) for n in np.frombuffer(content, ">u4", len(shape), offset=4))
    if announced != shape:
        raise UsageError(f"{path}: shape {announced} announced; expected {shape}")
    body_size = len(content) - header_size
    if body_size < size:
        raise UsageError(
            f"{path}: {shape[0]} {things} announced, data ends after {body_size} bytes"
        )
    if body_size > size or trailing:
        raise UsageError(f"{path}: {shape[0]} {things} announced, but more bytes follow them")
    if not complete:
        raise UsageError(f"{path}: the gzip data ends before its checksum")
    return np.frombuffer(content, np.uint8, offset=header_size).reshape(shape)


def read_npz(path: Path, keys: tuple[str, ...]) -> tuple[NDArray[Any], ...]:
    """Read arrays from an `.npz` file, never unpickling anything.

    Args:
        path: The file.
        keys: The names of the arrays.

    Returns:
        The arrays in the order of `keys`, with dtypes and shapes as stored.

    Raises:
        UsageError: If the file is unreadable, foreign, cut short or damaged, lacks an array, or
            holds Python objects.

    Example:
    ```python
    import tempfile
    from pathlib import Path
    import numpy as np
    from keras3_lab.datasets.formats import read_npz

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data.npz")
        np.savez(path, x=np.arange(3))
        print(read_npz(path, ("x",)))
    ```
    """
    # NumPy and zipfile raise a dozen kinds of exception on damaged files, MemoryError among
    # them; whatever it is, the file is at fault.
    try:
        archive = np.load(path, allow_pickle=False)
        if not isinstance(archive, np.lib.npyio.NpzFile):
            raise UsageError(f"{path}: not an .npz file but a single array")
        with archive:
            missing = [key for key in keys if key not in archive.files]
            if missing:
                held = ", ".join(archive.files) or "nothing"
                raise UsageError(f"{path}: lacks {', '.join(missing)}; it holds {held}")
            return tuple(archive[key] for key in keys)
    except UsageError:
        raise
    except Exception as err:
        raise UsageError(f"{path}: not a readable .npz file ({_one_line(err)})") from None


def read_cifar_batch(path: Path, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read one pickled CIFAR-10 batch, letting the pickle build nothing but arrays.

    Args:
        path: The file, such as `data_batch_1`.
        count: The number of images that it must hold.

    Returns:
        uint8 images `(count, 32, 32, 3)` and uint8 labels `(count,)`.

    Raises:
        UsageError: If the file is unreadable, foreign, cut short, or asks for anything but a
            NumPy array.

    Example:
    ```python
    import pickle
    import tempfile
    from pathlib import Path
    import numpy as np
    from keras3_lab.datasets.formats import read_cifar_batch

    batch = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [3, 8]}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "data_batch_1")
        path.write_bytes(pickle.dumps(batch, protocol=2))
        images, labels = read_cifar_batch(path, 2)
    ```

    Reference:
        A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009.
    """
    try:
        with path.open("rb") as file:
            batch = _ArrayUnpickler(file, encoding="bytes").load()
    except Exception as err:  # the same as for .npz: any failure is the file's
        raise UsageError(f"{path}: not a readable CIFAR batch ({_one_line(err)})") from None
    if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
        raise UsageError(f"{path}: not a CIFAR-10 batch: expected a dict with data and labels")
    data, labels = batch[b"data"], batch[b"labels"]
    if (
        not isinstance(data, np.ndarray)
        or data.dtype != np.uint8
        or data.shape != (count, 3 * 32 * 32)
    ):
        came = f"{data.dtype} of shape {data.shape}" if isinstance(data, np.ndarray) else type(data)
        raise UsageError(f"{path}: data is {came}; expected uint8 of shape {(count, 3 * 32 * 32)}")
    if not isinstance(labels, list) or len(labels) != count:
        raise UsageError(f"{path}: labels should be a list of {count} integers")
    if not all(isinstance(label, int) and 0 <= label <= 9 for label in labels):
        raise UsageError(f"{path}: labels should be integers from 0 to 9")
    images = data.reshape(count, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(labels, np.uint8)


class _ArrayUnpickler(pickle.Unpickler):
    """An unpickler that can build dicts, lists, numbers, strings, bytes and arrays only."""

    def find_class(self, module: str, name: str) -> Any:
        found = _PICKLE_GLOBALS.get((module, name))
        if found is None:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return found


def _encode_latin1(text: str, encoding: str) -> bytes:
    # How Python 3 writes bytes into a pickle of protocol 2. Only this codec: looking up
    # another one by name can import modules.
    if encoding != "latin1":
        raise pickle.UnpicklingError(f"it asks for the codec {encoding}")
    return text.encode("latin1")


_PICKLE_GLOBALS: dict[tuple[str, str], Any] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    ("_codecs", "encode"): _encode_latin1,
}
# NumPy 1 and 2 name it differently, and both names are private: ask an array for the function.
for _module in ("numpy.core.multiarray", "numpy._core.multiarray"):
    _PICKLE_GLOBALS[_module, "_reconstruct"] = np.empty(0).__reduce__()[0]


def _one_line(err: Exception) -> str:
    return " ".join(str(err).split()) or type(err).__name__
