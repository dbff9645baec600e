"""Where data sets come from, and in which order."""

import dataclasses
import logging
import os
from pathlib import Path

from keras3_lab.backends import keras_home
from keras3_lab.datasets import files
from keras3_lab.datasets._dataset import Arrays, Dataset, Kind, content_sha256
from keras3_lab.datasets.checks import check_arrays
from keras3_lab.datasets.download import DownloadError, download_dataset
from keras3_lab.datasets.registry import get_spec
from keras3_lab.datasets.specs import Spec
from keras3_lab.errors import UsageError, unknown

ENVIRONMENT_VARIABLE = "KERAS3_LAB_DATA"
SOURCES = ("auto", "full", "sample")

_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Place:
    """A place where `load` looks for a data set.

    Args:
        description: What kind of place it is, for people.
        path: The folder searched, the file or folder found, or `None` for a download.
        found: Whether the data set is there, complete by its file names; the content is not
            read. `False` for a download, which is not tried.
        kind: `"full"` or `"sample"`.
        note: What is missing or what the sample consists of, for people; may be empty.
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
        name: One of `NAMES`.
        source: `"auto"` for all places, `"full"` for all but the sample, `"sample"` for the
            sample at once.
        data_dir: A folder laid out like `~/.keras/datasets`, or with the files directly in it. It
            must exist and, with `source="full"`, hold this data set. Without meaning for
            `"sample"`.

    Returns:
        The data set.

    Raises:
        UsageError: If the name or source is unknown, a folder does not exist, a file is damaged,
            or there is no full copy with `source="full"`.

    Example:
    ```python
    from keras3_lab import datasets

    data = datasets.load("fashion_mnist", source="sample")
    print(data.x_train.shape, data.origin)
    ```
    """
    spec = get_spec(name)
    if source not in SOURCES:
        raise unknown("source", source, SOURCES)
    if source == "sample":
        return _sample(spec, "as asked")
    searched = []
    for description, folder in _folders(spec, data_dir):
        copy = files.find(name, folder)
        if copy is not None:
            return _dataset(spec, *files.read(copy), str(copy.path))
        if description == "data_dir" and source == "full":
            raise UsageError(f"data_dir {folder} has no {name}: looked for {spec.layout_text}")
        searched.append(str(folder))
    try:
        return _dataset(spec, *download_dataset(name, _keras_cache()))
    except DownloadError as err:
        reason = f"no full copy in {', '.join(searched)}; download failed: {err}"
        if source == "full":
            raise UsageError(
                f"{name}: {reason}; name a folder that has it with data_dir or "
                f"{ENVIRONMENT_VARIABLE}, or use source 'sample'"
            ) from None
        _log.info("%s: %s", name, reason)
        return _sample(spec, reason)


def locate(name: str, data_dir: str | os.PathLike[str] | None = None) -> list[Place]:
    """Say what is where, without reading or downloading anything.

    Args:
        name: One of `NAMES`.
        data_dir: A folder, as for `load`.

    Returns:
        Every place that `load` would look at, in order.

    Raises:
        UsageError: If the name is unknown, or a folder does not exist.

    Example:
    ```python
    from keras3_lab import datasets

    for place in datasets.locate("mnist"):
        print(place.description, place.path, "found" if place.found else "-", place.note)
    ```
    """
    spec = get_spec(name)
    places = []
    for description, folder in _folders(spec, data_dir):
        copy = files.find(name, folder)
        if copy is None:
            places.append(Place(description, folder, found=False, kind="full"))
        else:
            note = f"incomplete: lacks {', '.join(copy.missing)}" if copy.missing else ""
            places.append(Place(description, copy.path, not copy.missing, "full", note))
    sample = spec.sample
    return [
        *places,
        Place("download through Keras", None, found=False, kind="full", note="not tried"),
        Place("bundled sample", sample.path, found=True, kind="sample", note=sample.text),
    ]


def _keras_cache() -> Path:
    return keras_home() / "datasets"


def _folders(spec: Spec, data_dir: str | os.PathLike[str] | None) -> list[tuple[str, Path]]:
    """Return the folders to search, each with what it is."""
    folders = []
    variable = os.environ.get(ENVIRONMENT_VARIABLE)
    if data_dir is not None:
        folders.append(("data_dir", _existing("data_dir", data_dir, spec)))
    elif variable:
        folders.append((ENVIRONMENT_VARIABLE, _existing(ENVIRONMENT_VARIABLE, variable, spec)))
    folders.append(("Keras cache", _keras_cache()))
    if spec.system_folder:
        folders.append(("system-wide copy", spec.system_folder))
    return folders


def _existing(argument: str, folder: str | os.PathLike[str], spec: Spec) -> Path:
    path = Path(folder).expanduser()
    # os.path, because Path.is_dir raises where a parent folder may not be read.
    if not os.path.isdir(path):  # noqa: PTH112
        state = "is not a folder" if os.path.lexists(path) else "does not exist"
        raise UsageError(f"{argument} {path} {state}; expected a folder with {spec.layout_text}")
    return path


def _sample(spec: Spec, reason: str) -> Dataset:
    sample = spec.sample
    arrays = sample.make()
    smaller = dataclasses.replace(spec, n_train=len(arrays.y_train), n_test=len(arrays.y_test))
    check_arrays(smaller, arrays, f"bundled sample of {spec.name}")
    origin = f"bundled sample: {sample.text} ({reason})"
    return _dataset(spec, arrays, content_sha256(arrays), origin, "sample", sample.synthetic)


def _dataset(
    spec: Spec,
    arrays: Arrays,
    sha256: str,
    origin: str,
    kind: Kind = "full",
    synthetic: bool = False,
) -> Dataset:
    return Dataset(
        spec.name,
        *arrays,
        origin=origin,
        kind=kind,
        synthetic=synthetic,
        sha256=sha256,
        class_names=spec.class_names,
        feature_names=spec.feature_names,
    )
