"""What a `tf.data` pipeline does while elements are taken from it.

A loop's own iterator over a pipeline may be moved ahead of the loop if that changes nothing that anybody else can see:
no Python code runs, no variable is read or written, nothing is printed, and no other iterator over the same pipeline
will deliver other elements. What is not known to be so is pulled one element at a time.

    ds.map(lambda x: x / 255).shuffle(1000).batch(32)      ahead
    ds.map(augment).batch(32), with tf.random inside       ahead: every iterator has its own random numbers
    from_generator(..), py_function, numpy_function        one at a time: Python code
    ds.map(lambda x: x * variable)                         one at a time: the loop may change the variable
    ds.shuffle(1000).repeat()                              one at a time: beginning the next round draws a seed
    ds.shuffle(1000).cache()                               one at a time: taking the last element fills the cache
"""

from __future__ import annotations

import weakref
from dataclasses import dataclass
from typing import Any

import tensorflow as tf
from tensorflow.python.framework import op_def_registry

_PLAIN = frozenset(
    "TensorDataset TensorSliceDataset RangeDataset BatchDataset ParallelBatchDataset ShuffleDataset RepeatDataset TakeDataset SkipDataset "
    "PrefetchDataset ZipDataset ConcatenateDataset ShardDataset OptionsDataset".split()
)
"""Steps that cannot fail where all shapes are known."""

_KNOWN = _PLAIN | frozenset(
    "CacheDataset MapDataset ParallelMapDataset FilterDataset FlatMapDataset InterleaveDataset ParallelInterleaveDataset ScanDataset "
    "TakeWhileDataset GroupByWindowDataset PaddedBatchDataset UnbatchDataset UniqueDataset RestructuredDataset AssertCardinalityDataset "
    "TextLineDatasetV2 TFRecordDatasetV2 FixedLengthRecordDatasetV2".split()
)
"""Steps whose effects are known."""

_RANDOM = frozenset(
    "RandomUniform RandomUniformInt RandomStandardNormal TruncatedNormal ParameterizedTruncatedNormal RandomShuffle RandomGamma RandomPoissonV2 "
    "Multinomial SampleDistortedBoundingBox SampleDistortedBoundingBoxV2".split()
)
"""Operations whose random numbers belong to the iterator that runs them."""

_HARMLESS = _RANDOM | frozenset(
    "Assert RangeDataset TensorDataset TensorSliceDataset TextLineDataset TFRecordDataset TFRecordDatasetV2 FixedLengthRecordDatasetV2 "
    "StatefulPartitionedCall PartitionedCall If While StatelessIf StatelessWhile".split()
)
"""Operations that TensorFlow calls stateful, although running them early changes nothing. (What they call is looked into.)"""


@dataclass(frozen=True, slots=True)
class Nature:
    """What is known of a pipeline.

    Attributes:
        pure: Whether elements may be taken ahead.
        fixed: Whether every iterator delivers the same elements.
        reseeds: Whether every new iterator over it draws a seed that others then do not get.
        certain: Whether no step can fail (if all shapes are known).
    """

    pure: bool
    fixed: bool
    reseeds: bool
    certain: bool


_UNKNOWN = Nature(False, False, True, False)
_natures: weakref.WeakKeyDictionary[Any, Nature] = weakref.WeakKeyDictionary()


def nature_of(dataset: Any) -> Nature:
    """What is known of a pipeline, from its last step back to its beginning."""
    found = _natures.get(dataset)
    if found is None:
        found = _natures[dataset] = _look(dataset)
    return found


def _look(dataset: Any) -> Nature:
    kind = type(dataset)
    name = kind.__name__.lstrip("_")
    if not kind.__module__.startswith("tensorflow.python.data.") or name not in _KNOWN:
        return _UNKNOWN
    inputs = [nature_of(part) for part in dataset._inputs()]
    functions = [_function_nature(wrapper) for wrapper in dataset._functions()]
    parts = [*inputs, *functions]
    pure, fixed = all(p.pure for p in parts), all(p.fixed for p in parts)
    reseeds = any(p.reseeds for p in parts)
    if name == "ShuffleDataset":
        fixed, reseeds = False, dataset._reshuffle_each_iteration is not False or reseeds
    elif name == "RepeatDataset":
        pure = pure and not reseeds
    elif name == "CacheDataset":
        pure = pure and fixed and not reseeds and _constant(dataset._filename) == b""
    return Nature(pure, fixed, reseeds, name in _PLAIN and all(p.certain for p in inputs))


def _function_nature(wrapper: Any) -> Nature:
    """What a step's function does: only operations without effects, on nothing that others can change."""
    function: Any = getattr(wrapper, "function", None)
    graph = getattr(function, "graph", None)
    if graph is None or any(c.dtype in (tf.resource, tf.variant) for c in function.captured_inputs):
        return _UNKNOWN
    definition = graph.as_graph_def()
    names = {node.op for node in definition.node} | {node.op for f in definition.library.function for node in f.node_def}
    names -= {f.signature.name for f in definition.library.function}
    if not all(map(_has_no_effect, names)):
        return _UNKNOWN
    return Nature(True, not names & _RANDOM, False, False)


def _has_no_effect(operation: str) -> bool:
    definition = op_def_registry.get(operation)
    return definition is not None and (not definition.is_stateful or operation in _HARMLESS)


def _constant(tensor: Any) -> Any:
    return tensor.numpy() if hasattr(tensor, "numpy") else None


__all__ = ["Nature", "nature_of"]
