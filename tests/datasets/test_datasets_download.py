"""Downloads: from files served by file URLs, and failing ones; never from a network."""

import dataclasses
import importlib.util
import io
import json
import re
import socket
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import forked
import pytest

from keras3_lab import datasets
from keras3_lab.datasets import download, registry, sources
from keras3_lab.errors import UsageError

pytestmark = pytest.mark.once

every_name = pytest.mark.parametrize("name", datasets.NAMES)


@pytest.fixture
def real_download(monkeypatch):
    """The download itself, in place of the refusal that all other tests get."""
    monkeypatch.setattr(sources, "download_dataset", download.download_dataset)


@pytest.fixture
def served(change_spec, tmp_path, write, real_download):
    """Return a function that makes a data set downloadable from a folder of this test."""

    def serve(name):
        shelf = tmp_path / "shelf"
        write.full(shelf, name)
        digest = datasets.load(name, "full", shelf).sha256
        remotes = []
        for remote in registry.SPECS[name].remotes:
            path = shelf / remote.subfolder / remote.fname
            if remote.extract:
                with tarfile.open(tmp_path / "archive.tar.gz", "w:gz") as archive:
                    archive.add(path / "cifar-10-batches-py", "cifar-10-batches-py")
                path = tmp_path / "archive.tar.gz"
            remotes.append(dataclasses.replace(remote, url=path.as_uri(), file_hash=None))
        change_spec(name, sha256=digest, remotes=tuple(remotes))
        return digest

    return serve


@every_name
def test_download_fills_the_cache_and_is_found_next_time(served, home, capfd, name):
    digest = served(name)
    first = datasets.load(name, "full")
    cache = home / ".keras" / "datasets"
    assert first.sha256 == digest
    assert first.kind == "full"
    assert first.origin.startswith(f"{cache} (downloaded from ")
    second = datasets.load(name, "full")
    assert second.sha256 == digest
    assert second.origin.startswith(str(cache))
    assert "downloaded" not in second.origin
    assert not list(cache.glob(".keras3-lab-*"))
    out, err = capfd.readouterr()
    assert out == ""
    assert "Downloading data from" in err


def test_download_never_replaces_a_file(tmp_path, home):
    fresh, cache = tmp_path / "fresh", tmp_path / "cache"
    for folder, text in ((fresh, "new"), (cache, "the user's")):
        (folder / "sub").mkdir(parents=True)
        (folder / "sub" / "a").write_text(text)
    (fresh / "sub" / "b").write_text("new")
    assert download._keep(fresh, cache)
    assert (cache / "sub" / "a").read_text() == "the user's"
    assert (cache / "sub" / "b").read_text() == "new"


def test_a_new_folder_comes_as_a_whole(tmp_path, home):
    """Another process, which looks meanwhile, must not find a part of it."""
    fresh, cache = tmp_path / "fresh", tmp_path / "cache"
    (fresh / "sub").mkdir(parents=True)
    cache.mkdir()
    (fresh / "sub" / "a").write_text("new")
    number = (fresh / "sub").stat().st_ino
    assert download._keep(fresh, cache)
    assert (cache / "sub").stat().st_ino == number
    assert (cache / "sub" / "a").read_text() == "new"


FETCH = """
import dataclasses, json, os, sys
from keras3_lab import datasets
from keras3_lab.datasets import registry

name, sha256, counts, urls = json.loads(os.environ["FETCH"])
spec = registry.SPECS[name]
remotes = [dataclasses.replace(r, url=u, file_hash=None) for r, u in zip(spec.remotes, urls)]
registry.SPECS[name] = dataclasses.replace(
    spec, n_train=counts[0], n_test=counts[1], sha256=sha256, remotes=tuple(remotes),
    system_folder=None,
)
assert {datasets.load(name, "full").sha256 for _ in range(3)} == {sha256}
"""


@pytest.mark.long
def test_processes_that_fetch_the_same_data_do_not_disturb_each_other(served, home):
    name = "fashion_mnist"
    digest = served(name)
    spec = registry.SPECS[name]
    urls = [remote.url for remote in spec.remotes]
    wanted = json.dumps([name, digest, (spec.n_train, spec.n_test), urls])
    with ThreadPoolExecutor() as threads:
        fetches = [
            threads.submit(forked.python, "-c", FETCH, FETCH=wanted, HOME=str(home))
            for _ in range(2)
        ]
    assert [fetch.result().returncode for fetch in fetches] == [0, 0], fetches[0].result()
    assert datasets.load(name, "full").sha256 == digest
    assert not list((home / ".keras" / "datasets").glob(".keras3-lab-*"))


@pytest.mark.parametrize("kind", ["absolute", "above", "link"])
def test_an_archive_cannot_write_outside_its_folder(
    served, change_spec, tmp_path, home, kind, monkeypatch
):
    """Keras unpacks what it downloads, here one of which no hash is known."""
    served("cifar10")
    (remote,) = registry.SPECS["cifar10"].remotes
    monkeypatch.chdir(tmp_path)
    trap = tmp_path / "trap"
    trap.mkdir()
    with tarfile.open(tmp_path / "archive.tar.gz", "w:gz") as archive:
        name = {"absolute": f"{trap}/file", "above": "../" * 20 + f"{trap}/file"}.get(kind)
        if name is None:
            link = tarfile.TarInfo("link")
            link.type, link.linkname = tarfile.SYMTYPE, str(trap)
            archive.addfile(link)
            name = "link/file"
        member = tarfile.TarInfo(name)
        member.size = 4
        archive.addfile(member, io.BytesIO(b"evil"))
    assert remote.url == (tmp_path / "archive.tar.gz").as_uri()
    with pytest.raises(UsageError, match="download failed"):
        datasets.load("cifar10", "full")
    assert list(trap.iterdir()) == []
    assert not list(home.rglob("data_batch_1"))


def test_download_without_a_cache_is_used_but_not_kept(served, home):
    digest = served("mnist")
    (home / ".keras").mkdir()
    (home / ".keras" / "datasets").write_text("a file where the folder should be")
    data = datasets.load("mnist")
    assert data.sha256 == digest
    assert data.origin.endswith("not kept")


def test_another_file_than_the_original_is_not_kept(served, home, change_spec):
    served("mnist")
    change_spec("mnist", sha256="0" * 64)
    assert "sent other data than the original mnist" in datasets.load("mnist").origin
    assert not list((home / ".keras" / "datasets").iterdir())


def test_a_damaged_download_is_a_failed_one(served, tmp_path, home):
    served("mnist")
    (tmp_path / "shelf" / "mnist.npz").write_bytes(b"<html>log in first</html>")
    data = datasets.load("mnist")
    assert data.kind == "sample"
    assert "sent a damaged file" in data.origin
    assert ".keras3-lab-" not in data.origin
    assert not list((home / ".keras" / "datasets").iterdir())


def test_a_wrong_hash_is_a_failed_download(served, change_spec):
    served("mnist")
    (remote,) = registry.SPECS["mnist"].remotes
    change_spec("mnist", remotes=(dataclasses.replace(remote, file_hash="0" * 64),))
    assert "file hash does not match" in datasets.load("mnist").origin


def from_url(name, url):
    return (dataclasses.replace(registry.SPECS[name].remotes[0], url=url),)


@pytest.fixture
def refuse_connections(monkeypatch, change_spec):
    """Return a function that lets a data set be downloaded from a port that refuses."""
    with socket.socket() as taken:  # a port that was free a moment ago
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    for variable in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(variable, raising=False)
    return lambda name: change_spec(name, remotes=from_url(name, f"http://127.0.0.1:{port}/file"))


@every_name
def test_no_network_gives_the_sample_or_one_clear_line(
    real_download, refuse_connections, home, name
):
    refuse_connections(name)
    start = time.perf_counter()
    data = datasets.load(name)
    assert data.kind == "sample"
    assert "download failed: 127.0.0.1" in data.origin
    assert "refused" in data.origin
    with pytest.raises(UsageError, match=r"download failed: .*refused.*; name a folder") as caught:
        datasets.load(name, "full")
    assert "\n" not in str(caught.value)
    assert time.perf_counter() - start < 5
    assert not (home / ".keras").exists()


def test_a_host_that_never_answers_does_not_hang(
    real_download, refuse_connections, change_spec, monkeypatch
):
    monkeypatch.setattr(download, "TIMEOUT_S", 0.3)
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/mnist.npz"
        change_spec("mnist", remotes=from_url("mnist", url))
        start = time.perf_counter()
        assert "download failed" in datasets.load("mnist").origin
        assert time.perf_counter() - start < 5
    assert socket.getdefaulttimeout() is None


@every_name
def test_addresses_and_hashes_are_those_of_the_installed_keras(name):
    keras = importlib.util.find_spec("keras")  # finds it without importing it
    source = Path(keras.origin).parent.joinpath("src", "datasets", f"{name}.py").read_text()
    for remote in registry.SPECS[name].remotes:
        folder, _, file = remote.url.rpartition("/")
        assert remote.url in source or (f'"{folder}/"' in source and file in source)
        assert f'"{remote.fname}"' in source
        assert set(re.findall("[0-9a-f]{64}", source)) == ({remote.file_hash} - {None})
