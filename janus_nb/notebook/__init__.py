"""IPython: extension, magics, cell hook. No engine logic."""
