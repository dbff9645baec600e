import os
import threading

import numpy as np
from keras import ops

x, y = np.array([-128], "int8"), np.array([127], "int8")
answers: list[object] = []
thread = threading.Thread(
    target=lambda: answers.append(ops.convert_to_numpy(ops.gcd(x, y))), daemon=True
)
thread.start()
thread.join(timeout=30)
print("gcd of -128 and 127 within 30 seconds:", "yes" if answers else "no", flush=True)
os._exit(0)
