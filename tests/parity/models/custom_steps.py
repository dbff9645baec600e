"""Models with a `train_step` of their own, written for each backend as keras.io does."""

from __future__ import annotations

import keras
from keras import layers as L
from keras import ops

from models.declare import Models, draws, unjudged
from models.parts import cross_entropy, labels, table

MODELS = Models(__name__)

ON_JAX = keras.backend.backend() == "jax"
if ON_JAX:
    import jax
elif keras.backend.backend() == "tensorflow":
    import tensorflow as tf

register = keras.saving.register_keras_serializable("models")


class Stepping(keras.Model):
    """A model that computes its loss and metrics by itself: subclasses say how."""

    def own_loss(self, x, y):
        """Return the loss of a batch, and what the metrics are told."""
        raise NotImplementedError  # abstract: each model below has its own

    def tell(self, loss):
        """Update the metrics."""
        self.loss_metric.update_state(loss)

    @property
    def metrics(self):
        return [self.loss_metric]

    if ON_JAX:

        def _stateless_loss(self, trainable, other, x, y):
            mapping = [
                *zip(self.trainable_variables, trainable, strict=True),
                *zip(self.non_trainable_variables, other, strict=True),
            ]
            with keras.StatelessScope(state_mapping=mapping) as scope:
                loss, parts = self.own_loss(x, y)
            other = [
                old if (new := scope.get_current_value(variable)) is None else new
                for variable, old in zip(self.non_trainable_variables, other, strict=True)
            ]
            return loss, (parts, other)

        def train_step(self, state, data):
            trainable, other, slots, metrics = state
            x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
            with_gradient = jax.value_and_grad(self._stateless_loss, has_aux=True)
            (_, (parts, other)), gradients = with_gradient(trainable, other, x, y)
            trainable, slots = self.optimizer.stateless_apply(slots, gradients, trainable)
            mapping = list(zip(self.metrics_variables, metrics, strict=True))
            with keras.StatelessScope(state_mapping=mapping) as scope:
                self.tell(parts)
                logs = {metric.name: metric.result() for metric in self.metrics}
            metrics = [
                old if (new := scope.get_current_value(variable)) is None else new
                for variable, old in mapping
            ]
            return logs, (trainable, other, slots, metrics)

        def test_step(self, state, data):
            trainable, other, metrics = state
            x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
            _, (parts, other) = self._stateless_loss(trainable, other, x, y)
            mapping = list(zip(self.metrics_variables, metrics, strict=True))
            with keras.StatelessScope(state_mapping=mapping) as scope:
                self.tell(parts)
                logs = {metric.name: metric.result() for metric in self.metrics}
            metrics = [
                old if (new := scope.get_current_value(variable)) is None else new
                for variable, old in mapping
            ]
            return logs, (trainable, other, metrics)

    else:

        def train_step(self, data):
            x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
            with tf.GradientTape() as tape:
                loss, parts = self.own_loss(x, y)
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply(gradients, self.trainable_variables)
            self.tell(parts)
            return {metric.name: metric.result() for metric in self.metrics}

        def test_step(self, data):
            x, y, _ = keras.utils.unpack_x_y_sample_weight(data)
            self.tell(self.own_loss(x, y)[1])
            return {metric.name: metric.result() for metric in self.metrics}


@register
class Regression(Stepping):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.hidden, self.out = L.Dense(5, "tanh"), L.Dense(1)
        self.loss_metric = keras.metrics.Mean(name="loss")

    def call(self, x):
        return self.out(self.hidden(x))

    def own_loss(self, x, y):
        loss = ops.mean(ops.square(self(x, training=True) - y))
        return loss, loss


@MODELS.agree
def regression():
    model = Regression()
    model.compile("adam")
    return model, table(), table()[:, :1]


@register
class Variational(Stepping):
    """A VAE; `noise` is 0 where nothing is drawn, so that backends can be compared."""

    def __init__(self, noise=1.0, **kwargs):
        super().__init__(**kwargs)
        self.noise = noise
        self.encoder = keras.Sequential([L.Dense(6, "relu"), L.Dense(4)])
        self.decoder = keras.Sequential([L.Dense(6, "relu"), L.Dense(6)])
        self.seed_generator = keras.random.SeedGenerator(7)
        self.loss_metric = keras.metrics.Mean(name="loss")
        self.reconstruction = keras.metrics.Mean(name="reconstruction")

    @property
    def metrics(self):
        return [self.loss_metric, self.reconstruction]

    def tell(self, parts):
        self.loss_metric.update_state(parts[0])
        self.reconstruction.update_state(parts[1])

    def call(self, x):
        return self._pass(x)[0]

    def _pass(self, x):
        mean, log_variance = ops.split(self.encoder(x), 2, axis=-1)
        code = mean
        if self.noise:
            drawn = keras.random.normal(ops.shape(mean), dtype=mean.dtype, seed=self.seed_generator)
            code = mean + self.noise * drawn * ops.exp(0.5 * log_variance)
        return self.decoder(code), mean, log_variance

    def own_loss(self, x, y):
        decoded, mean, log_variance = self._pass(x)
        error = ops.mean(ops.sum(ops.square(x - decoded), axis=1))
        each = 1 + log_variance - ops.square(mean) - ops.exp(log_variance)
        loss = error - 0.5 * ops.mean(ops.sum(each, axis=1))
        return loss, (loss, error)

    def get_config(self):
        return {**super().get_config(), "noise": self.noise}


def _vae(noise: float):
    model = Variational(noise)
    model.compile("adam")
    return model, table(), None


MODELS.add("vae", lambda: _vae(1.0), draws("the model's own `SeedGenerator`"))
MODELS.add("vae_without_noise", lambda: _vae(0.0))


@register
class Adversarial(Stepping):
    """A GAN in one step: each of its networks has an optimizer within a `MultiOptimizer`.

    A network's gradient is stopped in the loss of the other. Noise is the model's input.
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.generator = keras.Sequential([L.Dense(6, "relu"), L.Dense(4)], name="generator")
        self.critic = keras.Sequential([L.Dense(6, "tanh"), L.Dense(1)], name="critic")
        self.loss_metric = keras.metrics.Mean(name="loss")

    def call(self, inputs):
        noise, real = inputs
        return self.critic(self.generator(noise)), self.critic(real)

    def _critic_frozen(self, fake):
        first, last = self.critic.layers
        hidden = ops.tanh(
            ops.matmul(fake, ops.stop_gradient(first.kernel)) + ops.stop_gradient(first.bias)
        )
        return ops.matmul(hidden, ops.stop_gradient(last.kernel)) + ops.stop_gradient(last.bias)

    def own_loss(self, x, y):
        noise, real = x
        fake = self.generator(noise)
        fooled = ops.mean(ops.softplus(-self._critic_frozen(fake)))
        found = ops.mean(ops.softplus(self.critic(ops.stop_gradient(fake))))
        known = ops.mean(ops.softplus(-self.critic(real)))
        loss = fooled + found + known
        return loss, loss


@MODELS.agree
def gan():
    model = Adversarial()
    optimizers = keras.optimizers.OptimizerMap(
        keras.optimizers.Adam(0.01), {".*generator.*": keras.optimizers.RMSprop(0.005)}
    )
    model.compile(keras.optimizers.MultiOptimizer(optimizers))
    return model, [table(columns=3), table(columns=4)], None


@register
class Adversary(Stepping):
    """Adversarial training: the loss of rows moved along the sign of their own difference."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.net = keras.Sequential([L.Dense(5, "tanh"), L.Dense(3)])
        self.loss_metric = keras.metrics.Mean(name="loss")
        self.accuracy = keras.metrics.SparseCategoricalAccuracy(name="accuracy")

    @property
    def metrics(self):
        return [self.loss_metric, self.accuracy]

    def tell(self, parts):
        loss, y, y_pred = parts
        self.loss_metric.update_state(loss)
        self.accuracy.update_state(y, y_pred)

    def call(self, x):
        return self.net(x)

    def own_loss(self, x, y):
        y_pred = self.net(x)
        moved = self.net(x + 0.05 * ops.tanh(ops.roll(x, 1, axis=0) - x))
        loss = ops.mean(
            ops.sparse_categorical_crossentropy(y, y_pred, from_logits=True)
            + ops.sparse_categorical_crossentropy(y, moved, from_logits=True)
        )
        return loss, (loss, y, y_pred)


@MODELS.agree
def adversarial_rows():
    model = Adversary()
    model.compile("sgd")
    return model, table(), labels()


@MODELS.expect(unjudged("its class is not registered for saving", "G3"))
def unregistered_step():
    class Own(Regression):
        pass

    model = Own()
    model.compile("sgd", cross_entropy())
    return model, table(), table()[:, :1]
