import subprocess
import sys

program = "from keras import ops; print(ops.adaptive_max_pool(ops.ones((1, 5, 6, 4)), 1).shape)"
done = subprocess.run([sys.executable, "-c", program], capture_output=True)
print("exit status of a process that pools to one place:", done.returncode)
