"""Speculation: from observations to assumptions, and the guards that check them before a graph runs."""
