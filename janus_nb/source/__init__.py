"""Cells and functions as text and AST."""
