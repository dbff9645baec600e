"""Attention of every kind, with and without masks."""

from __future__ import annotations

import keras
from keras import layers as L
from keras import ops

from models.declare import Models, draws, fails
from models.parts import classifier, functional, images, padded, sequences, tokens

MODELS = Models(__name__)


def _attending(attend, masked: bool = False):
    """A block that attends to itself, as in a transformer."""
    inputs = keras.Input((7, 4))
    hidden = L.Dense(6)(L.Masking()(inputs) if masked else inputs)
    hidden = L.LayerNormalization()(hidden + attend(hidden))
    return functional(
        inputs, L.Dense(3)(L.GlobalAveragePooling1D()(hidden)), padded() if masked else sequences()
    )


FAMILY = {
    "dot": lambda h: L.Attention()([h, h]),
    "dot_scaled": lambda h: L.Attention(use_scale=True)([h, h]),
    "dot_concat": lambda h: L.Attention(score_mode="concat", use_scale=True)([h, h]),
    "dot_causal": lambda h: L.Attention()([h, h], use_causal_mask=True),
    "additive": lambda h: L.AdditiveAttention()([h, h]),
    "additive_unscaled": lambda h: L.AdditiveAttention(use_scale=False)([h, h]),
    "multi_head": lambda h: L.MultiHeadAttention(2, 3)(h, h),
    "multi_head_causal": lambda h: L.MultiHeadAttention(2, 3)(h, h, use_causal_mask=True),
    "multi_head_no_bias": lambda h: L.MultiHeadAttention(3, 2, use_bias=False)(h, h),
    "group_query": lambda h: L.GroupQueryAttention(3, 4, 2)(h, h),
    "group_query_one_key": lambda h: L.GroupQueryAttention(3, 2, 1)(h, h, use_causal_mask=True),
}
for name, attend in FAMILY.items():
    MODELS.add(name, lambda attend=attend: _attending(attend))
for name in ("dot", "additive", "multi_head", "multi_head_causal", "group_query"):
    MODELS.add(f"{name}_masked", lambda attend=FAMILY[name]: _attending(attend, masked=True))


@MODELS.expect(fails("JAX", "`jax.nn.dot_product_attention` takes values of the keys' size only"))
def multi_head_value_size():
    return _attending(lambda h: L.MultiHeadAttention(2, 3, value_dim=5)(h, h))


@MODELS.agree
def multi_head_cross():
    query, value = keras.Input((4, 5)), keras.Input((7, 4))
    hidden = L.MultiHeadAttention(2, 3)(query, L.Dense(5)(value))
    return functional(
        [query, value],
        L.Dense(3)(L.Flatten()(hidden)),
        [sequences(steps=4, columns=5), sequences()],
    )


@MODELS.agree
def multi_head_two_axes():
    inputs = keras.Input((4, 4, 3))
    hidden = L.MultiHeadAttention(2, 3, attention_axes=(1, 2))(inputs, inputs)
    return functional(inputs, L.Dense(3)(L.Flatten()(hidden)), images(size=4))


@MODELS.agree
def multi_head_with_scores():
    inputs = keras.Input((7, 4))
    hidden, scores = L.MultiHeadAttention(2, 3)(inputs, inputs, return_attention_scores=True)
    both = L.Concatenate()([L.Flatten()(hidden), L.Flatten()(scores)])
    return functional(inputs, L.Dense(3)(both), sequences())


@MODELS.agree
def multi_head_explicit_mask():
    inputs = keras.Input((7,), dtype="int32")
    hidden = L.Embedding(9, 4)(inputs)
    mask = ops.expand_dims(ops.not_equal(inputs, 0), 1)
    hidden = L.MultiHeadAttention(2, 3)(hidden, hidden, attention_mask=mask)
    return functional(inputs, L.Dense(3)(L.Flatten()(hidden)), tokens(), "sgd")


@MODELS.expect(draws("dropout of attention scores"))
def multi_head_dropout():
    return _attending(lambda h: L.MultiHeadAttention(2, 3, dropout=0.2)(h, h))


@keras.saving.register_keras_serializable("models")
class HandmadeAttention(L.Layer):
    """One head in keras.ops, with rotary positions."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.query, self.key, self.value = (L.Dense(units, use_bias=False) for _ in range(3))

    def _rotate(self, x):
        half = self.units // 2
        position = ops.arange(x.shape[1], dtype=x.dtype)[:, None]
        rate = ops.power(100.0, -ops.arange(half, dtype=x.dtype) / half)
        angle = position * rate[None, :]
        left, right = ops.split(x, 2, axis=-1)
        turned = (
            left * ops.cos(angle) - right * ops.sin(angle),
            left * ops.sin(angle) + right * ops.cos(angle),
        )
        return ops.concatenate(turned, axis=-1)

    def call(self, x):
        query, key = self._rotate(self.query(x)), self._rotate(self.key(x))
        scores = ops.einsum("bqd,bkd->bqk", query, key) / self.units**0.5
        return ops.matmul(ops.softmax(scores), self.value(x))

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@MODELS.agree
def rotary():
    return classifier(sequences(), [HandmadeAttention(6), L.LayerNormalization()])
