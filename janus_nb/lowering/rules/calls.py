"""Call expressions: arguments are evaluated in Python's order; what is called then decides (`janus_nb.lowering.values.kind.Kind.call`).

print(x)              a rule of its own (janus_nb.lowering.rules.builtins)
user_function(x)      interpreted, as if written in place
model(x), tf.exp(x)   called now, on symbolic tensors; adds operations to the graph
np.mean(history)      computed by the host, before the graph or at replay
values.append(x)      postponed to replay
"""

from __future__ import annotations

import ast
from typing import Any

from janus_nb.lowering.core.lowering import Lowering
from janus_nb.lowering.core.unsupported import Unsupported


def call_node(low: Lowering, node: ast.Call) -> Any:
    """Evaluate a call expression."""
    if isinstance(node.func, ast.Name) and node.func.id == "super" and not node.args:
        return _super(low)
    function = low.eval(node.func)
    args: list[Any] = []
    for arg in node.args:
        if isinstance(arg, ast.Starred):
            args.extend(low.items_of(low.eval(arg.value)))
        else:
            args.append(low.eval(arg))
    kwargs: dict[str, Any] = {}
    for keyword in node.keywords:
        value = low.eval(keyword.value)
        if keyword.arg is None:
            if not isinstance(value, dict):
                raise Unsupported("JN102", "`**` of something that is not a dictionary")
            kwargs.update(low.pairs_of(value))
        else:
            kwargs[keyword.arg] = value
    return low.call(function, tuple(args), kwargs)


def _super(low: Lowering) -> Any:
    frame = low.frame
    if frame.owner_class is None:
        raise Unsupported("JN102", "super() outside a method")
    return super(frame.owner_class, frame.self_value)
