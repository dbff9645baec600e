"""Run the programs of the known differences on the backend at hand, and return what they print.

    python keras3_lab/atlas/programs.py [KD-NNN …]

prints it as JSON. It needs Keras and nothing of this package, so that any Keras can be asked.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

FOLDER = Path(__file__).parent / "differences"
WIDE = "JAX_ENABLE_X64"
"""What a program that needs float64 on JAX sets before it imports Keras."""


def run_programs(idents: Iterable[str] = (), **environment: str) -> dict[str, list[str]]:
    """Run programs in new processes: one for those that need float64 on JAX, one for the others.

    Args:
        idents: Which, as `"KD-017"`; all, if none.
        environment: Variables of the processes, such as `KERAS_BACKEND="jax"`.

    Returns:
        The lines that each printed; `raised NAME` as the last one where it raised an error.
    """
    wanted = [ident.lower().replace("-", "_") for ident in idents]
    paths = [path for path in sorted(FOLDER.glob("kd_*.py")) if not wanted or path.stem in wanted]
    wide = [path for path in paths if WIDE in path.read_text(encoding="utf-8")]
    printed: dict[str, list[str]] = {}
    for group, variables in ((wide, {WIDE: "1"}), ([p for p in paths if p not in wide], {})):
        if group:
            done = subprocess.run(  # noqa: S603  # ourselves
                [sys.executable, __file__, *(path.stem for path in group)],
                env={**os.environ, **environment, **variables},
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            )
            printed |= json.loads(done.stdout)
    return dict(sorted(printed.items()))


def _run(path: Path) -> list[str]:
    import keras

    output = io.StringIO()
    with contextlib.redirect_stdout(output):
        try:
            code = compile(path.read_text(encoding="utf-8"), path.name, "exec")
            exec(code, {"__name__": path.stem})  # noqa: S102  # our own
        except Exception as error:  # an older Keras may lack what it uses
            print(f"raised {type(error).__name__}")  # noqa: T201  # as the program would
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")
    keras.utils.clear_session()
    return output.getvalue().splitlines()


def main() -> None:
    """Run the programs named in the command line, here, one after the other."""
    out = os.fdopen(os.dup(1), "w")  # what is printed beside, by a backend, is no answer
    os.dup2(2, 1)
    names = sys.argv[1:] or [path.stem for path in sorted(FOLDER.glob("kd_*.py"))]
    paths = [FOLDER / f"{name.lower().replace('-', '_')}.py" for name in names]
    answers = {path.stem.upper().replace("_", "-"): _run(path) for path in paths}
    json.dump(answers, out, indent=1)
    out.close()


if __name__ == "__main__":
    main()
