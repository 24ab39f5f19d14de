"""Profiling: an instrumented copy of the user's code, run natively, and what it records."""
