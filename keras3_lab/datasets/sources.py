"""Where data sets come from, and in which order."""

import dataclasses
import logging
import os
from pathlib import Path

from keras3_lab.datasets import files
from keras3_lab.datasets._dataset import Dataset, Kind, content_sha256, make_dataset
from keras3_lab.datasets.checks import check_arrays
from keras3_lab.datasets.download import DownloadError, download
from keras3_lab.datasets.samples import SAMPLES
from keras3_lab.datasets.specs import get_spec
from keras3_lab.errors import UsageError

ENVIRONMENT_VARIABLE = "KERAS3_LAB_DATA"
SOURCES = ("auto", "full", "sample")
SYSTEM_FOLDERS = {
    # Debian's package dataset-fashion-mnist
    "fashion_mnist": Path("/usr/share/datasets/fashion-mnist"),
}

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Place:
    """A place where `load` looks for a data set.

    Args:
        description: for people: what kind of place it is.
        path: the folder searched, the file or folder found, or `None` for a download.
        found: whether the data set is there, complete by its file names; the content is not
            read. `False` for a download, which is not tried.
        kind: `"full"` or `"sample"`.
        note: for people: what is missing or what the sample consists of; may be empty.
    """

    description: str
    path: Path | None
    found: bool
    kind: Kind
    note: str = ""


def load(
    name: str, source: str = "auto", data_dir: str | os.PathLike[str] | None = None
) -> Dataset:
    """Load a data set from the first place that has it.

    The places, in order: the folder `data_dir`, or else the one that the environment variable
    `KERAS3_LAB_DATA` names; the Keras cache (`$KERAS_HOME/datasets` or `~/.keras/datasets`); a
    copy of the operating system's; a download through Keras; the bundled sample. A damaged,
    incomplete or foreign file is an error and never a reason to go on, and no file of the
    user's is ever changed. That a sample is used stands in `kind` and `origin`.

    Args:
        name: `"fashion_mnist"`, `"mnist"`, `"cifar10"` or `"california_housing"`.
        source: `"auto"` for all places, `"full"` for all but the sample, `"sample"` for the
            sample at once.
        data_dir: folder laid out like `~/.keras/datasets`, or with the files directly in it. It
            must exist and, with `source="full"`, hold this data set. Without meaning for
            `"sample"`.

    Returns:
        The data set, with shapes and dtypes as `Dataset` lists them.

    Raises:
        UsageError: an unknown name or source, a folder that does not exist, a damaged file, or
            no full copy with `source="full"`.

    Example:
        ```python
        from keras3_lab import datasets

        data = datasets.load("fashion_mnist", source="sample")
        print(data.x_train.shape, data.origin)
        ```

    Reference:
        - H. Xiao, K. Rasul, R. Vollgraf, "Fashion-MNIST", 2017, arXiv:1708.07747
        - Y. LeCun, C. Cortes, C. Burges, "The MNIST database of handwritten digits"
        - A. Krizhevsky, "Learning Multiple Layers of Features from Tiny Images", 2009
        - R. K. Pace, R. Barry, "Sparse Spatial Autoregressions", 1997 (California housing)
    """
    get_spec(name)
    if source not in SOURCES:
        raise UsageError(f"unknown source {source!r}; allowed: {', '.join(SOURCES)}")
    if source == "sample":
        return _load_sample(name, "as asked")
    searched = []
    for description, folder in _folders(name, data_dir):
        copy = files.find(name, folder)
        if copy is not None:
            arrays, sha256 = files.read(copy)
            return make_dataset(
                name, arrays, sha256, origin=str(copy.path), kind="full", synthetic=False
            )
        if description == "data_dir" and source == "full":
            raise UsageError(f"data_dir {folder} has no {name}: looked for {_LAYOUT[name]}")
        searched.append(str(folder))
    try:
        arrays, sha256, origin = download(name, keras_cache())
    except DownloadError as err:
        reason = f"no full copy in {', '.join(searched)}; download failed: {err}"
        if source == "full":
            raise UsageError(
                f"{name}: {reason}; name a folder that has it with data_dir or "
                f"{ENVIRONMENT_VARIABLE}, or use source 'sample'"
            ) from None
        _log.info("%s: %s", name, reason)
        return _load_sample(name, reason)
    return make_dataset(name, arrays, sha256, origin=origin, kind="full", synthetic=False)


def locate(name: str, data_dir: str | os.PathLike[str] | None = None) -> list[Place]:
    """Say what is where, without reading or downloading anything.

    Args:
        name: one of `NAMES`.
        data_dir: as for `load`.

    Returns:
        Every place that `load` would look at, in order.

    Raises:
        UsageError: an unknown name, or a folder that does not exist.

    Example:
        ```python
        from keras3_lab import datasets

        for place in datasets.locate("mnist"):
            print(place.description, place.path, "found" if place.found else "-", place.note)
        ```
    """
    get_spec(name)
    places = []
    for description, folder in _folders(name, data_dir):
        copy = files.find(name, folder)
        if copy is None:
            places.append(Place(description, folder, found=False, kind="full"))
        else:
            note = f"incomplete: lacks {', '.join(copy.missing)}" if copy.missing else ""
            places.append(Place(description, copy.path, not copy.missing, "full", note))
    sample = SAMPLES[name]
    return [
        *places,
        Place("download through Keras", None, found=False, kind="full", note="not tried"),
        Place("bundled sample", sample.path, found=True, kind="sample", note=sample.text),
    ]


def keras_home() -> Path:
    """Return the folder in which Keras keeps what it downloads, without importing Keras."""
    return Path(os.environ.get("KERAS_HOME") or Path("~", ".keras")).expanduser()


def keras_cache() -> Path:
    """Return the folder in which Keras keeps data sets."""
    return keras_home() / "datasets"


_IDX_LAYOUT = "the IDX files train-images-idx3-ubyte[.gz] and so on in it or in its folder"
_LAYOUT = {
    "fashion_mnist": f"{_IDX_LAYOUT} fashion-mnist",
    "mnist": f"mnist.npz, and {_IDX_LAYOUT} mnist",
    "cifar10": (
        "data_batch_1 to data_batch_5 and test_batch in it, in cifar-10-batches-py or in "
        "cifar-10-batches-py-target/cifar-10-batches-py"
    ),
    "california_housing": "california_housing.npz",
}


def _folders(name: str, data_dir: str | os.PathLike[str] | None) -> list[tuple[str, Path]]:
    """Return the folders to search, each with what it is."""
    folders = []
    variable = os.environ.get(ENVIRONMENT_VARIABLE)
    if data_dir is not None:
        folders.append(("data_dir", _existing("data_dir", data_dir, name)))
    elif variable:
        folders.append((ENVIRONMENT_VARIABLE, _existing(ENVIRONMENT_VARIABLE, variable, name)))
    folders.append(("Keras cache", keras_cache()))
    if name in SYSTEM_FOLDERS:
        folders.append(("system-wide copy", SYSTEM_FOLDERS[name]))
    return folders


def _existing(argument: str, folder: str | os.PathLike[str], name: str) -> Path:
    path = Path(folder).expanduser()
    # os.path, because Path.is_dir raises where a parent folder may not be read.
    if not os.path.isdir(path):  # noqa: PTH112
        state = "is not a folder" if os.path.lexists(path) else "does not exist"
        raise UsageError(f"{argument} {path} {state}; expected a folder with {_LAYOUT[name]}")
    return path


def _load_sample(name: str, reason: str) -> Dataset:
    sample = SAMPLES[name]
    arrays = sample.make()
    n_train, n_test = len(arrays.y_train), len(arrays.y_test)
    spec = dataclasses.replace(get_spec(name), n_train=n_train, n_test=n_test)
    check_arrays(spec, arrays, f"bundled sample of {name}")
    return make_dataset(
        name,
        arrays,
        content_sha256(arrays),
        origin=f"bundled sample: {sample.text} ({reason})",
        kind="sample",
        synthetic=sample.synthetic,
    )
