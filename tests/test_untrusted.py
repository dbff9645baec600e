"""Files from elsewhere: what is read of them, and how all else is refused."""

from __future__ import annotations

import os
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest

from keras3_lab.errors import UsageError
from keras3_lab.untrusted import open_file, read_bytes, read_npz

pytestmark = pytest.mark.once


@pytest.mark.parametrize("compress", [False, True])
def test_arrays_come_in_the_order_asked_for(tmp_path: Path, compress: bool) -> None:
    path = tmp_path / "a.npz"
    arrays = {"x": np.arange(3), "y": np.ones((2, 0), np.float32), "z": np.array("text")}
    (np.savez_compressed if compress else np.savez)(path, **arrays)
    assert list(read_npz(path, {"y": (2, 0), "x": (3,)})) == ["y", "x"]
    for name, array in read_npz(path).items():
        np.testing.assert_array_equal(array, arrays[name])
        assert array.dtype == arrays[name].dtype
    fortran = np.asfortranarray(np.arange(6.0).reshape(2, 3))
    np.savez(path, x=fortran)
    np.testing.assert_array_equal(read_npz(path)["x"], fortran)


@pytest.mark.parametrize("compress", [False, True])
def test_a_file_cut_anywhere_is_refused(tmp_path: Path, compress: bool) -> None:
    path = tmp_path / "a.npz"
    (np.savez_compressed if compress else np.savez)(path, x=np.arange(30), y=np.arange(3))
    content = path.read_bytes()
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        with pytest.raises(UsageError, match=r"not a readable \.npz file"):
            read_npz(path)


def test_damage_inside_is_found(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(1000))
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)
    with pytest.raises(UsageError, match="Bad CRC"):
        read_npz(path)


class Evil:
    """Makes a folder when unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return os.mkdir, (str(self.path),)


def test_nothing_is_unpickled(tmp_path: Path) -> None:
    trap = tmp_path / "trap"
    np.savez(tmp_path / "a.npz", x=np.array([Evil(trap)], object))
    with pytest.raises(UsageError, match="which are no plain numbers"):
        read_npz(tmp_path / "a.npz")
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Evil(trap)))
    with pytest.raises(UsageError, match=r"not a readable \.npz file"):
        read_npz(tmp_path / "b.npz")
    assert not trap.exists()


def test_what_is_missing_or_of_another_shape_is_named(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", x=np.arange(3))
    with pytest.raises(UsageError, match=r"a\.npz: lacks y, z; it holds x"):
        read_npz(tmp_path / "a.npz", {"x": (3,), "y": (3,), "z": (3,)})
    with pytest.raises(UsageError, match=r"x is int64 of shape \(3,\); expected shape \(4,\)"):
        read_npz(tmp_path / "a.npz", {"x": (4,)})
    np.save(tmp_path / "b.npy", np.arange(3))
    with pytest.raises(UsageError, match="File is not a zip file"):
        read_npz(tmp_path / "b.npy")


def npy(descr: str, shape: str, body: bytes = b"", version: int = 1) -> bytes:
    """A member that says of itself what it likes."""
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}".encode()
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + body


@pytest.mark.parametrize(
    ("member", "message"),
    [
        (npy("'<f8'", "(99999999999999,)"), "announces float64 of shape"),
        (npy("'<f8'", "(-1,)", bytes(8)), "announces float64 of shape"),
        (npy("'<f8'", "(2,)", bytes(17)), r"of shape \(2,\) in 17 bytes"),
        (npy("'|O'", "(1,)", bytes(8)), "no plain numbers"),
        (npy("'<M8[s]'", "(1,)", bytes(8)), "no plain numbers"),
        (npy("[('a', '<f8')]", "(1,)", bytes(8)), "no plain numbers"),
        (npy("'<f8'", "(1,)", bytes(8), version=3), "is of version"),
        (npy("'<f8'", "(1,)" + 10_000 * " ", bytes(8)), "reading array header"),
        (npy("__import__('os').getcwd()", "(1,)", bytes(8)), "not a readable"),
        (npy(500 * "(", "(1,)", bytes(8)), "not a readable"),
        (b"no array at all", "magic string is not correct"),
        (b"", "reading magic string"),
    ],
)
def test_a_member_that_is_no_honest_array_is_refused(
    tmp_path: Path, member: bytes, message: str
) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", member)
    with pytest.raises(UsageError, match=message) as caught:
        read_npz(path)
    assert str(caught.value).startswith(f"{path}: not a readable .npz file")
    assert "\n" not in str(caught.value)


def test_a_zip_bomb_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", npy("'|u1'", f"({2**29},)", bytes(2**20)))
        archive.getinfo("x.npy").file_size = 2**29  # as where a larger part of it were here
    tracemalloc.start()
    with pytest.raises(UsageError, match="would unpack to 536,87"):
        read_npz(path)
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_an_array_of_another_shape_takes_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, x=np.zeros(2**24, np.uint8))
    tracemalloc.start()
    with pytest.raises(UsageError, match="expected shape"):
        read_npz(path, {"x": (3,)})
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


def test_an_archive_of_an_unusual_make_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("x.npy", npy("'|u1'", "(1,)", b"a"))
    with pytest.raises(UsageError, match=r"x\.npy is encrypted, or packed in an unusual way"):
        read_npz(path)
    with zipfile.ZipFile(path, "w") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("x.npy", npy("'|u1'", "(1,)", b"a"))
        archive.writestr("x.npy", npy("'|u1'", "(1,)", b"b"))
    with pytest.raises(UsageError, match="two members of one name"):
        read_npz(path)


def test_what_a_terminal_obeys_is_not_shown(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez(path, **{"\x1b[2J": np.arange(3)})
    with pytest.raises(UsageError, match=r"it holds \?\[2J"):
        read_npz(path, {"x": (3,)})


def test_a_pipe_or_device_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(UsageError, match="not a file"):
            open_file(path)
    with pytest.raises(UsageError, match="No such file"):
        open_file(tmp_path / "absent")
    with pytest.raises(UsageError, match="null"):
        open_file(Path("a\0b"))


def test_a_file_is_read_as_far_as_it_may_be_long(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")
    tracemalloc.start()
    assert read_bytes(path, 3) == read_bytes(path, 2**30) == b"abc"
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()
    with pytest.raises(UsageError, match="more bytes than the 2 that"):
        read_bytes(path, 2)
