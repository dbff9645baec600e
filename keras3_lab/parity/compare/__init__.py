"""Compare traces: to checks, a verdict, and where they part. NumPy and SciPy alone."""
