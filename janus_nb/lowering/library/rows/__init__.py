"""Knowledge as data: one file a library."""

from janus_nb.lowering.library.rows.builtins import BUILTINS
from janus_nb.lowering.library.rows.matplotlib import MATPLOTLIB
from janus_nb.lowering.library.rows.numpy import NUMPY
from janus_nb.lowering.library.rows.sklearn import SKLEARN
from janus_nb.lowering.library.rows.stdlib import STDLIB
from janus_nb.lowering.library.rows.tqdm import TQDM

LIBRARIES = (BUILTINS, STDLIB, NUMPY, TQDM, MATPLOTLIB, SKLEARN)
"""The rows of libraries other than the tensor library; its own are handed in by the backend."""

__all__ = ["BUILTINS", "LIBRARIES"]
