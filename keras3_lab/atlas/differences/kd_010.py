import keras

try:
    keras.layers.BatchNormalization(synchronized=True)
    print("made")
except Exception as error:
    print("error:", type(error).__name__)
