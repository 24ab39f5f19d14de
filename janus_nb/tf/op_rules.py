"""What happens to an operation at its creation in a staging graph, by operation type.

Three families, each a table:

* variable operations become staged values (`AssignSubVariableOp` -> `state = state - delta`);
* random operations take their operation seed from an input, so that the numbers are eager's, bit for bit;
* operations that can fail on their *data* get an assertion and an input that cannot fail, so that a graph never
  raises where eager would: the iteration aborts, and eager raises at the user's line.

Before: `GatherV2(params, indices)` raises for an index out of range (and under XLA silently clamps).
After: `check(0 <= indices < n)`; `GatherV2(params, where(valid, indices, 0))`.

Every other stateful operation is refused.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf
from tensorflow.python.eager import record
from tensorflow.python.framework import op_def_registry

from janus_nb.lowering.core.unsupported import Unsupported
from janus_nb.tf.kernels import KERNELS
from janus_nb.tf.seeds import philox_of
from janus_nb.tf.staging import StagingGraph, StandIn

Rule = Callable[[StagingGraph, Any, Any, Any, Any], Any]
"""(staging graph, graph of the operation, inputs, args, kwargs) -> replacement operation, or `None` to go on."""


def _assign(update: Callable[[Any, Any], Any]) -> Rule:
    def rule(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
        handle = staging.handle_of(inputs[0])
        if handle is None:
            raise Unsupported("JN302", "variable handle that comes from inside a graph")
        value = inputs[1]
        staging.write(handle, value.dtype, lambda now: update(now, value))
        return _plain(staging, tf.no_op)

    return rule


def _scatter(update: Callable[[Any, Any, Any], Any], nd: bool = False) -> Rule:
    def rule(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
        handle = staging.handle_of(inputs[0])
        if handle is None:
            raise Unsupported("JN302", "variable handle that comes from inside a graph")
        indices, values = inputs[1], inputs[2]
        if _may_check(staging, graph, "TensorScatterUpdate"):
            _check_rows(staging, staging.state(handle, values.dtype).start, indices, nd)
        staging.write(handle, values.dtype, lambda now: update(now, indices if nd else tf.expand_dims(indices, -1), values))
        return _plain(staging, tf.no_op)

    return rule


def _strided_slice_assign(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    """`variable[a:b].assign(value)`."""
    handle = staging.handle_of(inputs[0])
    if handle is None:
        raise Unsupported("JN302", "variable handle that comes from inside a graph")
    begin, end, strides, value = inputs[1:]
    attrs = kwargs["attrs"]
    masks = {name: attrs[name].i for name in ("begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask", "shrink_axis_mask")}

    def update(now: Any) -> Any:
        return tf.raw_ops.TensorStridedSliceUpdate(input=now, begin=begin, end=end, strides=strides, value=value, **masks)

    staging.write(handle, value.dtype, update)
    return _plain(staging, tf.no_op)


def _check_rows(staging: StagingGraph, table: Any, indices: Any, nd: bool) -> None:
    """Assert that all rows that a scatter writes to exist."""
    was, staging.busy = staging.busy, True
    try:
        with record.stop_recording():
            shape = tf.shape(table, out_type=indices.dtype)
            size = shape[: indices.shape[-1]] if nd else shape[0]
            staging.require(tf.reduce_all((indices >= 0) & (indices < size)))
    finally:
        staging.busy = was


def _may_check(staging: StagingGraph, graph: Any, op_type: str) -> bool:
    """Whether an assertion can be made beside an operation; not in a graph that a library nests in ours. XLA must not compile it then."""
    if graph is staging.writable[-1]:
        return True
    staging.unchecked.add(op_type)
    return False


def _plain(staging: StagingGraph, build: Callable[[], Any]) -> Any:
    """Build without rules; returns the operation."""
    was, staging.busy = staging.busy, True
    try:
        made = build()
    finally:
        staging.busy = was
    return getattr(made, "op", made)


def _constant(value: Any) -> Rule:
    return lambda staging, graph, inputs, args, kwargs: _plain(staging, lambda: tf.constant(value))


def _nothing(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    return _plain(staging, tf.no_op)


def _variable_shape(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    handle = staging.handle_of(inputs[0])
    data = handle._handle_data if handle is not None else None
    if not data or not data.is_set:
        raise Unsupported("JN302", "variable of unknown shape")
    out = tf.as_dtype(kwargs["attrs"]["out_type"].type) if "attrs" in kwargs else tf.int32
    shape = tf.TensorShape(data.shape_and_type[0].shape).as_list()
    return _plain(staging, lambda: tf.constant(shape, out))


def _read(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    raise Unsupported("JN301", "raw read of a variable handle")


def _random(make: Callable[..., Any]) -> Rule:
    def rule(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
        if graph is not staging:
            raise Unsupported("JN301", "random operation inside a nested graph")
        attrs = kwargs["attrs"]
        draw = staging.next_draw()
        dtype = tf.as_dtype(attrs["dtype"].type) if "dtype" in attrs else None

        def numbers(given: Any, seeds: Any) -> Any:
            return make(given, dtype, philox_of(seeds))

        def build() -> Any:
            draw.numbers = numbers(inputs, draw.seed)
            return draw.numbers

        static = [tf.get_static_value(value) for value in inputs]
        if all(value is not None for value in static):
            draw.make = lambda seeds: numbers([tf.constant(v, i.dtype) for v, i in zip(static, inputs, strict=True)], seeds)
        return StandIn(_plain(staging, build), attrs)

    return rule


def _read_and_skip(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    """A `tf.random.Generator` hands out its state, and advances its 128-bit counter by 256 times what is drawn."""
    handle = staging.handle_of(inputs[0])
    if handle is None or tf.get_static_value(inputs[1]) != _PHILOX:
        raise Unsupported("JN301", "a random generator with another algorithm than Philox")
    state = _plain(staging, lambda: tf.identity(staging.state(handle, tf.int64).value))

    def advance(now: Any) -> Any:
        low, high = (tf.bitcast(now[i], tf.uint64) for i in range(2))
        moved = low + inputs[2] * tf.constant(256, tf.uint64)
        carry = tf.cast(moved < low, tf.uint64)
        return tf.stack([tf.bitcast(moved, tf.int64), tf.bitcast(high + carry, tf.int64), *tf.unstack(now[2:])])

    staging.write(handle, tf.int64, advance)
    return state


_PHILOX = 1


def _gather(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    params, _indices, axis = inputs
    static = tf.get_static_value(axis)
    size = None if static is None or params.shape.rank is None else params.shape[int(static)]
    if size is None:
        staging.unchecked.add("GatherV2")
        return None
    return _sanitized(staging, graph, "GatherV2", inputs, 1, lambda i: (i >= 0) & (i < size), args, kwargs)


def _sparse_xent(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    classes, op = inputs[0].shape[-1], "SparseSoftmaxCrossEntropyWithLogits"
    if classes is None:
        staging.unchecked.add(op)
        return None
    return _sanitized(staging, graph, op, inputs, 1, lambda i: (i >= 0) & (i < classes), args, kwargs)


def _integer_division(op_type: str) -> Rule:
    def rule(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
        divisor = inputs[1]
        static = tf.get_static_value(divisor)
        if not divisor.dtype.is_integer or (static is not None and (static != 0).all()):
            return None
        return _sanitized(staging, graph, op_type, inputs, 1, lambda d: tf.not_equal(d, 0), args, kwargs, fill=1)

    return rule


def _power(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    static = tf.get_static_value(inputs[1])
    if not inputs[1].dtype.is_integer or (static is not None and (static >= 0).all()):
        return None
    return _sanitized(staging, graph, "Pow", inputs, 1, lambda y: y >= 0, args, kwargs)


def _slice(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    if all(tf.get_static_value(part) is not None for part in inputs[1:]):
        return None

    def valid(begin: Any) -> Any:
        size = inputs[2]
        return (begin >= 0) & (begin + tf.maximum(size, 0) <= tf.shape(inputs[0], out_type=begin.dtype)) & (size >= -1)

    return _sanitized(staging, graph, "Slice", inputs, 1, valid, args, kwargs)


def _indexed(op_type: str, position: int, of_shape: bool = False) -> Rule:
    """Indices of several axes, the last axis of input `position`, into the first input (`of_shape`: into what has the third as its shape)."""

    def rule(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
        indices = inputs[position]
        depth = None if indices.shape.rank is None else indices.shape[-1]
        if depth is None:
            staging.unchecked.add(op_type)
            return None

        def valid(values: Any) -> Any:
            sizes = tf.cast(inputs[2], indices.dtype) if of_shape else tf.shape(inputs[0], out_type=indices.dtype)
            return (values >= 0) & (values < sizes[:depth])

        return _sanitized(staging, graph, op_type, inputs, position, valid, args, kwargs)

    return rule


def _unsorted_segments(op_type: str) -> Rule:
    """Rows of a negative segment are left out; one that is too large is an error."""

    def rule(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
        def valid(segments: Any) -> Any:
            return segments < tf.cast(inputs[2], segments.dtype)

        return _sanitized(staging, graph, op_type, inputs, 1, valid, args, kwargs, fill=-1)

    return rule


def _cast(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    """To an integer: what it cannot hold is not the same everywhere."""
    to = tf.as_dtype(kwargs["attrs"]["DstT"].type) if "attrs" in kwargs else None
    if to is None or not to.is_integer or not inputs[0].dtype.is_floating:
        return None
    if to in (tf.int32, tf.int64):
        limit = float(2**31 if to == tf.int32 else 2**63)

        def valid(values: Any) -> Any:
            wide = tf.cast(values, tf.float64)
            return (wide > -limit - (to == tf.int32)) & (wide < limit)

        return _sanitized(staging, graph, "Cast", inputs, 0, valid, args, kwargs)
    staging.unchecked.add("Cast")
    return None


def _sanitized(
    staging: StagingGraph,
    graph: Any,
    op_type: str,
    inputs: Any,
    position: int,
    valid: Callable[[Any], Any],
    args: Any,
    kwargs: Any,
    fill: int = 0,
) -> Any:
    """Assert that input `position` is valid everywhere; the operation gets `fill` where it is not."""
    if not _may_check(staging, graph, op_type):
        return None
    was, staging.busy = staging.busy, True
    try:
        with record.stop_recording():
            value = inputs[position]
            good = valid(value)
            staging.require(tf.reduce_all(good))
            safe = tf.where(good, value, tf.constant(fill, value.dtype))
        changed = [*inputs[:position], safe, *inputs[position + 1 :]]
        op = graph._create_op_internal(op_type, changed, *args, **kwargs)
    finally:
        staging.busy = was
    staging.origins[op.name] = staging.origin
    return op


def _components(vector: Any, size: int) -> list[Any]:
    """The elements of an index vector, known ones as constants (so that shapes stay known)."""
    static = tf.get_static_value(vector)
    if static is not None:
        return [tf.constant(v, vector.dtype) for v in static]
    return list(vector.op.inputs) if vector.op.type == "Pack" else tf.unstack(vector, size)


def _sliced_shape(shape: Any, begins: list[Any], ends: list[Any], strides: list[Any], attrs: Any) -> list[int | None]:
    """The shape of a slice whose picked indices are unknown but whose ranges may be known."""
    dims: list[int | None] = []
    for axis, dim in enumerate(shape.as_list()):
        if axis >= len(begins):
            dims.append(dim)
        elif not attrs["shrink_axis_mask"].i >> axis & 1:
            begin = None if attrs["begin_mask"].i >> axis & 1 else begins[axis]
            end = None if attrs["end_mask"].i >> axis & 1 else ends[axis]
            known = [None if v is None else tf.get_static_value(v) for v in (begin, end, strides[axis])]
            unknown = dim is None or known[2] is None or (begin is not None and known[0] is None) or (end is not None and known[1] is None)
            dims.append(None if unknown else len(range(*slice(*known).indices(dim))))
    return dims


def _strided_slice(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    """`t[i]` with an index known only at run time: assert the range, take a valid index instead."""
    shrink = kwargs["attrs"]["shrink_axis_mask"].i
    begin = inputs[1]
    if not shrink or tf.get_static_value(begin) is not None:
        return None
    rank = begin.shape[0]
    if inputs[0].shape.rank is None or rank is None or kwargs["attrs"]["ellipsis_mask"].i or kwargs["attrs"]["new_axis_mask"].i:
        staging.unchecked.add("StridedSlice")
        return None
    checked = _may_check(staging, graph, "StridedSlice")
    was, staging.busy = staging.busy, True
    try:
        with record.stop_recording():
            begins, ends = _components(begin, rank), _components(inputs[2], rank)
            for axis in range(rank) if checked else ():
                if shrink >> axis & 1 and tf.get_static_value(begins[axis]) is None:
                    size = tf.shape(inputs[0], out_type=begin.dtype)[axis]
                    good = (begins[axis] >= -size) & (begins[axis] < size)
                    staging.require(good)
                    begins[axis] = tf.where(good, begins[axis], tf.zeros_like(begins[axis]))
                    ends[axis] = begins[axis] + 1
            safe, end = tf.stack(begins), tf.stack(ends)
        op = graph._create_op_internal("StridedSlice", [inputs[0], safe, end, inputs[3]], *args, **kwargs)
        op.outputs[0].set_shape(_sliced_shape(inputs[0].shape, begins, ends, _components(inputs[3], rank), kwargs["attrs"]))
    finally:
        staging.busy = was
    staging.origins[op.name] = staging.origin
    return op


def _check_numerics(staging: StagingGraph, graph: Any, inputs: Any, args: Any, kwargs: Any) -> Any:
    if graph is not staging:
        raise Unsupported("JN301", "CheckNumerics inside a nested graph")
    was, staging.busy = staging.busy, True
    try:
        with record.stop_recording():
            staging.check(tf.reduce_all(tf.math.is_finite(inputs[0])))
        # The operation itself stays (gradients refer to it), fed with a value that cannot fail.
        with record.stop_recording():
            safe = tf.where(tf.math.is_finite(inputs[0]), inputs[0], tf.zeros_like(inputs[0]))
        return graph._create_op_internal("CheckNumerics", [safe], *args, **kwargs)
    finally:
        staging.busy = was


OP_RULES: dict[str, Rule] = {
    "ReadVariableOp": _read,
    "AssignVariableOp": _assign(lambda now, value: value),
    "AssignAddVariableOp": _assign(lambda now, value: now + value),
    "AssignSubVariableOp": _assign(lambda now, value: now - value),
    "ResourceStridedSliceAssign": _strided_slice_assign,
    "ResourceScatterAdd": _scatter(tf.tensor_scatter_nd_add),
    "ResourceScatterSub": _scatter(tf.tensor_scatter_nd_sub),
    "ResourceScatterUpdate": _scatter(tf.tensor_scatter_nd_update),
    "ResourceScatterNdAdd": _scatter(tf.tensor_scatter_nd_add, nd=True),
    "ResourceScatterNdSub": _scatter(tf.tensor_scatter_nd_sub, nd=True),
    "ResourceScatterNdUpdate": _scatter(tf.tensor_scatter_nd_update, nd=True),
    "VarIsInitializedOp": _constant(True),
    "VariableShape": _variable_shape,
    "DisableCopyOnRead": _nothing,
    "RandomStandardNormal": _random(lambda i, dtype, philox: tf.raw_ops.StatelessRandomNormalV2(shape=i[0], dtype=dtype, **philox)),
    "RandomUniform": _random(lambda i, dtype, philox: tf.raw_ops.StatelessRandomUniformV2(shape=i[0], dtype=dtype, **philox)),
    "TruncatedNormal": _random(lambda i, dtype, philox: tf.raw_ops.StatelessTruncatedNormalV2(shape=i[0], dtype=dtype, **philox)),
    "RandomUniformInt": _random(lambda i, dtype, philox: tf.raw_ops.StatelessRandomUniformIntV2(shape=i[0], minval=i[1], maxval=i[2], **philox)),
    **KERNELS,
    "RngReadAndSkip": _read_and_skip,
    "GatherV2": _gather,
    "SparseSoftmaxCrossEntropyWithLogits": _sparse_xent,
    "StridedSlice": _strided_slice,
    "CheckNumerics": _check_numerics,
    "FloorDiv": _integer_division("FloorDiv"),
    "FloorMod": _integer_division("FloorMod"),
    "TruncateDiv": _integer_division("TruncateDiv"),
    "TruncateMod": _integer_division("TruncateMod"),
    "Div": _integer_division("Div"),
    "Mod": _integer_division("Mod"),
    "Pow": _power,
    "Slice": _slice,
    "GatherNd": _indexed("GatherNd", 1),
    "TensorScatterUpdate": _indexed("TensorScatterUpdate", 1),
    "TensorScatterAdd": _indexed("TensorScatterAdd", 1),
    "TensorScatterSub": _indexed("TensorScatterSub", 1),
    "TensorScatterMax": _indexed("TensorScatterMax", 1),
    "TensorScatterMin": _indexed("TensorScatterMin", 1),
    "ScatterNd": _indexed("ScatterNd", 0, of_shape=True),
    "UnsortedSegmentSum": _unsorted_segments("UnsortedSegmentSum"),
    "UnsortedSegmentMax": _unsorted_segments("UnsortedSegmentMax"),
    "UnsortedSegmentMin": _unsorted_segments("UnsortedSegmentMin"),
    "UnsortedSegmentProd": _unsorted_segments("UnsortedSegmentProd"),
    "Cast": _cast,
}

_ALLOWED_STATEFUL = frozenset(
    # Control flow whose nested graphs pass through the same rules, and operations marked stateful only so that
    # they are not folded.
    {"If", "While", "Case", "Placeholder", "TensorListReserve", "EmptyTensorList"}
)


def refuse_if_stateful(op_type: str) -> None:
    """Refuse an operation with side effects that no rule stages.

    Raises:
        Unsupported: JN303 for the creation of a variable, JN301 for any other stateful operation.
    """
    definition = op_def_registry.get(op_type)
    if definition is None or not definition.is_stateful or op_type in _ALLOWED_STATEFUL:
        return
    if op_type == "VarHandleOp":
        raise Unsupported("JN303", "a variable is created")
    raise Unsupported("JN301", f"operation {op_type}")
