"""`python -m keras3_lab`, and the console script `keras3-lab`."""

from __future__ import annotations

from keras3_lab.cli import lab, main_with_errors


def main() -> None:
    """Run the command line."""
    main_with_errors(lab, "keras3-lab")


if __name__ == "__main__":
    main_with_errors(lab, "python -m keras3_lab")
