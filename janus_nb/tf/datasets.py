"""Datasets as sources: several elements taken at once and stacked, each still to be had by itself.

    next element alone          `next(iterator)`, as the user's loop would
    K elements                  K times TensorFlow's own "get next"; an error, or an element of another shape, ends the pull
                                and is kept for its own iteration
    K elements, all certain     `dataset.batch(K)` does it, where no step can fail and all shapes are known

An iterator over the dataset is made once, when the first element is asked for.
"""

from __future__ import annotations

from typing import Any

import tensorflow as tf
from tensorflow.python.data.ops import iterator_ops
from tensorflow.python.ops import gen_dataset_ops

from janus_nb.backend import Spec
from janus_nb.tf.pipelines import nature_of
from janus_nb.tf.tracer import spec_of_tensor

MIN_BATCH = 16
"""With at least this many iterations a call, tf.data batches the elements; the size is then fixed for the execution."""


class Pulled:
    """Elements of one shape that were pulled together.

    Attributes:
        structure: The element's structure, as `tf.nest` sees it.
        count: Number of elements.
        offset: How many of them have been given away.
    """

    __slots__ = ("_singles", "_stacked", "count", "offset", "structure")

    def __init__(self, structure: Any, stacked: list[Any] | None = None, singles: list[list[Any]] | None = None) -> None:
        self.structure = structure
        self.offset = 0
        self._stacked = stacked
        self._singles = singles
        self.count = len(singles) if singles is not None else int(stacked[0].shape[0]) if stacked else 0

    def columns(self, count: int) -> list[Any]:
        """The next `count` elements, stacked by component."""
        first, last = self.offset, self.offset + count
        if self._singles is not None:
            return [tf.stack(column) for column in zip(*self._singles[first:last], strict=True)]
        assert self._stacked is not None
        return [c if count == self.count else c[first:last] for c in self._stacked]

    def specs(self) -> list[Spec]:
        """Types of one element's components."""
        if self._singles is not None:
            return [spec_of_tensor(t) for t in self._singles[0]]
        return [Spec(s.dtype, s.shape[1:] if s.shape is not None else None) for s in map(spec_of_tensor, self._stacked or ())]

    def pop(self) -> Any:
        """The next element as the user's loop would get it."""
        index, self.offset = self.offset, self.offset + 1
        if self._singles is not None:
            return tf.nest.pack_sequence_as(self.structure, self._singles[index])
        assert self._stacked is not None
        return tf.nest.pack_sequence_as(self.structure, [c[index] for c in self._stacked])


class DatasetSource:
    """Takes elements from a dataset, or from an iterator over one.

    Attributes:
        pure: Whether taking elements ahead changes nothing that anybody can see.
        is_iterator: Whether it was opened over an iterator, which others may hold.
        batched: Whether tf.data itself batches this execution's elements.
    """

    def __init__(self, iterator: Any, dataset: Any = None) -> None:
        self._dataset = dataset
        self._made = iterator
        self._batch = 0
        self._spec = iterator.element_spec if iterator is not None else dataset.element_spec
        self.is_iterator = iterator is not None
        self.batched = False
        self._exhausted = False
        origin = getattr(iterator, "_dataset", None) if dataset is None else dataset
        self._nature = nature_of(origin) if origin is not None else None
        self.pure = self._nature is not None and self._nature.pure

    @property
    def _iterator(self) -> Any:
        if self._made is None:
            self._made = iter(self._dataset)
        return self._made

    def size(self) -> int | None:
        """Number of elements of the dataset, if it knows."""
        if self._dataset is None:
            return None
        size = int(self._dataset.cardinality())
        return size if size >= 0 else None

    def next(self) -> Any:
        """The next element, as the user's own loop gets it.

        Raises:
            StopIteration: there is none.
        """
        if self._exhausted:
            raise StopIteration
        return next(self._iterator)

    def take(self, count: int) -> tuple[list[Pulled], Exception | None]:
        """Up to `count` elements, those of one shape together; and what ended the pull: an error, or the end of the data."""
        if self.batched or self._may_batch(count):
            return self._take_batched(count)
        singles: list[list[Any]] = []
        error: Exception | None = None
        while len(singles) < count and error is None:
            try:
                singles.append(self._next_flat())
            except Exception as raised:
                error = raised
        return self._grouped(singles), error

    def _next_flat(self) -> list[Any]:
        """The components of the next element."""
        if self._exhausted:
            raise StopIteration
        iterator = self._iterator
        if not hasattr(iterator, "_iterator_resource"):
            return list(tf.nest.flatten(next(iterator)))
        try:
            return list(
                gen_dataset_ops.iterator_get_next(
                    iterator._iterator_resource, output_types=iterator._flat_output_types, output_shapes=iterator._flat_output_shapes
                )
            )
        except tf.errors.OutOfRangeError:
            self._exhausted = True
            raise StopIteration from None

    def _grouped(self, singles: list[list[Any]]) -> list[Pulled]:
        groups: list[list[list[Any]]] = []
        for single in singles:
            if groups and all(a.shape == b.shape for a, b in zip(groups[-1][0], single, strict=True)):
                groups[-1].append(single)
            else:
                groups.append([single])
        return [Pulled(self._spec, singles=group) for group in groups]

    def _may_batch(self, count: int) -> bool:
        """Whether tf.data may batch the elements of this execution: none has been taken yet, and no step can fail."""
        certain = self._nature is not None and self._nature.pure and self._nature.certain
        shapes = [s.shape for s in tf.nest.flatten(self._spec)]
        return certain and self._dataset is not None and self._made is None and count >= MIN_BATCH and all(s.is_fully_defined() for s in shapes)

    def _take_batched(self, count: int) -> tuple[list[Pulled], Exception | None]:
        if not self.batched:
            self.batched, self._batch = True, count
            self._made = iter(self._dataset.batch(count))
        element = None if self._exhausted else next(self._made, None)
        if element is None:
            self._exhausted = True
            return [], StopIteration()
        pulled = Pulled(self._spec, stacked=tf.nest.flatten(element))
        self._exhausted = pulled.count < self._batch
        return [pulled], None


def open_source(iterable: Any) -> DatasetSource | None:
    """A source for a dataset (or an iterator over one) whose components are dense tensors of known rank."""
    if isinstance(iterable, tf.data.Dataset):
        if type(iterable).__iter__ is not tf.data.Dataset.__iter__ or not _is_dense(iterable.element_spec):
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
