"""Many runs together: found, compared, and swept over seeds and settings."""
