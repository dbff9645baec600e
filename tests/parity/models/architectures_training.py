"""Losses from within: add_loss, compute_loss, distillation, contrast; on any backend."""

from __future__ import annotations

import keras
import numpy as np
from keras import layers as L
from keras import ops

from models.declare import ASSIGNED, Models, differs, draws, unjudged
from models.parts import classifier, cross_entropy, functional, images, labels, rng, table

MODELS = Models(__name__)

register = keras.saving.register_keras_serializable("models")


@register
class Sparse(L.Layer):
    """A penalty on what passes, by add_loss."""

    def call(self, x):
        self.add_loss(1e-2 * ops.mean(ops.square(x)))
        return x


@MODELS.agree
def added_loss():
    return classifier(table(), [L.Dense(6, "tanh"), Sparse(), L.Dense(5, "tanh")])


@MODELS.agree
def activity_and_kernel_penalties():
    body = [
        L.Dense(6, "tanh", activity_regularizer="l2", kernel_regularizer=keras.regularizers.L1L2())
    ]
    return classifier(table(), body)


@MODELS.agree
def orthogonal_penalty():
    penalty = keras.regularizers.OrthogonalRegularizer(0.1)
    return classifier(table(), [L.Dense(4, "tanh", kernel_regularizer=penalty)])


@register
class Autoencoder(keras.Model):
    """Its target is its input, by compute_loss; called without y."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encoder, self.decoder = L.Dense(3, "tanh"), L.Dense(6)

    def call(self, x):
        return self.decoder(self.encoder(x))

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return ops.mean(ops.square(x - y_pred)) + sum(self.losses)


@MODELS.agree
def autoencoder_without_targets():
    model = Autoencoder()
    model.compile("adam")
    return model, table(), None


@register
class Sampling(L.Layer):
    """Draw from a normal distribution by a generator of Keras's own."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(7)

    def call(self, inputs):
        mean, log_variance = inputs
        noise = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator)
        return mean + ops.exp(0.5 * log_variance) * noise


@register
class Divergence(L.Layer):
    """The Kullback-Leibler divergence of a VAE, as a loss."""

    def call(self, inputs):
        mean, log_variance = inputs
        each = 1 + log_variance - ops.square(mean) - ops.exp(log_variance)
        self.add_loss(-0.05 * ops.mean(ops.sum(each, axis=1)))
        return mean


def _variational(sample):
    inputs = keras.Input((6,))
    hidden = L.Dense(5, "relu")(inputs)
    mean, log_variance = L.Dense(2)(hidden), L.Dense(2)(hidden)
    mean = Divergence()([mean, log_variance])
    model = keras.Model(inputs, L.Dense(6)(L.Dense(5, "relu")(sample(mean, log_variance))))
    model.compile("adam", "mse")
    return model, table(), table()


MODELS.add(
    "variational_by_add_loss",
    lambda: _variational(lambda mean, log_variance: Sampling()([mean, log_variance])),
    draws("a layer of one's own with a `SeedGenerator`"),
)


@MODELS.agree
def variational_of_the_mean():
    return _variational(lambda mean, log_variance: mean)


@register
class Distiller(keras.Model):
    """A student learns from labels and from a frozen teacher's softened answers."""

    def __init__(self, temperature=3.0, **kwargs):
        super().__init__(**kwargs)
        self.temperature = temperature
        self.teacher = keras.Sequential([L.Dense(12, "relu"), L.Dense(3)])
        self.teacher.trainable = False
        self.student = keras.Sequential([L.Dense(4, "relu"), L.Dense(3)])

    def call(self, x):
        return self.student(x)

    def build(self, shape):
        self.teacher.build(shape)
        self.student.build(shape)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        hard = super().compute_loss(x, y, y_pred, sample_weight, training=training)
        soft = ops.softmax(self.teacher(x, training=False) / self.temperature)
        own = ops.log_softmax(y_pred / self.temperature)
        return 0.3 * hard - 0.7 * ops.mean(ops.sum(soft * own, axis=-1)) * self.temperature**2


@MODELS.agree
def distillation():
    model = Distiller()
    model.compile("adam", cross_entropy(), metrics=["accuracy"])
    return model, table(), labels()


@register
class Contrast(keras.Model):
    """Two views of each row find each other in the batch: SimCLR's loss, by compute_loss."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.encoder = keras.Sequential([L.Dense(6, "tanh"), L.Dense(4), L.UnitNormalization()])

    def call(self, views):
        return self.encoder(views["one"]), self.encoder(views["other"])

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        one, other = y_pred
        scores = ops.matmul(one, ops.transpose(other)) / 0.1
        places = ops.arange(ops.shape(scores)[0])
        both = (scores, ops.transpose(scores))
        return sum(
            ops.mean(ops.sparse_categorical_crossentropy(places, s, from_logits=True)) for s in both
        )


@MODELS.agree
def contrastive():
    model = Contrast()
    model.compile("adam")
    x = table()
    noise = rng(1).normal(size=x.shape).astype("float32")
    return model, {"one": x, "other": x + 0.1 * noise}, None


@register
class Triplets(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.tower = keras.Sequential([L.Conv2D(3, 3, activation="tanh"), L.Flatten(), L.Dense(4)])

    def call(self, inputs):
        anchor, same, other = (self.tower(image) for image in inputs)
        near = ops.sum(ops.square(anchor - same), axis=1)
        far = ops.sum(ops.square(anchor - other), axis=1)
        self.add_loss(ops.mean(ops.softplus(near - far)))
        return ops.stack([near, far], axis=1)


@MODELS.agree
def triplets():
    model = Triplets()
    model.compile("adam")
    x = images(64, 6, 1)
    return model, (x, x + 0.1, np.roll(x, 1, axis=0)), None


@MODELS.agree
def multi_task_with_weights():
    """Three outputs, each with its loss, metrics and rows' weights."""
    inputs = keras.Input((6,))
    hidden = L.Dense(6, "tanh")(inputs)
    outputs = [L.Dense(3, name="kind")(hidden), L.Dense(1, name="value")(hidden)]
    model = keras.Model(inputs, outputs)
    model.compile(
        "adam",
        [cross_entropy(), "mse"],
        loss_weights=[1.0, 0.2],
        weighted_metrics=[["accuracy"], ["mae"]],
    )
    y = [labels(), rng(3).normal(size=(64, 1)).astype("float32")]
    return model, table(), y, [rng(k).uniform(0, 2, 64).astype("float32") for k in (4, 5)]


@MODELS.agree
def auxiliary_output():
    inputs = keras.Input((6,))
    hidden = L.Dense(6, "relu")(inputs)
    outputs = {
        "main": L.Dense(3, name="main")(L.Dense(5, "relu")(hidden)),
        "aux": L.Dense(3, name="aux")(hidden),
    }
    model = keras.Model(inputs, outputs)
    losses = {"main": cross_entropy(), "aux": cross_entropy()}
    model.compile("sgd", losses, loss_weights={"main": 0.9, "aux": 0.1})
    return model, table(50), {"main": labels(50), "aux": labels(50)}


@register
class Physics(keras.Model):
    """A loss with a derivative of the network by finite differences."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.net = keras.Sequential([L.Dense(8, "tanh"), L.Dense(1)])

    def call(self, x):
        return self.net(x)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        slope = (self.net(x + 1e-3) - self.net(x - 1e-3)) / 2e-3
        return ops.mean(ops.square(slope + y_pred)) + ops.mean(ops.square(self.net(0 * x) - 1))


@MODELS.agree
def differential_equation():
    model = Physics()
    model.compile("adam")
    return model, rng().uniform(0, 2, (64, 1)).astype("float32"), None


@MODELS.expect(unjudged("its class is not registered for saving", "G3"))
def unregistered():
    class Net(keras.Model):
        def __init__(self):
            super().__init__()
            self.hidden, self.out = L.Dense(6, "tanh"), L.Dense(3)

        def call(self, x):
            return self.out(self.hidden(x))

    model = Net()
    model.compile("adam", cross_entropy())
    return model, table(), labels()


@register
class Counting(L.Layer):
    """State of one's own that a step changes: a running range."""

    def build(self, shape):
        self.seen = self.add_weight((), "zeros", trainable=False, name="seen")
        self.widest = self.add_weight(shape[-1:], "ones", trainable=False, name="widest")

    def call(self, x, training=False):
        if training:
            self.seen.assign_add(1.0)
            self.widest.assign(ops.maximum(self.widest, ops.max(ops.abs(x), axis=0)))
        return x / ops.stop_gradient(self.widest)


@MODELS.agree
def own_state():
    return classifier(table(), [L.Dense(6), Counting(), L.Dense(5, "tanh")])


@register
class Dividing(Counting):
    """The same, but that it divides by the state it has just assigned."""

    def call(self, x, training=False):
        return super().call(x, training) / self.widest


@MODELS.expect(differs("gradient", "kernel", ASSIGNED))
def own_state_in_the_gradient():
    return classifier(table(), [L.Dense(6), Dividing(), L.Dense(5, "tanh")])


@MODELS.agree
def shared_layer():
    shared, inputs = L.Dense(6, "tanh"), keras.Input((6,))
    hidden = shared(L.LayerNormalization()(shared(inputs)))
    return functional(inputs, L.Dense(3)(hidden), table())


@MODELS.expect(unjudged("a saved Sequential holds a layer that stands in it twice as two", "G3"))
def shared_layer_in_a_stack():
    shared = L.Dense(6, "tanh")
    return classifier(table(), [shared, L.BatchNormalization(), shared])


@MODELS.agree
def nested_models():
    inner = keras.Sequential([keras.Input((6,)), L.Dense(5, "tanh")], name="inner")
    middle = keras.Sequential([inner, L.Dense(4, "relu")], name="middle")
    return classifier(table(), [middle])
