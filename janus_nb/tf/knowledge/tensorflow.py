"""TensorFlow: the parts of it that build operations, and what in them acts on the host.

Written from `tools/list_library.py tensorflow` (every public callable, by the module it is defined in) and reviewed: a module whose public names build
operations is one row; names that do something else anywhere are rows of their own. What no row speaks of is refused.
"""

from __future__ import annotations

from janus_nb.lowering.library.row import Row, host, pure, refused, traced

_BUILDS = """
ops framework eager.backprop eager.forwardprop module util.dispatch util.nest util.object_identity util.tf_decorator trackable types
distribute autograph.impl
"""

TENSORFLOW: tuple[Row, ...] = (
    *(row for part in _BUILDS.split() for row in traced(f"tensorflow.python.{part}", "*")),
    *traced("tensorflow._api", "*"),
    *host("tensorflow.python.ops.logging_ops.*", "print_v2"),
    *pure("tensorflow.TensorShape", "as_list is_fully_defined num_elements"),
    *pure("tensorflow.python.util.object_identity.Reference", "deref", new=False),
    *pure("tensorflow.python.framework.ops.EagerTensor", "numpy"),
    *refused(
        "tensorflow.*",
        "py_function numpy_function py_func print function set_seed set_random_seed enable_op_determinism set_global_generator run_functions_eagerly"
        " init_scope write_file load_op_library",
        why="acts on the host",
    ),
    *refused(
        "tensorflow.*",
        "inside_function executing_eagerly executing_eagerly_outside_functions get_static_value constant_value is_symbolic_tensor is_symbolic"
        " get_default_graph get_current_name_scope in_cross_replica_context",
        why="differs while a graph is built",
    ),
    *refused("tensorflow.python.data", "*", why="datasets are iterated by the loop itself"),
    *refused("tensorflow.python.ops.summary_ops_v2", "*", why="writes files"),
    *(row for part in ("checkpoint", "saved_model", "training", "lib") for row in refused(f"tensorflow.python.{part}", "*", why="writes files")),
    *refused("tensorboard", "*", why="writes files"),
    *refused("tensorflow.python.eager.context", "*", why="changes TensorFlow's settings"),
)
