"""Sources: where a loop's elements come from, and how far ahead they may be looked at.

list, tuple, range, array, text, dict, set   any number ahead, by looking into the loop's own iterator   `peeks`, `host`
enumerate, zip over these                    likewise, if nobody else holds them                         `private`
tf.data.Dataset                              pulled in blocks, if that has no effects                    `datasets`
tqdm bars                                    as what they iterate over; the bar counts                   `bars`
anything else                                one at a time: taking an element may be seen by others      `host`
"""

from __future__ import annotations

from typing import Any

from janus_nb.backend import Backend
from janus_nb.runtime.sources.bars import BarSource, is_bar
from janus_nb.runtime.sources.datasets import TensorSource
from janus_nb.runtime.sources.host import HostSource, PeekedSource
from janus_nb.runtime.sources.peeks import peek_of
from janus_nb.runtime.sources.private import held_once, made_in_header, part_of_enumerate, value_of_attribute
from janus_nb.runtime.sources.protocol import Block, Source


def open_iterable(backend: Backend, iterable: Any, fresh: bool = False) -> Source:
    """A source over what the user's `for` iterates over.

    Args:
        backend: The tensor library, which knows its datasets.
        iterable: What the loop's header gave.
        fresh: Whether nothing else holds it (`made_in_header`).

    Raises:
        TypeError: as `iter()` would.
    """
    if is_bar(iterable):
        return BarSource(iterable, lambda: _open(backend, iterable.iterable, value_of_attribute(vars(iterable), "iterable")))
    return _open(backend, iterable, fresh)


def _open(backend: Backend, iterable: Any, fresh: bool) -> Source:
    if type(iterable) is enumerate and fresh:
        numbered = _enumerated(backend, iterable)
        if numbered is not None:
            return numbered
    source = backend.open_source(iterable)
    if source is not None:
        return TensorSource(source, source.pure and (fresh or not source.is_iterator))
    made = [iter(iterable)]
    if (made[0] is iterable and fresh) or (made[0] is not iterable and held_once(made)):
        peek = peek_of(made[0])
        if peek is not None:
            return PeekedSource(made[0], peek)
    return HostSource(made[0])


def _enumerated(backend: Backend, iterable: Any) -> TensorSource | None:
    """The elements of a dataset that is enumerated."""
    parts = iterable.__reduce__()[1]
    inner = backend.open_source(parts[0]) if part_of_enumerate(parts) else None
    return None if inner is None else TensorSource(inner, inner.pure, count=True, start=parts[1])


__all__ = ["Block", "HostSource", "Source", "TensorSource", "made_in_header", "open_iterable"]
