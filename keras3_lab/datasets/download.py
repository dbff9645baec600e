"""Download of a data set through Keras, without risk to the user's files."""

import contextlib
import os
import queue
import socket
import sys
import tempfile
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from keras3_lab.datasets import files
from keras3_lab.datasets._dataset import Arrays
from keras3_lab.datasets.registry import get_spec
from keras3_lab.datasets.specs import Remote
from keras3_lab.errors import UsageError

TIMEOUT_S = 10.0


class DownloadError(Exception):
    """No download, for the reason in the message."""


def download_dataset(name: str, cache: Path) -> tuple[Arrays, str, str]:
    """Download a data set into the Keras cache.

    `keras.utils.get_file` deletes a file whose hash it does not know. It therefore sees only a
    fresh temporary folder; finished and checked files then go to the cache by hard link, which
    never replaces a file. Without network it gives up within `TIMEOUT_S` seconds, before
    importing Keras. Progress goes to standard error.

    Args:
        name: One of `NAMES`.
        cache: The `datasets` folder of the Keras cache.

    Returns:
        The four arrays, the digest of their content, and their origin.

    Raises:
        DownloadError: If it failed; the message says why in one line.

    Example:
    ```python
    from pathlib import Path
    from keras3_lab.datasets.download import DownloadError, download_dataset

    try:
        arrays, sha256, origin = download_dataset("mnist", Path.home() / ".keras" / "datasets")
    except DownloadError as err:
        print(err)
    ```
    """
    spec = get_spec(name)
    host = _probe(spec.remotes[0])
    with tempfile.TemporaryDirectory(prefix=".keras3-lab-", dir=_writable(cache)) as scratch:
        fresh = Path(scratch, "datasets")
        try:
            with _socket_timeout(TIMEOUT_S), contextlib.redirect_stdout(sys.stderr):
                _fetch(spec.remotes, scratch)
            copy = files.find(name, fresh)
            if copy is None:
                raise DownloadError(f"{host} sent other files than expected")
            arrays, sha256 = files.read(copy)
        except UsageError as err:
            raise DownloadError(f"{host} sent a damaged file: {err}".replace(scratch, "")) from None
        except Exception as err:  # get_file raises plain Exceptions
            raise DownloadError(" ".join(str(err).split())) from None
        if sha256 != spec.sha256:
            raise DownloadError(f"{host} sent other data than the original {name}")
        kept = _keep(fresh, cache)
    origin = f"{cache} (downloaded from {host})" if kept else f"downloaded from {host}, not kept"
    return arrays, sha256, origin


def download_file(remote: Remote, folder: Path) -> None:
    """Download one file into a folder, as carefully as `download` does.

    Args:
        remote: The file; it is not unpacked.
        folder: Where to put it; nothing there is replaced.

    Raises:
        DownloadError: If it failed; the message says why in one line.
    """
    _probe(remote)
    if _writable(folder) is None:
        raise DownloadError(f"{folder} cannot be written")
    with tempfile.TemporaryDirectory(prefix=".keras3-lab-", dir=folder) as scratch:
        try:
            with _socket_timeout(TIMEOUT_S), contextlib.redirect_stdout(sys.stderr):
                _fetch((remote,), scratch)
        except Exception as err:  # get_file raises plain Exceptions
            raise DownloadError(" ".join(str(err).split())) from None
        if not _keep(Path(scratch, "datasets"), folder):
            raise DownloadError(f"{folder} cannot be written")


def _probe(remote: Remote) -> str:
    """Return the name of the host; raise `DownloadError` unless it answers soon."""
    host = urllib.parse.urlsplit(remote.url).netloc
    answer: queue.SimpleQueue[Exception | None] = queue.SimpleQueue()

    def ask() -> None:
        try:
            request = urllib.request.Request(remote.url, method="HEAD")  # noqa: S310  # what Keras names
            urllib.request.urlopen(request, timeout=TIMEOUT_S).close()  # noqa: S310
            answer.put(None)
        except Exception as err:
            answer.put(err)

    # In a thread: the timeout of a socket counts per address and not at all for the name
    # look-up, so a silent network could hold the caller for minutes.
    threading.Thread(target=ask, daemon=True).start()
    try:
        failure = answer.get(timeout=TIMEOUT_S)
    except queue.Empty:
        raise DownloadError(f"no answer from {host} within {TIMEOUT_S:g} s") from None
    if failure is not None:
        reason = getattr(failure, "reason", None) or failure
        raise DownloadError(f"{host}: {reason}")
    return host


def _fetch(remotes: tuple[Remote, ...], folder: str) -> None:
    import keras

    for remote in remotes:
        keras.utils.get_file(
            remote.fname,
            origin=remote.url,
            file_hash=remote.file_hash,
            extract=remote.extract,
            cache_dir=folder,
            cache_subdir=os.path.join("datasets", remote.subfolder),  # noqa: PTH118
        )


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    # get_file takes no timeout of its own.
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def _writable(cache: Path) -> Path | None:
    # Hard links need the same file system; where the cache cannot be written, the system's
    # temporary folder will do, and nothing is kept.
    try:
        cache.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return cache if os.access(cache, os.W_OK) else None


def _keep(fresh: Path, cache: Path) -> bool:
    """Put new files into the cache; whether all are there now.

    A folder comes as a whole, so that another process never finds a part of a data set; where it is
    there already, what it lacks is added.
    """
    try:
        for path in fresh.iterdir():
            if path.is_dir():
                with contextlib.suppress(OSError):
                    path.rename(cache / path.name)
        for path in fresh.rglob("*"):
            target = cache / path.relative_to(fresh)
            if path.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.suppress(FileExistsError):
                    os.link(path, target)
    except OSError:
        return False
    return True
