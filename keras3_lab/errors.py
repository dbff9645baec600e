"""The one kind of error that a user can mend."""


class UsageError(ValueError):
    """Bad input from the user: one clear line, no traceback on the command line.

    The message names the argument, what came and what is allowed. From Python it is an
    ordinary `ValueError`; the command line prints it and exits with status 2.
    """


class PortabilityWarning(UserWarning):
    """Something in a model cannot be made the same on every backend; the message names it."""
