from keras import ops

x, m, v = ops.convert_to_tensor([[4, 7]]), ops.ones((2,)), 4 * ops.ones((2,))
print("normalized:", ops.convert_to_numpy(ops.batch_normalization(x, m, v, axis=-1)).tolist())
