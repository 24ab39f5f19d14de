"""The random words of eager's kernels, in Python."""

from __future__ import annotations

import itertools
import random

import pytest
from janus_nb.tf.philox import block, stateless_seed, unblock, words


@pytest.mark.parametrize(
    ("counter", "key", "expected"),
    [
        ((0, 0, 0, 0), (0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
        ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
        ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0), (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1)),
    ],
)
def test_published_answers(counter: tuple[int, int, int, int], key: tuple[int, int], expected: tuple[int, int, int, int]) -> None:
    """The known-answer tests that come with the reference implementation (philox4x32, 10 rounds)."""
    assert block(counter, key) == expected


def test_a_block_can_be_undone() -> None:
    rng = random.Random(1)
    for _ in range(200):
        counter, key = tuple(rng.getrandbits(32) for _ in range(4)), (rng.getrandbits(32), rng.getrandbits(32))
        assert unblock(block(counter, key), key) == counter  # type: ignore[arg-type]


def test_words_go_on_from_block_to_block() -> None:
    seeds = 7 << 32 | 9
    found = list(itertools.islice(words(seeds), 10))
    assert found[:4] == list(block((0, 0, 9, 0), (7, 0)))
    assert found[4:8] == list(block((1, 0, 9, 0), (7, 0)))


def test_stateless_seeds_fit_and_differ() -> None:
    seeds = [stateless_seed(a << 32 | b) for a in range(20) for b in range(20)]
    assert len(set(seeds)) == 400
    assert all(-(2**63) <= part < 2**63 for seed in seeds for part in seed)
