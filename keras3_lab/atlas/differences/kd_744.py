from keras import ops

print("middle of the window:", ops.convert_to_numpy(ops.kaiser(3, 100.0)[1]).tolist())
