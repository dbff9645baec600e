"""The graph of a model's layers."""

from __future__ import annotations

import re

import keras

from keras3_lab import recipes
from keras3_lab.runs import graph


def test_a_sequential_model_is_a_chain() -> None:
    model = keras.Sequential(
        [keras.Input((4, 4)), keras.layers.Flatten(), keras.layers.Dense(3, name="last")]
    )
    nodes = graph.nodes_of(model)
    assert [(node.title, node.detail) for node in nodes.values()] == [
        ("Input", "4 × 4"), ("Flatten", "16"), ("Dense", "3, 51 weights"),
    ]  # fmt: skip
    places = list(nodes)
    assert [node.inputs for node in nodes.values()] == [(), (places[0],), (places[1],)]
    svg = graph.draw(nodes)
    assert (svg.count("<rect"), svg.count("<path")) == (3, 2)
    assert "<title>last</title>" in svg


def test_paths_join_and_a_shared_layer_is_applied_twice() -> None:
    wide, deep = keras.Input((2,), name="wide"), keras.Input((3,), name="deep")
    shared = keras.layers.Activation("relu", name="shared")
    x = shared(keras.layers.Dense(5, name="one")(deep))
    x = shared(keras.layers.Dense(5, name="two")(x))
    joined = keras.layers.Concatenate(name="join")([wide, x])
    nodes = graph.nodes_of(keras.Model([wide, deep], joined))
    assert nodes["join", 0].inputs == (("wide", 0), ("shared", 1))
    assert nodes["two", 0].inputs == (("shared", 0),)
    assert nodes["shared", 1].inputs == (("two", 0),)
    assert nodes["shared", 1].detail == "5, again"
    svg = graph.draw(nodes)
    # A layer stands below all that it takes its inputs from.
    heights = {
        name: float(y)
        for name, y in re.findall(r"<title>(\w+)</title><rect x=\"[-\d.]+\" y=\"([-\d.]+)\"", svg)
    }
    assert heights["join"] > heights["shared"] > heights["deep"] == heights["wide"]
    assert svg.count("<path") == 6


def test_a_function_of_keras_ops_is_a_box_too() -> None:
    inputs = keras.Input((3,), name="inputs")
    nodes = graph.nodes_of(keras.Model(inputs, keras.layers.Dense(2)(inputs[:, :2] * 2)))
    assert [node.title for node in nodes.values()] == ["Input", "GetItem", "Multiply", "Dense"]


def test_the_notes_shared_normalization_shows() -> None:
    model = recipes.get("fmnist/batch-norm").variant("as-noted").model()
    nodes = graph.nodes_of(model)
    titles = [node.title for (_, index), node in nodes.items() if index]
    assert titles == ["BatchNormalization"]


def test_a_subclassed_model_has_none() -> None:
    model = recipes.get("mnist/api-styles").trials()["Subclassing"].model()
    assert graph.nodes_of(model) == {}
