"""Readers of IDX files and pickled CIFAR batches; `keras3_lab.untrusted` reads `.npz` files."""

import math
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from keras3_lab.datasets.batches import parse_batch
from keras3_lab.errors import UsageError
from keras3_lab.untrusted import one_line, read_bytes

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
    # What cannot be packed grows a little when it is; the header of gzip holds a name.
    packed = read_bytes(path, header_size + size + size // 8 + 2**16)
    unpack = zlib.decompressobj(wbits=31) if packed[:2] == _GZIP_MAGIC else None
    try:
        header = packed[:header_size] if unpack is None else unpack.decompress(packed, header_size)
        _check_header(path, header, shape, things)
        # One byte more than wanted is enough to see that a file is too long.
        body = (
            memoryview(packed)[header_size:]
            if unpack is None
            else unpack.decompress(unpack.unconsumed_tail, size + 1)
        )
    except zlib.error as err:
        raise UsageError(f"{path}: damaged gzip data ({err})") from None
    if len(body) < size:
        raise UsageError(
            f"{path}: {shape[0]} {things} announced, data ends after {len(body)} bytes"
        )
    if len(body) > size or (unpack and unpack.unused_data):
        raise UsageError(f"{path}: {shape[0]} {things} announced, but more bytes follow them")
    if unpack and not unpack.eof:
        raise UsageError(f"{path}: the gzip data ends before its checksum")
    return np.frombuffer(body, np.uint8).reshape(shape)


def _check_header(path: Path, header: bytes, shape: tuple[int, ...], things: str) -> None:
    magic = header[:4]
    if len(magic) == 4 and magic != bytes([0, 0, _IDX_UINT8, len(shape)]):
        raise UsageError(
            f"{path}: not an IDX file of {things}: starts with {magic.hex(' ')}, "
            f"expected 00 00 {_IDX_UINT8:02x} {len(shape):02x}"
        )
    size = 4 + 4 * len(shape)
    if len(header) < size:
        raise UsageError(f"{path}: the IDX header of {size} bytes ends after {len(header)}")
    announced = tuple(int(n) for n in np.frombuffer(header, ">u4", len(shape), offset=4))
    if announced != shape:
        raise UsageError(f"{path}: shape {announced} announced; expected {shape}")


def read_cifar_batch(path: Path, count: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Read one pickled CIFAR-10 batch, without `pickle`.

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
        # As text, which Python 3 makes of bytes in protocol 2, a byte can take two.
        batch = parse_batch(read_bytes(path, count * (2 * 3 * 32 * 32 + 256) + 2**16))
    except UsageError:
        raise
    except Exception as err:  # whatever it is, the file is at fault
        raise UsageError(f"{path}: not a readable CIFAR batch ({one_line(err)})") from None
    if not isinstance(batch, dict) or not {b"data", b"labels"} <= batch.keys():
        raise UsageError(f"{path}: not a CIFAR-10 batch: expected a dict with data and labels")
    data, labels = batch[b"data"], batch[b"labels"]
    if not isinstance(data, np.ndarray) or data.shape != (count, 3 * 32 * 32):
        came = (
            f"uint8 of shape {data.shape}" if isinstance(data, np.ndarray) else type(data).__name__
        )
        raise UsageError(f"{path}: data is {came}; expected uint8 of shape {(count, 3 * 32 * 32)}")
    if not isinstance(labels, list) or len(labels) != count:
        raise UsageError(f"{path}: labels should be a list of {count} integers")
    if not all(isinstance(label, int) and 0 <= label <= 9 for label in labels):
        raise UsageError(f"{path}: labels should be integers from 0 to 9")
    images = data.reshape(count, 3, 32, 32).transpose(0, 2, 3, 1)
    return np.ascontiguousarray(images), np.array(labels, np.uint8)
