"""Write the Fashion-MNIST sample anew: `python -m keras3_lab.datasets.samples FOLDER`."""

import sys
from pathlib import Path

from keras3_lab.datasets.samples import fashion_mnist
from keras3_lab.errors import UsageError

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m keras3_lab.datasets.samples FOLDER (with the four IDX files)")
    try:
        fashion_mnist.write(Path(sys.argv[1]), fashion_mnist.PATH)
    except UsageError as err:
        sys.exit(f"error: {err}")
