import subprocess
import sys

code = """import resource, time, numpy as np
from keras import ops
most = int(time.process_time()) + 4  # seconds of computing
resource.setrlimit(resource.RLIMIT_CPU, (most, most))
ops.convert_to_numpy(ops.gcd(np.array([-128], "int8"), np.array([127], "int8")))"""
status = subprocess.run([sys.executable, "-c", code]).returncode
print("gcd of -128 and 127:", "none within 4 seconds" if status else "an answer")
