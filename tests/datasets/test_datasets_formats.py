"""The three readers: what they accept and how they refuse everything else."""

import gzip
import os
import pickle
import zipfile
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from keras3_lab.datasets.formats import read_cifar_batch, read_idx, read_npz
from keras3_lab.errors import UsageError

uint8_arrays = arrays(np.uint8, array_shapes(min_dims=1, max_dims=3, max_side=5))


def idx_bytes(array):
    return bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    return tmp_path_factory.mktemp("formats") / "file"


@given(array=uint8_arrays, pack=st.booleans())
@settings(max_examples=50, deadline=None)
def test_idx_round_trip(scratch, array, pack):
    content = idx_bytes(array)
    scratch.write_bytes(gzip.compress(content) if pack else content)
    np.testing.assert_array_equal(read_idx(scratch, array.shape), array)


@given(array=uint8_arrays, pack=st.booleans(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_idx_cut_anywhere_is_refused(scratch, array, pack, data):
    content = gzip.compress(idx_bytes(array)) if pack else idx_bytes(array)
    cut = data.draw(st.integers(0, len(content) - 1))
    scratch.write_bytes(content[:cut])
    with pytest.raises(UsageError, match=str(scratch)):
        read_idx(scratch, array.shape)


@given(array=uint8_arrays, pack=st.booleans(), data=st.data())
@settings(max_examples=150, deadline=None)
def test_idx_with_a_flipped_byte_never_gives_another_error(scratch, array, pack, data):
    content = bytearray(gzip.compress(idx_bytes(array)) if pack else idx_bytes(array))
    content[data.draw(st.integers(0, len(content) - 1))] ^= data.draw(st.integers(1, 255))
    scratch.write_bytes(content)
    try:
        result = read_idx(scratch, array.shape)
    except UsageError:
        return
    assert result.shape == array.shape


@pytest.mark.parametrize("pack", [False, True])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (idx_bytes(np.zeros((3, 2), np.uint8))[:-2], "3 images announced, data ends after 4 bytes"),
        (idx_bytes(np.zeros((3, 2), np.uint8)) + b"x", "more bytes follow"),
        (idx_bytes(np.zeros((4, 2), np.uint8)), r"shape \(4, 2\) announced; expected \(3, 2\)"),
        (idx_bytes(np.zeros(3, np.uint8)), "not an IDX file of images: starts with 00 00 08 01"),
        (b"\0\0\x0d\2" + bytes(40), "starts with 00 00 0d 02, expected 00 00 08 02"),
        (b"<html>not found</html>", "not an IDX file of images: starts with 3c 68"),
        (b"\0\0\x08\2\0\0", "IDX header of 12 bytes ends after 6"),
        (b"", "IDX header of 12 bytes ends after 0"),
    ],
)
def test_idx_says_what_is_wrong(tmp_path, content, message, pack):
    path = tmp_path / "train-images-idx3-ubyte.gz"
    path.write_bytes(gzip.compress(content) if pack else content)
    with pytest.raises(UsageError, match=message) as caught:
        read_idx(path, (3, 2))
    assert str(path) in str(caught.value)


def test_idx_with_bytes_after_the_gzip_data_is_refused(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros(3, np.uint8))) + b"rest")
    with pytest.raises(UsageError, match="more bytes follow"):
        read_idx(path, (3,))


def test_idx_with_a_wrong_checksum_is_refused(tmp_path):
    path = tmp_path / "labels"
    content = bytearray(gzip.compress(idx_bytes(np.zeros(3, np.uint8))))
    content[-8] ^= 1
    path.write_bytes(content)
    with pytest.raises(UsageError, match="damaged gzip data"):
        read_idx(path, (3,))


def test_unreadable_files_are_named(tmp_path):
    for reader, argument in ((read_idx, (3,)), (read_npz, ("x",)), (read_cifar_batch, 3)):
        with pytest.raises(UsageError, match=str(tmp_path)):
            reader(tmp_path, argument)  # a folder
        with pytest.raises(UsageError, match="missing"):
            reader(tmp_path / "missing", argument)


def test_npz_returns_the_arrays_in_order(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(3), y=np.ones(2, np.float32))
    y, x = read_npz(tmp_path / "a.npz", ("y", "x"))
    assert y.dtype == np.float32
    assert x.tolist() == [0, 1, 2]


@pytest.mark.parametrize("compress", [False, True])
def test_npz_cut_anywhere_is_refused(tmp_path, compress):
    path = tmp_path / "a.npz"
    (np.savez_compressed if compress else np.savez)(path, x=np.arange(30), y=np.arange(3))
    content = path.read_bytes()
    for cut in range(len(content)):
        path.write_bytes(content[:cut])
        with pytest.raises(UsageError, match=r"not a readable \.npz file"):
            read_npz(path, ("x", "y"))


def test_npz_damaged_inside_is_refused(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, x=np.arange(1000))
    content = bytearray(path.read_bytes())
    content[4000] ^= 1
    path.write_bytes(content)
    with pytest.raises(UsageError, match="Bad CRC"):
        read_npz(path, ("x",))


class Evil:
    """Makes a folder when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


def test_npz_with_pickled_objects_is_refused(tmp_path):
    trap = tmp_path / "trap"
    np.savez(tmp_path / "a.npz", x=np.array([Evil(trap)], object))
    with pytest.raises(UsageError, match=r"not a readable \.npz file"):
        read_npz(tmp_path / "a.npz", ("x",))
    (tmp_path / "b.npz").write_bytes(pickle.dumps(Evil(trap)))
    with pytest.raises(UsageError, match=r"not a readable \.npz file"):
        read_npz(tmp_path / "b.npz", ("x",))
    assert not trap.exists()


def test_npz_of_another_kind_is_refused(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(3))
    with pytest.raises(UsageError, match="lacks y, z; it holds x"):
        read_npz(tmp_path / "a.npz", ("x", "y", "z"))
    np.save(tmp_path / "b.npy", np.arange(3))
    with pytest.raises(UsageError, match="a single array"):
        read_npz(tmp_path / "b.npy", ("x",))


def test_npz_that_announces_more_than_memory_is_refused(tmp_path):
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999,)}"
    npy = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as archive:
        archive.writestr("x.npy", npy)
    with pytest.raises(UsageError, match=r"not a readable \.npz file"):
        read_npz(tmp_path / "a.npz", ("x",))


def python2_batch(data, labels):
    """The pickle that Python 2 wrote: byte strings, and NumPy's old module name."""
    shape = b"".join(b"M" + n.to_bytes(2, "little") for n in data.shape)
    body = data.tobytes()
    items = b"".join(b"K" + bytes([label]) for label in labels)
    return (
        b"\x80\x02}(U\x04datacnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b"
        b"\x87R(K\x01" + shape + b"\x86cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNN"
        b"J\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + len(body).to_bytes(4, "little") + body + b"tbU\x06labels](" + items + b"eu."
    )


def test_cifar_batch_of_python_2_and_3_agree(tmp_path):
    rng = np.random.default_rng(0)
    data = rng.integers(0, 256, (20, 3072), dtype=np.uint8)
    labels = [i % 10 for i in range(20)]
    (tmp_path / "two").write_bytes(python2_batch(data, labels))
    (tmp_path / "three").write_bytes(pickle.dumps({b"data": data, b"labels": labels}, 2))
    for name in ("two", "three"):
        images, ys = read_cifar_batch(tmp_path / name, 20)
        assert images.dtype == ys.dtype == np.uint8
        # The file has one plane per colour, red first.
        np.testing.assert_array_equal(images[3, :, :, 0].ravel(), data[3, :1024])
        np.testing.assert_array_equal(images[3, :, :, 2].ravel(), data[3, 2048:])
        assert ys.tolist() == labels


def test_cifar_batch_cut_short_is_refused(tmp_path):
    path = tmp_path / "data_batch_1"
    batch = {b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 2]}
    content = pickle.dumps(batch, 2)
    for cut in range(0, len(content), 37):
        path.write_bytes(content[:cut])
        with pytest.raises(UsageError, match="not a readable CIFAR batch"):
            read_cifar_batch(path, 2)


def test_cifar_batch_cannot_run_code(tmp_path):
    path, trap = tmp_path / "data_batch_1", tmp_path / "trap"
    for protocol in (0, 2, 4):
        path.write_bytes(pickle.dumps({b"data": Evil(trap), b"labels": []}, protocol))
        with pytest.raises(UsageError, match=r"it asks for \w+\.mkdir"):
            read_cifar_batch(path, 0)
    for name in (b"builtins\neval", b"__builtin__\neval", b"numpy\nload", b"_codecs\nlookup"):
        path.write_bytes(b"\x80\x02c" + name + b"\nU\x01x\x85R.")
        with pytest.raises(UsageError, match="it asks for"):
            read_cifar_batch(path, 0)
    path.write_bytes(b"\x80\x02c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R.")
    with pytest.raises(UsageError, match="it asks for the codec hex"):
        read_cifar_batch(path, 0)
    assert not trap.exists()


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([1, 2], "not a CIFAR-10 batch"),
        ({b"data": 1}, "not a CIFAR-10 batch"),
        ({b"data": [1], b"labels": [1]}, "data is <class 'list'>"),
        ({b"data": np.zeros((2, 3072)), b"labels": [1, 2]}, "data is float64"),
        ({b"data": np.zeros((3, 3072), np.uint8), b"labels": [1, 2]}, r"\(3, 3072\); expected"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1]}, "a list of 2 integers"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, 10]}, "from 0 to 9"),
        ({b"data": np.zeros((2, 3072), np.uint8), b"labels": [1, "a"]}, "from 0 to 9"),
    ],
)
def test_cifar_batch_of_another_kind_is_refused(tmp_path, batch, message):
    path = tmp_path / "data_batch_1"
    path.write_bytes(pickle.dumps(batch, 2))
    with pytest.raises(UsageError, match=message):
        read_cifar_batch(path, 2)


def test_zlib_is_not_gzip(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(zlib.compress(idx_bytes(np.zeros(3, np.uint8))))
    with pytest.raises(UsageError, match="not an IDX file"):
        read_idx(path, (3,))
