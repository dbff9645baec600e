"""The one place that uses what Keras does not export.

`keras.src` and attributes of Keras's objects that start with an underscore may move in any release
of Keras. Each one that this package needs stands here, behind a name of its own whose docstring
tells what it is for and what would make it unnecessary; lint forbids both elsewhere. Where a newer
Keras has moved one, `keras3_lab.private.parts` says which in one line.
"""
