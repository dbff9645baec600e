"""Networks for tables, graphs and recommendations, after the examples of keras.io."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L
from keras import ops

from models.declare import Models, unjudged
from models.parts import cross_entropy, functional, labels, rng, table

MODELS = Models(__name__)


def _features():
    """Two numbers and two categories, by name."""
    inputs = {
        "age": keras.Input((1,), name="age"),
        "income": keras.Input((1,), name="income"),
        "job": keras.Input((1,), dtype="int32", name="job"),
        "town": keras.Input((1,), dtype="int32", name="town"),
    }
    x = dict(zip(("age", "income"), table().T[:2, :, None], strict=True))
    x |= {
        name: rng(k).integers(0, 5, (64, 1)).astype("int32")
        for k, name in enumerate(("job", "town"))
    }
    return inputs, x


def _numbers(inputs):
    return L.Concatenate()([inputs["age"], inputs["income"]])


def _embedded(inputs, units: int = 3):
    return [L.Flatten()(L.Embedding(5, units)(inputs[name])) for name in ("job", "town")]


@MODELS.agree
def wide_and_deep():
    inputs, x = _features()
    codes = [L.CategoryEncoding(5, "one_hot")(inputs[name]) for name in ("job", "town")]
    wide = L.BatchNormalization()(L.Concatenate()([_numbers(inputs), *codes]))
    deep = L.Concatenate()([_numbers(inputs), *_embedded(inputs)])
    for units in (6, 4):
        deep = L.ReLU()(L.BatchNormalization()(L.Dense(units)(deep)))
    return functional(inputs, L.Dense(3)(L.Concatenate()([wide, deep])), x, "sgd")


@MODELS.agree
def deep_and_cross():
    inputs, x = _features()
    first = L.Concatenate()([_numbers(inputs), *_embedded(inputs)])
    cross = first
    for _ in range(2):
        cross = first * L.Dense(first.shape[-1])(cross) + cross
    deep = L.Dense(5, "relu")(first)
    return functional(inputs, L.Dense(3)(L.Concatenate()([cross, deep])), x, "sgd")


@MODELS.agree
def tab_transformer():
    inputs, x = _features()
    columns = ops.stack(_embedded(inputs, 4), axis=1)
    columns = columns + L.Embedding(2, 4)(ops.arange(2))
    attended = L.MultiHeadAttention(2, 4)(columns, columns)
    columns = L.LayerNormalization(epsilon=1e-6)(L.Add()([attended, columns]))
    fed = L.Dense(4, "gelu")(columns)
    columns = L.LayerNormalization(epsilon=1e-6)(L.Add()([fed, columns]))
    numbers = L.LayerNormalization(epsilon=1e-6)(_numbers(inputs))
    hidden = L.Dense(6, "selu")(L.Concatenate()([L.Flatten()(columns), numbers]))
    return functional(inputs, L.Dense(3)(hidden), x, keras.optimizers.SGD(0.05, 0.9))


@MODELS.agree
def gated_residual_network():
    inputs = keras.Input((6,))
    x = L.Dense(5)(inputs)
    y = L.Dense(5)(L.Dense(5, "elu")(x))
    y = L.Dense(5)(y) * L.Dense(5, "sigmoid")(y)
    return functional(inputs, L.Dense(3)(L.LayerNormalization()(x + y)), table())


@MODELS.agree
def neural_decision_tree():
    """Soft decisions of depth 2: a product of probabilities on the way to each leaf."""
    inputs = keras.Input((6,))
    right = L.Dense(3, "sigmoid")(inputs)
    left = 1 - right
    leaves = ops.stack(
        [
            left[:, 0] * left[:, 1], left[:, 0] * right[:, 1],
            right[:, 0] * left[:, 2], right[:, 0] * right[:, 2],
        ],
        axis=1,
    )  # fmt: skip
    return functional(inputs, L.Dense(3, use_bias=False)(leaves), table())


@MODELS.agree
def mixture_of_experts():
    inputs = keras.Input((6,))
    gate = L.Dense(3, "softmax")(inputs)
    experts = ops.stack([L.Dense(4, "tanh")(inputs) for _ in range(3)], axis=1)
    mixed = ops.einsum("be,bec->bc", gate, experts)
    return functional(inputs, L.Dense(3)(mixed), table())


@keras.saving.register_keras_serializable("models")
class Recommender(keras.Model):
    """Users and films as vectors with a bias each; subclassed, as in the example."""

    def __init__(self, users, films, units, **kwargs):
        super().__init__(**kwargs)
        self.sizes = (users, films, units)
        self.user = L.Embedding(users, units, embeddings_initializer="he_normal")
        self.film = L.Embedding(films, units, embeddings_initializer="he_normal")
        self.user_bias, self.film_bias = L.Embedding(users, 1), L.Embedding(films, 1)

    def call(self, pairs):
        user, film = pairs[:, 0], pairs[:, 1]
        score = ops.sum(self.user(user) * self.film(film), axis=1, keepdims=True)
        return ops.sigmoid(score + self.user_bias(user) + self.film_bias(film))

    def get_config(self):
        return {
            **super().get_config(),
            **dict(zip(("users", "films", "units"), self.sizes, strict=True)),
        }


@MODELS.agree
def collaborative_filter():
    model = Recommender(8, 12, 3)
    model.compile(keras.optimizers.SGD(0.1), keras.losses.MeanSquaredError())
    pairs = np.stack([rng().integers(0, 8, 64), rng(1).integers(0, 12, 64)], 1).astype("int32")
    return model, pairs, rng(2).uniform(size=(64, 1)).astype("float32")


@MODELS.agree
def two_towers():
    query, candidate = keras.Input((4,)), keras.Input((6,))
    one = L.UnitNormalization()(L.Dense(5)(L.Dense(6, "tanh")(query)))
    other = L.UnitNormalization()(L.Dense(5)(L.Dense(6, "tanh")(candidate)))
    scores = ops.matmul(one, ops.transpose(other)) * 10.0
    model = keras.Model([query, candidate], scores)
    model.compile("adagrad", cross_entropy())
    # Each row's own candidate is the right one among those of its batch of 32.
    y = np.tile(np.arange(32), 2).astype("int32")
    return model, [table(columns=4), table()], y


@keras.saving.register_keras_serializable("models")
class GraphAttention(L.Layer):
    """Attention along the edges of a graph, in keras.ops: softmax by segments."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.states = L.Dense(units, use_bias=False)
        self.score = L.Dense(1)

    def call(self, inputs):
        nodes, edges = inputs
        states = self.states(nodes)
        ends = ops.take_along_axis(states[:, None], edges[..., None], axis=2)
        pairs = ops.concatenate([ends[:, 0], ends[:, 1]], axis=-1)
        scores = ops.exp(ops.clip(ops.leaky_relu(self.score(pairs)), -2, 2))
        target = ops.one_hot(edges[:, 1], nodes.shape[1], dtype=scores.dtype)
        total = ops.einsum("bet,beo->bto", target, scores)
        summed = ops.einsum("bet,bec->btc", target, scores * ends[:, 0])
        return ops.relu(summed / (total + 1e-6))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@MODELS.agree
def graph_attention():
    nodes, edges = keras.Input((5, 4)), keras.Input((2, 8), dtype="int32")
    hidden = GraphAttention(4)([GraphAttention(6)([nodes, edges]), edges])
    x = [rng().normal(size=(64, 5, 4)).astype("float32"), rng(1).integers(0, 5, (64, 2, 8))]
    outputs = L.Dense(3)(L.GlobalAveragePooling1D()(hidden))
    return functional([nodes, edges], outputs, [x[0], x[1].astype("int32")])


@keras.saving.register_keras_serializable("models")
class MessagePassing(keras.Model):
    """One graph, all of whose nodes are in the model; a batch names nodes by number."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second = L.Dense(5, "gelu"), L.Dense(5, "gelu")
        self.out = L.Dense(3)
        self.features = table(20, 4)
        self.edges = rng(5).integers(0, 20, (2, 40))

    def _pass_on(self, states):
        sent = ops.take(states, self.edges[0], axis=0)
        return states + ops.segment_sum(sent, self.edges[1], num_segments=20) / 4

    def call(self, numbers):
        states = self.first(ops.cast(self.features, self.compute_dtype))
        states = self.second(self._pass_on(states))
        return self.out(ops.take(states, numbers[:, 0], axis=0))


@MODELS.expect(unjudged("Keras builds a loaded subclass on floats, which number no nodes", "G3"))
def node_classifier():
    model = MessagePassing()
    model.compile("sgd", cross_entropy(), metrics=["accuracy"])
    return model, rng().integers(0, 20, (64, 1)).astype("int32"), labels()


@MODELS.agree
def ordinal_regression():
    """Cumulative probabilities from one score and ordered thresholds."""
    inputs = keras.Input((6,))
    score, gaps = L.Dense(1)(inputs), L.Dense(2, "softplus")(ops.ones_like(inputs))
    outputs = ops.sigmoid(score - ops.cumsum(gaps, axis=1))
    model = keras.Model(inputs, outputs)
    model.compile("adam", keras.losses.BinaryCrossentropy())
    return model, table(), (labels()[:, None] > np.arange(2)).astype("float32")


@MODELS.agree
def quantile_regression():
    @keras.saving.register_keras_serializable("models")
    def pinball(y, predicted):
        levels = ops.convert_to_tensor([0.1, 0.5, 0.9], dtype=predicted.dtype)
        error = y - predicted
        return ops.mean(ops.maximum(levels * error, (levels - 1) * error), axis=-1)

    inputs = keras.Input((6,))
    model = keras.Model(inputs, L.Dense(3)(L.Dense(5, "swish")(inputs)))
    model.compile("adam", pinball)
    return model, table(), rng(3).normal(size=(64, 1)).astype("float32")


@MODELS.agree
def class_weighted():
    """Rare classes count for more, as weights of rows."""
    inputs = keras.Input((6,))
    model, x, y = functional(inputs, L.Dense(3)(L.Dense(5, "relu")(inputs)), table())
    return model, x, y, np.array([0.5, 1.0, 4.0], "float32")[y]
