"""Knowledge of TensorFlow and Keras, handed in by the backend."""

from janus_nb.tf.knowledge.keras import KERAS
from janus_nb.tf.knowledge.tensorflow import TENSORFLOW

ROWS = (*TENSORFLOW, *KERAS)
"""All rows of the tensor library."""

__all__ = ["ROWS"]
