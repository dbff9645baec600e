"""What a module of this package declares of its data set."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from keras3_lab.datasets._dataset import Arrays

KERAS_FILES = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
"""Where `keras.datasets` downloads most from; a test compares it with the installed Keras."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """One way in which a folder holds a data set.

    Args:
        names: The names of the files, in the order in which `read` takes them.
        read: Turns the files into arrays that look as a spec says.
        folder: The folder within the one that is searched.
        endings: What a name may end in, the usual one first.
    """

    names: tuple[str, ...]
    read: Callable[[Spec, tuple[Path, ...]], Arrays]
    folder: str = ""
    endings: tuple[str, ...] = ("",)

    def find(self, spec: Spec, folder: Path) -> Copy | None:
        """Return the copy of a data set in a folder, or `None` if not one of its files is there."""
        folder = folder / self.folder
        files: list[Path] = []
        missing: list[str] = []
        for name in self.names:
            # A dangling link counts as there: reading it then says what is wrong.
            there = [p for end in self.endings if os.path.lexists(p := folder / (name + end))]
            if there:
                files.append(there[0])
            else:
                missing.append(name + self.endings[0])
        if not files:
            return None
        path = folder if len(self.names) > 1 else files[0]
        return Copy(spec, path, tuple(files), tuple(missing), self)


@dataclass(frozen=True)
class Copy:
    """The files of one copy of a data set.

    Args:
        spec: The data set.
        path: The file, or the folder that holds the files.
        files: The files in the order in which the layout reads them.
        missing: The names of files that should be there and are not.
        layout: How the files are laid out.
    """

    spec: Spec
    path: Path
    files: tuple[Path, ...]
    missing: tuple[str, ...]
    layout: Layout


@dataclass(frozen=True)
class Remote:
    """One file to download, named as `keras.utils.get_file` wants it.

    Args:
        fname: The file name in the cache, or the folder name of an archive.
        url: Where it is.
        subfolder: The folder within the cache's `datasets`.
        file_hash: SHA-256 of the file, or `None`.
        extract: Whether it is an archive to unpack.
    """

    fname: str
    url: str
    subfolder: str = ""
    file_hash: str | None = None
    extract: bool = False


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A small stand-in for a data set, bundled or computed, the same on every machine.

    What is computed comes from integer arithmetic on the raw bits of NumPy's Philox generator,
    whose stream NumPy keeps fixed, or on scikit-learn's digits. The only floating-point steps are
    one division of an integer and one rounding to float32, both exact by IEEE 754. So the digests
    are the same everywhere, and a test pins them.

    Args:
        make: Returns the four arrays.
        text: What the sample consists of, for people.
        synthetic: Whether the examples are made up.
        path: The file that holds it, or `None` where it is computed.
    """

    make: Callable[[], Arrays]
    text: str
    synthetic: bool
    path: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Spec:
    """One data set: what it looks like in full, where it may be found, and its sample.

    Args:
        name: The name by which it is loaded.
        n_train: The number of training examples.
        n_test: The number of test examples.
        shape: The shape of one example.
        sha256: The content digest of the original, as `Dataset.sha256` counts it. It recognises a
            data set under the wrong name and checks downloads; other content in the right
            shape is welcome.
        class_names: The names of the labels 0, 1, …; empty where the target is a number. Examples
            and labels are uint8 where there are classes, and float32 where there are none.
        feature_names: The names of the columns; empty for images.
        feature_ranges: The smallest and largest value per column, in the original.
        target_range: The smallest and largest target in the original, where it is a number.
        layouts: The ways in which a folder may hold it, in the order in which they are tried.
        layout_text: The same in words, to end "expected a folder with …".
        remotes: The files that Keras downloads.
        sample: What stands in for it.
        system_folder: The folder in which an operating system's package puts it, if any does.
    """

    name: str
    n_train: int
    n_test: int
    shape: tuple[int, ...]
    sha256: str
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    feature_ranges: tuple[tuple[float, float], ...] = ()
    target_range: tuple[float, float] = (0.0, 0.0)
    layouts: tuple[Layout, ...]
    layout_text: str
    remotes: tuple[Remote, ...]
    sample: Sample
    system_folder: Path | None = None
