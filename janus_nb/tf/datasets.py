"""Datasets as sources: K elements pulled by one graph call, stacked, each still to be had by itself.

The pull stops before an element of another shape (a last, smaller batch); that element is delivered alone, and the
next pull goes on after it.
"""

from __future__ import annotations

import functools
from typing import Any

import tensorflow as tf
from tensorflow.python.data.ops import iterator_ops

from janus_nb.backend import Spec
from janus_nb.tf.tracer import spec_of_tensor

MIN_BATCH = 16
"""With at least this many iterations a call, tf.data batches the elements; the size is then fixed for the execution."""


class Pulled:
    """Elements pulled together: stacked columns, and their structure.

    Attributes:
        columns: One tensor per component, with a leading axis.
        structure: The element's structure, as `tf.nest` sees it.
        count: Number of elements.
    """

    __slots__ = ("columns", "count", "offset", "structure")

    def __init__(self, columns: list[Any], structure: Any, count: int) -> None:
        self.columns = columns
        self.structure = structure
        self.count = count
        self.offset = 0

    def element(self, index: int) -> Any:
        """Element `index` as the user's loop would get it."""
        return tf.nest.pack_sequence_as(self.structure, [c[index] for c in self.columns])


class DatasetSource:
    """Pulls elements of a `tf.data` iterator in blocks."""

    def __init__(self, iterator: Any, dataset: Any = None) -> None:
        self._spec = iterator.element_spec if iterator is not None else dataset.element_spec
        self._dataset = dataset
        self._made = iterator
        self._batched: Any = None
        self._batch = 0
        self.exhausted = False

    @property
    def _iterator(self) -> Any:
        if self._made is None:
            self._made = iter(self._dataset)
        return self._made

    @property
    def batched(self) -> bool:
        """Whether tf.data itself batches this execution's elements."""
        return self._batched is not None

    def _take_batched(self, count: int) -> Pulled | None:
        """Elements batched by tf.data itself: for datasets that fix every shape, the fastest way."""
        if self._batched is None:
            self._batched = iter(_batched(self._dataset, count))
            self._batch = count
        element = next(self._batched, None)
        if element is None:
            self.exhausted = True
            return None
        columns = tf.nest.flatten(element)
        size = int(columns[0].shape[0])
        self.exhausted = size < self._batch
        return Pulled(columns, self._spec, size)

    def size(self) -> int | None:
        """Number of elements of the dataset, if it knows."""
        if self._dataset is None:
            return None
        size = int(self._dataset.cardinality())
        return size if size >= 0 else None

    @property
    def flat_specs(self) -> list[Any]:
        """Specs of the components."""
        return list(tf.nest.flatten(self._spec))

    def static_shapes(self) -> list[Any] | None:
        """The components' shapes if the dataset fixes them all."""
        shapes = [s.shape for s in self.flat_specs]
        return shapes if all(s.is_fully_defined() for s in shapes) else None

    def take_one(self) -> Pulled:
        """The next element alone.

        Raises:
            StopIteration: there is none.
        """
        if self.exhausted:
            raise StopIteration
        element = next(self._iterator)
        return Pulled([t[tf.newaxis] for t in tf.nest.flatten(element)], self._spec, 1)

    def take(self, count: int, shapes: list[Any]) -> tuple[Pulled | None, Pulled | None]:
        """Up to `count` elements of these shapes, and the element of another shape that ended the pull, if any."""
        if self.exhausted:
            return None, None
        fresh = self._dataset is not None and self._made is None
        if self.batched or (fresh and count >= MIN_BATCH and self.static_shapes() is not None):
            return self._take_batched(count), None
        pull = _pull_function(tuple(tuple(s.as_list()) for s in shapes), tuple((s.dtype, tuple(s.shape.as_list())) for s in self.flat_specs))
        taken, odd_found, odd, columns = pull(self._iterator, tf.constant(count, tf.int32))
        size = int(taken)
        block = Pulled(list(columns), self._spec, size) if size else None
        rest = Pulled([t[tf.newaxis] for t in odd], self._spec, 1) if bool(odd_found) else None
        self.exhausted = size < count and rest is None
        return block, rest

    def specs_of(self, pulled: Pulled) -> list[Spec]:
        """Types of one pulled element's components."""
        return [Spec(s.dtype, s.shape[1:] if s.shape is not None else None) for s in map(spec_of_tensor, pulled.columns)]


@functools.lru_cache(maxsize=256)
def _pull_function(fixed: tuple[tuple[int, ...], ...], components: tuple[tuple[Any, tuple[int | None, ...]], ...]) -> Any:
    """A graph that pulls up to `count` elements whose components have the shapes `fixed`."""
    shapes = [tf.TensorShape(s) for s in fixed]
    specs = [tf.TensorSpec(shape, dtype) for dtype, shape in components]

    def pull(iterator: Any, count: Any) -> Any:
        arrays = [tf.TensorArray(s.dtype, size=0, dynamic_size=True, element_shape=shape) for s, shape in zip(specs, shapes, strict=True)]
        nothing = [tf.zeros([d or 0 for d in s.shape.as_list()], s.dtype) for s in specs]

        def body(i: Any, going: Any, odd_found: Any, odd: Any, arrays: Any) -> Any:
            optional = iterator.get_next_as_optional()

            def present() -> Any:
                parts = tf.nest.flatten(optional.get_value())
                same = [
                    tf.reduce_all(tf.equal(tf.shape(p), shape.as_list())) if shape.rank else tf.constant(True)
                    for p, shape in zip(parts, shapes, strict=True)
                ]
                return [tf.reduce_all(tf.stack(same)), tf.constant(True), *parts]

            def absent() -> Any:
                return [tf.constant(False), tf.constant(False), *nothing]

            fits, has, *parts = tf.cond(optional.has_value(), present, absent)

            def written(array: Any, part: Any, shape: Any) -> Any:
                def add() -> Any:
                    return array.write(i, tf.ensure_shape(part, shape)).flow

                flow = tf.cond(fits, add, lambda: array.flow)
                from tensorflow.python.ops import tensor_array_ops

                return tensor_array_ops.build_ta_with_new_flow(array, flow)

            arrays = [written(a, p, s) for a, p, s in zip(arrays, parts, shapes, strict=True)]
            is_odd = has & ~fits
            return i + tf.cast(fits, tf.int32), fits, is_odd, parts, arrays

        start = (tf.constant(0), tf.constant(True), tf.constant(False), nothing, arrays)
        loose = [tf.TensorShape([None] * s.shape.rank) for s in specs]
        invariants = (tf.TensorShape([]), tf.TensorShape([]), tf.TensorShape([]), loose, [tf.TensorShape(None)] * len(arrays))
        i, _, odd_found, odd, arrays = tf.while_loop(
            lambda i, going, *rest: (i < count) & going, body, start, shape_invariants=invariants, parallel_iterations=1
        )
        return i, odd_found, odd, [a.stack() for a in arrays]

    return tf.function(pull, autograph=False)


@functools.lru_cache(maxsize=8)
def _batched(dataset: Any, count: int) -> Any:
    """`dataset.batch(count)`, made once for the same dataset and count."""
    return dataset.batch(count)


def open_source(iterable: Any) -> DatasetSource | None:
    """A source for a dataset (or a fresh iterator over one) whose components are dense tensors of known rank."""
    if isinstance(iterable, tf.data.Dataset):
        if not _is_dense(iterable.element_spec):
            return None
        return DatasetSource(None, iterable)
    if isinstance(iterable, iterator_ops.OwnedIterator) and _is_dense(iterable.element_spec):
        return DatasetSource(iterable)
    return None


def _is_dense(spec: Any) -> bool:
    return all(isinstance(s, tf.TensorSpec) and s.shape.rank is not None for s in tf.nest.flatten(spec)) and _is_plain(spec)


def _is_plain(spec: Any) -> bool:
    """Whether the structure is tuples and dictionaries of tensors, which the generator can take apart."""
    if isinstance(spec, tf.TensorSpec):
        return True
    if type(spec) is dict:
        return all(isinstance(k, str) and _is_plain(v) for k, v in spec.items())
    return type(spec) is tuple and all(map(_is_plain, spec))


__all__ = ["DatasetSource", "Pulled", "open_source"]
