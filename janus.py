"""So that `%load_ext janus` works: an alias of `janus_nb`, and nothing more."""

from janus_nb import *
from janus_nb import load_ipython_extension, unload_ipython_extension

__all__ = ["load_ipython_extension", "unload_ipython_extension"]
