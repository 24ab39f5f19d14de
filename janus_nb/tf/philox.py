"""Philox (Salmon et al., *Parallel random numbers: as easy as 1, 2, 3*, 2011) as TensorFlow uses it, in Python.

    key = global seed, counter = (0, operation seed)     what a kernel of eager's starts from
    words(seeds)                                         its 32-bit numbers, one after the other
    stateless_seed(seeds)                                the seed with which a stateless operation starts from there

A stateless operation scrambles its seed by one block of the cipher under a fixed key. A block is a bijection of the counter, so it can be undone.
"""

from __future__ import annotations

from collections.abc import Iterator

_MASK = 0xFFFFFFFF
_MULTIPLY = (0xD2511F53, 0xCD9E8D57)
_INVERSE = tuple(pow(m, -1, 1 << 32) for m in _MULTIPLY)
_BUMP = (0x9E3779B9, 0xBB67AE85)
_ROUNDS = 10
_SCRAMBLE = (0x3EC8F720, 0x02461E29)
"""The key under which stateless operations scramble their seeds."""

Words = tuple[int, int, int, int]


def block(counter: Words, key: tuple[int, int]) -> Words:
    """Four random words: the cipher's block of a counter."""
    a, b, c, d = counter
    first, second = key
    for _ in range(_ROUNDS):
        p, q = _MULTIPLY[0] * a, _MULTIPLY[1] * c
        a, b, c, d = (q >> 32) ^ b ^ first, q & _MASK, (p >> 32) ^ d ^ second, p & _MASK
        first, second = first + _BUMP[0] & _MASK, second + _BUMP[1] & _MASK
    return a, b, c, d


def unblock(words: Words, key: tuple[int, int]) -> Words:
    """The counter of which `block` makes these words."""
    a, b, c, d = words
    for number in reversed(range(_ROUNDS)):
        first, second = (k + number * bump & _MASK for k, bump in zip(key, _BUMP, strict=True))
        was_a, was_c = d * _INVERSE[0] & _MASK, b * _INVERSE[1] & _MASK
        was_b = a ^ (_MULTIPLY[1] * was_c >> 32) ^ first
        was_d = c ^ (_MULTIPLY[0] * was_a >> 32) ^ second
        a, b, c, d = was_a, was_b, was_c, was_d
    return a, b, c, d


def words(seeds: int) -> Iterator[int]:
    """The random words of a kernel with these (packed) seeds: the upper half is the key, the lower half the counter's upper half."""
    first, second = seeds >> 32, seeds & _MASK
    number = 0
    while True:
        yield from block((number & _MASK, number >> 32, second, 0), (first, 0))
        number += 1


def stateless_seed(seeds: int) -> tuple[int, int]:
    """The seed of a stateless operation that draws what a kernel with these (packed) seeds draws."""
    first, second = seeds >> 32, seeds & _MASK
    a, b, c, d = unblock((first, 0, second, 0), _SCRAMBLE)
    return _signed(a | b << 32), _signed(c | d << 32)


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value


__all__ = ["block", "stateless_seed", "unblock", "words"]
