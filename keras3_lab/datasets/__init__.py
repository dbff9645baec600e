"""Data sets by name: a full copy where there is one, else a sample that says so.

Importing this package costs next to nothing: Keras is imported only for a download and
scikit-learn only for the digits sample.

Example:
```python
from keras3_lab import datasets

data = datasets.load("california_housing", source="sample")
print(data.origin, data.x_train.shape)
```
"""

from keras3_lab.datasets._dataset import Dataset, from_arrays
from keras3_lab.datasets.fraction import take_fraction
from keras3_lab.datasets.registry import NAMES
from keras3_lab.datasets.sources import Place, load, locate

__all__ = ["NAMES", "Dataset", "Place", "from_arrays", "load", "locate", "take_fraction"]
