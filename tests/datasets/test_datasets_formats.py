"""The readers of IDX files and CIFAR batches: what they accept, and how they refuse all else."""

import gzip
import os
import pickle
import tracemalloc
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from keras3_lab.datasets.formats import read_cifar_batch, read_idx
from keras3_lab.errors import UsageError

pytestmark = pytest.mark.once

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
    for reader, argument in ((read_idx, (3,)), (read_cifar_batch, 3)):
        with pytest.raises(UsageError, match=str(tmp_path)):
            reader(tmp_path, argument)  # a folder
        with pytest.raises(UsageError, match="missing"):
            reader(tmp_path / "missing", argument)


class Evil:
    """Makes a folder when unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


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
        with pytest.raises(UsageError, match=r"it asks for \w+\.mkdir|no batch needs"):
            read_cifar_batch(path, 0)
    for name in (b"builtins\neval", b"__builtin__\neval", b"numpy\nload", b"_codecs\nlookup"):
        path.write_bytes(b"\x80\x02c" + name + b"\nU\x01x\x85R.")
        with pytest.raises(UsageError, match="it asks for"):
            read_cifar_batch(path, 0)
    assert not trap.exists()


ARRAY = b"cnumpy.core.multiarray\n_reconstruct\ncnumpy\nndarray\nK\x00\x85U\x01b\x87R"
UINT8 = (
    b"cnumpy\ndtype\nU\x02u1K\x00K\x01\x87R(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
)
FLAGS = 0x3F  # of `dtype("O")`: every eight bytes are then taken for a pointer


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (ARRAY + b"(K\x01K\x01\x85" + UINT8.replace(b"K\x00tb", bytes([75, FLAGS]) + b"tb")
         + b"\x89U\x08AAAAAAAAtb.", "its dtype is more than uint8"),
        (ARRAY + b"(K\x01K\x01\x85" + UINT8.replace(b"u1", b"O8") + b"\x89U\x08AAAAAAAAtb.",
         "its array is of b'O8', and no uint8"),
        (ARRAY + b"(K\x01K\x09\x85" + UINT8 + b"\x89U\x08AAAAAAAAtb.", "8 bytes has another shape"),
        (ARRAY + b"(K\x01K\x08\x85" + UINT8 + b"\x88U\x08AAAAAAAAtb.", "something that no batch"),
        (ARRAY + b"(K\x01K\x08\x85" + UINT8 + b"\x89]tb.", "builds something that no batch needs"),
        (b"}b.", "list index out of range|empty list"),
        (b"}}b.", "builds something that no batch needs"),
        (b"Nr\x00\x00\x00\x40.", "not a CIFAR-10 batch"),  # the memo's entry 2³⁰
        (b"Nj\x00\x00\x00\x40.", "1073741824"),
        (b"T\xff\xff\xff\x7fabc.", "expected 2147483647 bytes"),
        (b"c_codecs\nencode\nX\x01\x00\x00\x00aX\x03\x00\x00\x00hex\x86R.", "a call that no batch"),
        (b"\x94.", "the instruction MEMOIZE, which no batch needs"),
        (b"cnumpy\nndarray\n(K\x01tR.", "a call that no batch needs"),
        (b"}))\x86" + 40 * b"2\x86" + b"Ns.", "DUP"),
    ],
)  # fmt: skip
def test_a_pickle_that_is_out_for_memory_is_refused(tmp_path, content, message):
    path = tmp_path / "data_batch_1"
    path.write_bytes(b"\x80\x02" + content)
    with pytest.raises(UsageError, match=message) as caught:
        read_cifar_batch(path, 1)
    assert "\n" not in str(caught.value)


def test_a_pickle_cannot_make_little_text_into_much(tmp_path):
    """A text of a thousand bytes, encoded a thousand times."""
    path = tmp_path / "data_batch_1"
    text = b"X" + (1000).to_bytes(4, "little") + 1000 * b"a" + b"q\x01" + b"c_codecs\nencode\nq\x02"
    latin1 = b"X\x06\x00\x00\x00latin1q\x03"
    path.write_bytes(b"\x80\x02" + text + latin1 + 1000 * b"h\x02h\x01h\x03\x86R" + b".")
    with pytest.raises(UsageError, match="encodes more text than it holds"):
        read_cifar_batch(path, 1)


def test_a_pickle_cannot_ask_for_a_hash_that_takes_for_ever(tmp_path):
    """A tuple of two that are the same tuple of two, and so on: each level takes twice as long."""
    path = tmp_path / "data_batch_1"
    doubled = b"".join(b"q%ch%c\x86" % (level, level) for level in range(60))
    path.write_bytes(b"\x80\x02})" + doubled + b"Ns.")
    with pytest.raises(UsageError, match="no dict of names"):
        read_cifar_batch(path, 1)


def test_a_file_is_not_read_beyond_what_it_can_have(tmp_path):
    for reader, argument in ((read_idx, (3,)), (read_cifar_batch, 0)):
        with (tmp_path / "large").open("wb") as file:
            file.truncate(2**34)  # takes no room on the disk
        with pytest.raises(UsageError, match="has more bytes than the"):
            reader(tmp_path / "large", argument)


def test_a_gzip_bomb_is_not_unpacked(tmp_path):
    path = tmp_path / "labels"
    path.write_bytes(gzip.compress(idx_bytes(np.zeros(3, np.uint8)) + bytes(2**25)))
    tracemalloc.start()
    with pytest.raises(UsageError, match="more bytes follow"):
        read_idx(path, (3,))
    assert tracemalloc.get_traced_memory()[1] < 2**20
    tracemalloc.stop()


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([1, 2], "not a CIFAR-10 batch"),
        ({b"data": 1}, "not a CIFAR-10 batch"),
        ({b"data": [1], b"labels": [1]}, "data is list"),
        ({b"data": np.zeros((2, 3072)), b"labels": [1, 2]}, "its array is of 'f8'"),
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
