"""What a record says of a run that is not over, and of one that did not come to its end."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from keras3_lab.errors import UsageError
from keras3_lab.files import writing
from keras3_lab.runs.record import write_record
from keras3_lab.signals import before_the_end


class Status:
    """The record of a run, from its beginning.

    Its `status` is `"running"` from the first moment; that a process is killed, nobody can note.

    Args:
        record: What is known before training.
        path: Where it is written.
    """

    def __init__(self, record: dict[str, Any], path: Path) -> None:
        self._record, self._path = record, path
        self._over = False

    @contextlib.contextmanager
    def tracked(self) -> Iterator[None]:
        """Write the record, and how the run ended where it is left by an error or a signal."""
        self._tell("running")
        try:
            with before_the_end(lambda: self._tell("interrupted")):
                yield
        except KeyboardInterrupt:
            self._tell("interrupted")
            raise
        except BaseException as error:
            with contextlib.suppress(UsageError):  # the folder may be what is gone
                self._tell("failed", f"{type(error).__name__}: {error}".partition("\n")[0])
            raise

    def done(self, record: dict[str, Any]) -> None:
        """Write the whole record."""
        with writing:
            self._over = True  # an interrupt may come when the file is in its place
            try:
                write_record(record, self._path)
            except UsageError:
                self._over = False
                raise

    def _tell(self, status: str, reason: str | None = None) -> None:
        with writing:
            if not self._over:
                why = {} if reason is None else {"reason": reason}
                write_record(self._record | {"status": status} | why, self._path)
