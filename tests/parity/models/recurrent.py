"""Recurrent layers: plain, masked, unrolled, backwards, in both directions, stacked, stateful."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import keras
from keras import layers as L

from models.declare import Models, differs, draws
from models.parts import classifier, functional, padded, rng, sequences

MODELS = Models(__name__)

PLAIN: dict[str, Callable[[], list[L.Layer]]] = {
    "simple_rnn": lambda: [L.SimpleRNN(5)],
    "lstm": lambda: [L.LSTM(5)],
    "lstm_unrolled": lambda: [L.LSTM(5, unroll=True)],
    "lstm_backwards": lambda: [L.LSTM(5, go_backwards=True, return_sequences=True)],
    "lstm_regularized": lambda: [
        L.LSTM(5, kernel_regularizer="l2", recurrent_constraint=keras.constraints.MaxNorm(1.0))
    ],
    "gru": lambda: [L.GRU(5)],
    "gru_unrolled": lambda: [L.GRU(5, unroll=True)],
    "gru_reset_before": lambda: [L.GRU(5, reset_after=False)],
    "gru_backwards": lambda: [L.GRU(5, go_backwards=True)],
    "bidirectional_lstm": lambda: [L.Bidirectional(L.LSTM(4, return_sequences=True))],
    "bidirectional_sum": lambda: [L.Bidirectional(L.GRU(4), merge_mode="sum")],
    "bidirectional_two_kinds": lambda: [
        L.Bidirectional(L.LSTM(4), backward_layer=L.GRU(4, go_backwards=True))
    ],
    "rnn_cell": lambda: [L.RNN(L.GRUCell(5))],
    "stacked_cells": lambda: [L.RNN(L.StackedRNNCells([L.LSTMCell(5), L.LSTMCell(4)]))],
    "stacked_kinds": lambda: [L.RNN([L.SimpleRNNCell(5), L.GRUCell(4)], return_sequences=True)],
    "time_distributed_dense": lambda: [L.TimeDistributed(L.Dense(4, "tanh"))],
}
MASKED: dict[str, Callable[[], list[L.Layer]]] = {
    "simple_rnn_masked": lambda: [L.SimpleRNN(5)],
    "lstm_masked": lambda: [L.LSTM(5)],
    "lstm_masked_sequences": lambda: [L.LSTM(5, return_sequences=True), L.GRU(4)],
    "lstm_masked_unrolled": lambda: [L.LSTM(5, unroll=True)],
    "lstm_masked_backwards": lambda: [L.LSTM(5, go_backwards=True)],
    "lstm_masked_zero_output": lambda: [
        L.LSTM(5, zero_output_for_mask=True, return_sequences=True)
    ],
    "gru_masked": lambda: [L.GRU(5)],
    "bidirectional_masked": lambda: [L.Bidirectional(L.LSTM(4, return_sequences=True))],
    "stacked_masked": lambda: [L.RNN(L.StackedRNNCells([L.GRUCell(5), L.LSTMCell(4)]))],
    "time_distributed_masked": lambda: [L.TimeDistributed(L.Dense(4)), L.LSTM(3)],
}


def _plain(body: Callable[[], list[L.Layer]]):
    return classifier(sequences(), body())


def _masked(body: Callable[[], list[L.Layer]]):
    return classifier(padded(), [L.Masking(), *body()])


for name, body in PLAIN.items():
    MODELS.add(name, partial(_plain, body))
for name, body in MASKED.items():
    MODELS.add(name, partial(_masked, body))


@MODELS.agree
def gru_masked_at_the_left():
    return classifier(padded(left=True), [L.Masking(), L.GRU(5)])


@MODELS.agree
def lstm_rows_masked_whole():
    x = padded()
    x[3] = x[40] = 0
    return classifier(x, [L.Masking(), L.Bidirectional(L.LSTM(5))])


@MODELS.expect(differs("layer output", "lstm", "Keras counts the states among no variables: on JAX "
    "they are not carried on"))  # fmt: skip
def lstm_stateful():
    model = keras.Sequential(
        [keras.Input(batch_shape=(32, 7, 4)), L.LSTM(5, stateful=True), L.Dense(3)]
    )
    _, x, y = classifier(sequences(), [])
    model.compile("adam", keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model, x, y


@MODELS.agree
def lstm_initial_state():
    inputs = keras.Input((7, 4))
    _, *state = L.LSTM(5, return_state=True)(inputs)
    hidden = L.LSTM(5)(inputs, initial_state=state)
    return functional(inputs, L.Dense(3)(hidden), sequences())


@MODELS.expect(draws("dropout within a recurrent layer"))
def lstm_dropout():
    return classifier(sequences(), [L.LSTM(5, dropout=0.3, recurrent_dropout=0.2)])


@keras.saving.register_keras_serializable("models")
class LeakyCell(L.Layer):
    """A cell of one's own: a leaky integrator."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = self.state_size = self.output_size = units
        self.inward = L.Dense(units)
        self.across = L.Dense(units, use_bias=False)

    def build(self, shape):
        self.inward.build(shape)
        self.across.build((*shape[:-1], self.units))

    def call(self, inputs, states):
        drive = keras.ops.tanh(self.inward(inputs) + self.across(states[0]))
        state = 0.7 * states[0] + 0.3 * drive
        return state, [state]

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@MODELS.agree
def own_cell():
    return classifier(sequences(), [L.RNN(LeakyCell(5))])


def _conv_lstm(rank: int):
    layer = getattr(L, f"ConvLSTM{rank}D")(2, 3, padding="same")
    x = rng().normal(size=(32, 3, *[4] * rank, 2)).astype("float32")
    return classifier(x, [layer])


for rank in (1, 2, 3):
    MODELS.add(f"conv_lstm_{rank}d", partial(_conv_lstm, rank))


@MODELS.agree
def conv_lstm_2d_strided_sequences():
    x = rng().normal(size=(32, 3, 6, 6, 2)).astype("float32")
    return classifier(x, [L.ConvLSTM2D(2, 3, strides=2, return_sequences=True)])
