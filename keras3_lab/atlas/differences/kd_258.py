import keras
import numpy as np

recall = keras.metrics.Recall(thresholds=[0.0, 0.5, 1.0])
recall.update_state(np.ones((1, 1)), np.array([[np.nan]]))
print("recall:", np.array(recall.result()))
