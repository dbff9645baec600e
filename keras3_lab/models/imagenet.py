"""Where the ImageNet weights of `keras.applications` come from."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras3_lab.backends import keras_home
from keras3_lab.datasets.download import DownloadError, download_file
from keras3_lab.datasets.specs import Remote
from keras3_lab.errors import UsageError
from keras3_lab.private.downloads import downloads_by


@contextlib.contextmanager
def weights_from_cache(base: str) -> Iterator[None]:
    """Let `keras.applications` take its weights from the cache inside, and download the rest.

    `keras.utils.get_file`, by which it does so otherwise, deletes a file whose hash it does not
    know, and then fails without a network.

    Args:
        base: Name of the base, for messages.

    Raises:
        UsageError: If a file is damaged, or is not there and cannot be downloaded.
    """
    folder = keras_home() / "models"

    def get_file(fname: str, origin: str, file_hash: str | None = None, **_: Any) -> str:
        path = folder / fname
        if not path.exists():
            try:
                download_file(Remote(fname, origin, file_hash=file_hash), folder)
            except DownloadError as error:
                raise UsageError(
                    f"no ImageNet weights for {base}: {path} does not exist, and the download "
                    f"failed ({error}); put {fname} there, or take --weights none for a dry run"
                ) from error
        elif file_hash and _digest(path, file_hash) != file_hash:
            raise UsageError(f"{path} is damaged: its hash is not {file_hash}; move it away")
        return str(path)

    try:
        with downloads_by(get_file):
            yield
    except OSError as error:  # from h5py
        raise UsageError(f"the ImageNet weights for {base} in {folder}: {error}") from error


def _digest(path: Path, like: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "md5" if len(like) == 32 else "sha256").hexdigest()
