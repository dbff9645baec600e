"""Parity: prove that a model trains to the same numbers on every backend and device.

Data flows from a subject (`subject`, `problem`) through one process per lane (`process`, `worker`),
which records a trace (`record/`, `trace`), to the comparison of traces (`compare/`) and to what
people see of it (`tell/`); `session` joins them. Nothing is imported here: comparing traces needs
no Keras.
"""
