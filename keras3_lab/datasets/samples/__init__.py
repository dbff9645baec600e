"""The files of the bundled samples."""
