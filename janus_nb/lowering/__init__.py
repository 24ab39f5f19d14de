"""Lowering: the Speculative Graph Generator."""
