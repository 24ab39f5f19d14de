"""The part of an iteration that Python computes: code for values, random draws, tapes."""
