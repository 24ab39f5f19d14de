"""Keras: layers, losses, metrics and optimizers build operations; training loops, files and settings are for Python."""

from __future__ import annotations

from janus_nb.lowering.library.row import Row, refused, traced

_BUILDS = "layers losses metrics optimizers activations constraints initializers regularizers ops models random backend trainers dtype_policies quantizers tree"

KERAS: tuple[Row, ...] = (
    *(row for part in _BUILDS.split() for row in traced(f"keras.src.{part}", "*")),
    *(row for part in ("numerical_utils", "python_utils", "naming", "tracking") for row in traced(f"keras.src.utils.{part}", "*")),
    *refused(
        "keras.*",
        "__setattr__ __delattr__ add_weight fit evaluate predict train_on_batch test_on_batch predict_on_batch compile save save_weights load_weights"
        " summary export build add pop set_random_seed clear_session set_floatx set_epsilon set_image_data_format set_dtype_policy set_global_policy"
        " set_backend",
        why="runs loops or changes the model",
    ),
    *refused("keras.*", "is_keras_tensor executing_eagerly is_symbolic", why="differs while a graph is built"),
    *(
        row
        for part in ("callbacks", "saving", "datasets", "applications", "export", "visualization", "distribution", "utils")
        for row in refused(f"keras.src.{part}", "*", why="acts on the host")
    ),
)
