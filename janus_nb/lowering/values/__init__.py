"""What may be done with a value, operation by operation."""
