import subprocess
import sys

program = """
import keras, numpy
keras.layers.AdaptiveMaxPooling2D(1)(numpy.ones((2, 7, 6, 3), "float32"))
"""
ended = subprocess.run([sys.executable, "-c", program], stderr=subprocess.DEVNULL)
print("exit code:", ended.returncode)
