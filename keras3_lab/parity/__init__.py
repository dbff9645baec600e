"""Parity: prove that a model trains to the same numbers on every backend and device.

Data flows from `problem` (what to train) through `training` (one lane's run) and `trace` (what
the lane hands over) to `gates` (do the lanes agree), `blame` (where the first difference arises)
and `report`. Nothing is imported here: comparing traces needs NumPy alone.
"""
