"""Fashion-MNIST: from softmax regression to a network that knows when to stop (notes N0, N1)."""

from __future__ import annotations

from dataclasses import replace

from keras3_lab.lazy import callbacks, findings, keras, losses, models, schedules
from keras3_lab.recipes import Figures, Recipe
from keras3_lab.splits import raw_images, scaled_images, stratified_images

METRICS_LIST = (
    "The notes pass `metrics='accuracy'` and `input_shape=` on a layer; Keras 3 wants a list, "
    "`metrics=['accuracy']`, and a `keras.Input`."
)
DEFAULT_RMSPROP = (
    "The notes name no optimizer; `compile` then takes `rmsprop`, which is spelled out here."
)
H5 = (
    "The notes save to `.h5`, a legacy format: in Keras 3 a whole model is a `.keras` file and "
    "weights alone are `.weights.h5`; other endings are errors."
)

SGD_CLASSIFIER = Recipe(
    name="fmnist/sgd-classifier",
    title="scikit-learn's SGDClassifier as baseline, cross-validated",
    source="N1 7-1",
    dataset="fashion_mnist",
    split=scaled_images,
    findings=lambda outcome: findings.sgd_classifier(outcome),
    figures=Figures(metrics={"mean_accuracy": 0.84185}),
    remarks=("No Keras here: what a linear model without a neural network reaches.",),
)

SOFTMAX_REGRESSION = Recipe(
    name="fmnist/softmax-regression",
    title="Softmax regression: one dense layer of 10",
    source="N1 7-1",
    dataset="fashion_mnist",
    split=scaled_images,
    model=lambda: models.mlp(),
    optimizer=lambda steps: keras.optimizers.RMSprop(),
    loss=lambda: losses.SparseCategoricalCrossentropy(),
    epochs=5,
    figures=Figures(
        metrics={"loss": 0.4356, "accuracy": 0.8560, "val_loss": 0.4598, "val_accuracy": 0.8460},
        history={
            "loss": [0.6080, 0.4785, 0.4565, 0.4435, 0.4356],
            "accuracy": [0.7947, 0.8386, 0.8477, 0.8535, 0.8560],
        },
    ),
    remarks=(METRICS_LIST, DEFAULT_RMSPROP),
)

SIGMOID_MLP = replace(
    SOFTMAX_REGRESSION,
    name="fmnist/sigmoid-mlp",
    title="One hidden layer of 100 sigmoid units, built in three ways",
    source="N1 7-2",
    arms={
        "named layers": {"model": lambda: models.sigmoid_mlp("named layers")},
        "layer objects": {"model": lambda: models.sigmoid_mlp("layer objects")},
        "add()": {"model": lambda: models.sigmoid_mlp("add")},
    },
    findings=lambda outcome: findings.same_numbers(outcome),
    figures=Figures(
        metrics={"loss": 0.3344, "accuracy": 0.8782},
        history={
            "loss": [0.5710, 0.4132, 0.3776, 0.3530, 0.3344],
            "accuracy": [0.8064, 0.8509, 0.8646, 0.8732, 0.8782],
        },
    ),
    remarks=(
        METRICS_LIST,
        DEFAULT_RMSPROP,
        "The notes name the model '패션 MNIST 모델'. Keras 3 takes any name on JAX; on TensorFlow "
        "such a model can be made but not trained: its name becomes a scope of the graph, and must "
        "be of ASCII letters, digits and _ . - without spaces.",
    ),
)

RELU_MLP = replace(
    SOFTMAX_REGRESSION,
    name="fmnist/relu-mlp",
    title="One hidden layer of 100 relu units",
    source="N1 7-2",
    model=lambda: models.mlp(hidden=(100,)),
    figures=Figures(
        metrics={"loss": 0.3141, "accuracy": 0.8867, "val_loss": 0.3683, "val_accuracy": 0.8726},
        history={
            "loss": [0.5290, 0.3920, 0.3525, 0.3301, 0.3141],
            "accuracy": [0.8113, 0.8576, 0.8726, 0.8821, 0.8867],
        },
    ),
)

OPTIMIZERS = replace(
    RELU_MLP,
    name="fmnist/optimizers",
    title="The relu network under seven optimizers",
    source="N1 7-2, N3",
    arms={
        # N1's, Adam first: the notes print its figures.
        "Adam": {"optimizer": lambda steps: keras.optimizers.Adam()},
        "SGD": {"optimizer": lambda steps: keras.optimizers.SGD()},
        "SGD(0.1)": {"optimizer": lambda steps: keras.optimizers.SGD(0.1)},
        "SGD(Nesterov 0.9)": {
            "optimizer": lambda steps: keras.optimizers.SGD(momentum=0.9, nesterov=True)
        },
        "Adagrad": {"optimizer": lambda steps: keras.optimizers.Adagrad()},
        "RMSprop": {"optimizer": lambda steps: keras.optimizers.RMSprop()},
        # N3's. Its RMSprop(.001, rho .9) and Adam(.001, .9, .999) are the defaults above.
        "SGD(0.001, Nesterov 0.9)": {
            "optimizer": lambda steps: keras.optimizers.SGD(0.001, momentum=0.9, nesterov=True)
        },
    },
    figures=Figures(
        metrics={"loss": 0.3087, "accuracy": 0.8856, "val_loss": 0.3526, "val_accuracy": 0.8733},
        history={
            "loss": [0.5263, 0.3970, 0.3556, 0.3277, 0.3087],
            "accuracy": [0.8157, 0.8580, 0.8701, 0.8802, 0.8856],
        },
    ),
    remarks=(
        METRICS_LIST,
        "N3's Adagrad(0.001), RMSprop(0.001, rho 0.9) and Adam(0.001, 0.9, 0.999) are Keras's "
        "defaults, so they are trained once.",
    ),
)

LOSS_CURVES = replace(
    RELU_MLP,
    name="fmnist/loss-curves",
    title="How long to train: RMSprop and Adam over 20 epochs",
    source="N1 7-3",
    arms={
        "RMSprop, 20 epochs": {"epochs": 20},
        "RMSprop, 5 epochs": {"epochs": 5},
        "Adam, 20 epochs": {"epochs": 20, "optimizer": lambda steps: keras.optimizers.Adam()},
    },
    figures=Figures(),
    remarks=(
        METRICS_LIST,
        "The notes train RMSprop over 20 epochs once without and once with validation; validation "
        "changes nothing of the training, so it is done once.",
        "Training loss falls on while validation loss turns up: the network overfits.",
    ),
)

DROPOUT = replace(
    RELU_MLP,
    name="fmnist/dropout",
    title="The relu network with dropout 0.3 before the output, 20 epochs",
    source="N1 7-3",
    model=lambda: models.mlp(hidden=(100,), dropout=0.3),
    optimizer=lambda steps: keras.optimizers.Adam(),
    epochs=20,
    figures=Figures(),
    remarks=(METRICS_LIST, "The notes show the loss curves only, no figure."),
)

SAVE_RESTORE = replace(
    DROPOUT,
    name="fmnist/save-restore",
    title="Save weights, save the whole model, and get back the same one",
    epochs=10,
    findings=lambda outcome: findings.save_restore(outcome),
    figures=Figures(metrics={"val_loss": 0.3388, "val_accuracy": 0.8775}),
    remarks=(METRICS_LIST, H5),
)

CHECKPOINT = replace(
    DROPOUT,
    name="fmnist/checkpoint",
    title="Keep the best epoch's model while training goes on",
    callbacks=lambda folder: [
        callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True)
    ],
    findings=lambda outcome: findings.checkpoint(outcome),
    figures=Figures(metrics={"best_val_loss": 0.3154, "best_val_accuracy": 0.8878}),
    remarks=(METRICS_LIST, H5),
)

EARLY_STOPPING = replace(
    DROPOUT,
    name="fmnist/early-stopping",
    title="Dropout, stopped when the validation loss rises, best epoch restored",
    callbacks=lambda folder: [
        callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True),
        keras.callbacks.EarlyStopping(patience=2, restore_best_weights=True),
    ],
    figures=Figures(metrics={"val_loss": 0.3166, "val_accuracy": 0.8863, "epochs_trained": 14}),
    defects=(
        "The notes judge the model by the validation rows that also chose its epoch, which "
        "flatters it; the test figures here come from images that chose nothing.",
    ),
    remarks=(METRICS_LIST, H5),
)

LEFT_OUT = (
    "`input = norm(input)` overwrites the Input, so the model starts behind the Normalization, "
    "which was never adapted either: the network sees raw pixels of 0 to 255."
)

FUNCTIONAL_EARLY_STOPPING = replace(
    EARLY_STOPPING,
    name="fmnist/functional-early-stopping",
    title="Functional network on normalized pixels, patience 10",
    source="N0",
    split=raw_images,
    model=lambda: models.normalized_mlp(normalization=True),
    adapt=lambda model, splits: models.adapt_normalization(model, splits),
    epochs=50,
    callbacks=lambda folder: [
        callbacks.ModelCheckpoint(folder / "best.keras", save_best_only=True),
        keras.callbacks.EarlyStopping(patience=10, restore_best_weights=True),
    ],
    figures=Figures(metrics={"test_loss": 0.4729, "test_accuracy": 0.8457}),
    defects=(LEFT_OUT,),
    remarks=("Corrected, the Normalization adapts to the training rows alone.",),
    as_noted={"model": lambda: models.normalized_mlp(normalization=False), "adapt": None},
)

BATCH_NORM = replace(
    FUNCTIONAL_EARLY_STOPPING,
    name="fmnist/batch-norm",
    title="The same with BatchNormalization between each dense layer and its relu",
    model=lambda: models.normalized_mlp(normalization=True, batch_norm="own"),
    figures=Figures(metrics={"test_loss": 5.4059, "test_accuracy": 0.1015}),
    defects=(
        LEFT_OUT,
        "One BatchNormalization serves both layers. In training it normalizes each batch by its "
        "own statistics and all looks well; in inference it uses moving statistics that mix two "
        "distributions, and the network is at chance.",
    ),
    remarks=("Corrected, each layer has a BatchNormalization of its own.",),
    as_noted={
        "model": lambda: models.normalized_mlp(normalization=False, batch_norm="shared"),
        "adapt": None,
    },
)

RATE = 0.1
SCHEDULES = replace(
    RELU_MLP,
    name="fmnist/schedules",
    title="Five learning-rate schedules, plotted and checked against their formulas",
    source="N0",
    epochs=20,
    arms={
        "constant": {"optimizer": lambda steps: keras.optimizers.SGD(RATE)},
        "exponential": {
            "optimizer": lambda steps: keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(RATE, steps, 0.1)
            )
        },
        "step": {  # halved at half time: every 10 of the 20 epochs, as in the notes
            "optimizer": lambda steps: keras.optimizers.SGD(
                keras.optimizers.schedules.ExponentialDecay(RATE, steps // 2, 0.5, staircase=True)
            )
        },
        "polynomial": {
            "optimizer": lambda steps: keras.optimizers.SGD(
                keras.optimizers.schedules.PolynomialDecay(RATE, steps, 0.0, power=2.0)
            )
        },
        "cosine": {
            "optimizer": lambda steps: keras.optimizers.SGD(
                keras.optimizers.schedules.CosineDecay(RATE, steps)
            )
        },
        "custom": {
            "optimizer": lambda steps: keras.optimizers.SGD(
                schedules.WarmUpDecay(RATE, steps // 10)
            )
        },
    },
    findings=lambda outcome: findings.schedules(outcome),
    figures=Figures(),
    remarks=("The notes give formulas and no figures; the network is the relu network.",),
)

BEST_DENSE = replace(
    RELU_MLP,
    name="fmnist/best-dense",
    title="What dense layers reach with every means of the notes",
    source="ours",
    split=lambda dataset: stratified_images(dataset, held_out=1 / 12),
    model=lambda: models.mlp(
        hidden=(512, 512), batch_norm=True, dropout=0.4, kernel_initializer="he_normal"
    ),
    optimizer=lambda steps: keras.optimizers.Adam(
        keras.optimizers.schedules.CosineDecay(2e-3, steps)
    ),
    epochs=30,
    batch_size=128,
    figures=Figures(),
    remarks=(
        "Batch normalization, dropout, He initialization and a cosine schedule; 55,000 images to "
        "train on, 5,000 to validate on.",
    ),
)

RECIPES = (
    EARLY_STOPPING,
    SGD_CLASSIFIER,
    SOFTMAX_REGRESSION,
    SIGMOID_MLP,
    RELU_MLP,
    OPTIMIZERS,
    LOSS_CURVES,
    DROPOUT,
    SAVE_RESTORE,
    CHECKPOINT,
    FUNCTIONAL_EARLY_STOPPING,
    BATCH_NORM,
    SCHEDULES,
    BEST_DENSE,
)

if __name__ == "__main__":
    from keras3_lab.cli import run_chapter

    run_chapter("fmnist")
