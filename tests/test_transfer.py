"""Transfer learning: what is frozen, where the weights come from, and whose files they are."""

from __future__ import annotations

from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest
from keras.src.legacy.saving.legacy_h5_format import save_weights_to_hdf5_group  # noqa: TID251
from keras.src.utils import file_utils  # noqa: TID251

import keras3_lab
from keras3_lab import layers, models, recipes
from keras3_lab.datasets.download import DownloadError
from keras3_lab.engine import frozen, predict
from keras3_lab.errors import UsageError
from keras3_lab.models import imagenet
from keras3_lab.models.imagenet import weights_from_cache
from keras3_lab.portable import initialize

TINY = {"base": "MobileNet", "weights": "none", "size": "32"}
FILE = "mobilenet_2_5_224_tf_no_top.h5"


@pytest.fixture(scope="module")
def model() -> keras.Model:
    made = models.transfer("MobileNet", size=32)
    initialize(made, seed=1)
    return made


def enliven(model: keras.Model) -> None:
    """Scale random weights up, so that something arrives at the top without normalization."""
    for variable in model.trainable_variables[:-2]:
        if "kernel" in variable.path:
            variable.assign(2.5 * variable)


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """An empty folder of weights, and no network."""

    def refuse(remote, folder):
        raise DownloadError("no network here")

    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(imagenet, "download_file", refuse)
    (tmp_path / "models").mkdir()
    return tmp_path / "models"


@pytest.mark.parametrize("size", [64, 48, 20, 33])
def test_resize_is_bilinear(size: int) -> None:
    images = np.random.default_rng(1).uniform(0, 255, (2, 32, 24, 3)).astype("float32")
    expected = keras.layers.Resizing(size, size)(images)
    np.testing.assert_allclose(layers.Resize(size)(images), expected, atol=2e-3)


def test_resize_is_exact_in_float64(really_float64) -> None:
    ramp = np.arange(4.0).reshape(1, 1, 4, 1).repeat(4, axis=1)
    row = np.asarray(layers.Resize(8)(ramp))[0, 3, :, 0]
    np.testing.assert_allclose(row, [0, 0.25, 0.75, 1.25, 1.75, 2.25, 2.75, 3], rtol=1e-15)


def test_preprocessing_is_the_bases_own() -> None:
    pixels = np.random.default_rng(1).uniform(0, 255, (2, 32, 32, 3)).astype("float32")
    for base, module in (
        ("MobileNet", keras.applications.mobilenet),
        ("VGG16", keras.applications.vgg16),
    ):
        built = models.transfer(base, size=32)
        first = next(layer for layer in built.layers if layer.weights)
        before = keras.Model(built.inputs, first.input)
        expected = module.preprocess_input(pixels.copy())
        np.testing.assert_allclose(before(pixels), expected, rtol=1e-5, atol=1e-4)


def test_the_border_lies_below_all_that_is_trained(model) -> None:
    models.train_top(model, 0)
    assert frozen.border(model).shape == (None, 256)
    assert [v.path.split("/")[-1] for v in model.trainable_variables] == ["kernel", "bias"]
    models.train_top(model, 1 / 3)
    border = frozen.border(model)
    top = frozen.above(model, border)
    assert len(top.trainable_variables) == len(model.trainable_variables) > 2
    assert len(top.layers) < len(model.layers)
    for layer in model.layers:
        assert not (isinstance(layer, keras.layers.BatchNormalization) and layer.trainable)


def test_the_border_is_where_nothing_passes_it_by() -> None:
    inputs = keras.Input((4,))
    x = keras.layers.Dense(4, name="cut")(inputs)
    y = keras.layers.Dense(4, name="beside")(x)
    outputs = keras.layers.Dense(2)(keras.layers.Add()([x, y]))
    skipping = keras.Model(inputs, outputs)
    for layer in skipping.layers:
        layer.trainable = layer.name not in (inputs._keras_history.operation.name, "cut", "beside")
    assert frozen.border(skipping) is x
    for layer in skipping.layers:
        layer.trainable = True
    assert frozen.border(skipping) is skipping.inputs[0]


def test_features_make_the_same_predictions(model, tmp_path, monkeypatch) -> None:
    models.train_top(model, 1 / 3)
    border = frozen.border(model)
    images = np.random.default_rng(1).integers(0, 256, (70, 32, 32, 3)).astype("uint8")
    expected = predict(model, images, verbose=0)
    monkeypatch.setattr(frozen, "CHUNK_STEPS", 2)
    for memory in (2**30, 1):  # in memory, in a file
        monkeypatch.setattr(frozen, "MEMORY", memory)
        done: list[int] = []
        (found,) = frozen.features(model, [border], images, 16, tmp_path, done.append)
        assert isinstance(found, np.memmap) == (memory == 1)
        assert done == [32, 64, 70]
        ours = predict(frozen.above(model, border), found, verbose=0)
        np.testing.assert_allclose(ours, expected, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
def test_stages_train_what_they_say(tmp_path) -> None:
    recipe = recipes.get("cifar10/transfer").with_options(TINY)
    recipe = replace(recipe, pretrained=enliven)
    run = keras3_lab.run(
        recipe, epochs=1, data="sample", fraction=0.05, seed=1, batch_size=40, out=tmp_path
    )
    _, parts = recipe.data(source="sample", fraction=0.05)
    start = recipe.trials()["head"].build(parts, seed=1)
    models.train_top(start, 1 / 3)
    trained = {id(variable) for variable in start.trainable_variables}
    moved = [
        (id(one) in trained, not np.array_equal(one, other))
        for one, other in zip(start.weights, run.model.weights, strict=True)
    ]
    assert (True, True) in moved[:-2]
    assert all(is_trained == has_moved for is_trained, has_moved in moved)
    assert list(run.record["stages"]) == ["head", "top third"]
    assert len(run.record["history"]["loss"]) == 2
    assert run.record["options"] == TINY
    assert [path.name for path in run.folder.iterdir() if path.is_dir()] == []


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


@pytest.mark.parametrize(
    ("base", "size", "message"),
    [
        ("MobilNetV2", 32, "unknown base 'MobilNetV2'; did you mean 'MobileNetV2'?"),
        ("xyz", 32, "unknown base 'xyz'; known: ConvNeXtBase, "),
        pytest.param("InceptionV3", 32, "base InceptionV3 at size 32: ", marks=pytest.mark.slow),
    ],
)
def test_a_base_that_cannot_be_is_named(base: str, size: int, message: str) -> None:
    with pytest.raises(UsageError) as error:
        models.transfer(base, size)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
