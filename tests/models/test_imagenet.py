"""Where ImageNet weights come from, and whose files they are."""

from __future__ import annotations

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group  # noqa: TID251
from keras.src.utils import file_utils  # noqa: TID251

from keras3_lab import models
from keras3_lab.datasets.download import DownloadError
from keras3_lab.errors import UsageError
from keras3_lab.models import imagenet
from keras3_lab.models.imagenet import weights_from_cache
from keras3_lab.portable import initialize

FILE = "mobilenet_2_5_224_tf_no_top.h5"


@pytest.fixture(scope="module")
def model() -> keras.Model:
    made = models.transfer("MobileNet", size=32)
    initialize(made, seed=1)
    return made


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder of weights, and no network."""

    def refuse(remote, folder):
        raise DownloadError("no network here")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(imagenet, "download_file", refuse)
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


def test_weights_come_from_the_keras_home(model, cache) -> None:
    donor = keras.applications.MobileNet(
        include_top=False, weights=None, alpha=0.25, input_shape=(224, 224, 3)
    )
    initialize(donor, seed=9)
    with h5py.File(cache / FILE, "w") as file:
        save_weights_to_hdf5_group(file, donor)
    before = (cache / FILE).read_bytes()
    head = model.get_weights()[-2:]
    models.load_imagenet(model, "MobileNet")
    expected = [*donor.get_weights(), *head]
    for one, other in zip(model.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(one, other)
    assert (cache / FILE).read_bytes() == before


def test_weights_that_are_not_there_are_one_clear_line(model, cache) -> None:
    with pytest.raises(UsageError, match="no ImageNet weights for MobileNet: ") as error:
        models.load_imagenet(model, "MobileNet")
    assert f"put {FILE} there, or take --weights none for a dry run" in str(error.value)
    assert "no network here" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_damaged_file_of_weights_is_named_and_kept(model, cache) -> None:
    (cache / FILE).write_bytes(b"not HDF5")
    with pytest.raises(UsageError, match="the ImageNet weights for MobileNet in "):
        models.load_imagenet(model, "MobileNet")
    assert (cache / FILE).read_bytes() == b"not HDF5"
    (cache / "resnet.h5").write_bytes(b"another")
    with (
        pytest.raises(UsageError, match=r"resnet.h5 is damaged: its hash is not 00"),
        weights_from_cache("ResNet50"),
    ):
        file_utils.get_file("resnet.h5", "https://example.invalid/resnet.h5", file_hash="0" * 32)
    assert (cache / "resnet.h5").read_bytes() == b"another"
