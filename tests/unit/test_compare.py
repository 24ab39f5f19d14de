"""What the comparison of two runs notices, and what it does not mind."""

from __future__ import annotations

from typing import Any

import pytest

from tests.programs.compare import differences

COMMON = """
import collections, copy, dataclasses, functools, io, itertools, random
import numpy as np
a = [1]
class C:
    n = 0
    def __init__(self): self.k = 1
class S:
    __slots__ = ("k",)
def f(x, k=1): return x
def gen():
    yield 1
    yield 2
"""
UNLIKE = {
    "int": ("x = 1000", "x = 1001"),
    "int_in_text": ("x = 'step 1000'", "x = 'step 1001'"),
    "float_for_int": ("x = 3", "x = 3.0"),
    "bool_for_int": ("x = 1", "x = True"),
    "float_for_int_in_text": ("x = '3'", "x = '3.0'"),
    "small_numbers_in_text": ("x = '1e-05'", "x = '0.001'"),
    "sign_of_zero": ("x = 0.0", "x = -0.0"),
    "sign_of_zero_in_array": ("x = np.array([0.0])", "x = np.array([-0.0])"),
    "sign_of_zero_in_text": ("x = '0.0'", "x = '-0.0'"),
    "nan": ("x = float('nan')", "x = 1.0"),
    "last_bit": ("x = 0.1 + 0.2", "x = 0.3"),
    "last_bit_of_an_array": ("x = np.array([0.1 + 0.2])", "x = np.array([0.3])"),
    "numpy_for_python": ("x = 1.0", "x = np.float64(1.0)"),
    "dtype": ("x = np.zeros(2)", "x = np.zeros(2, 'float32')"),
    "shape": ("x = np.zeros(1)", "x = np.zeros(())"),
    "writeable": ("x = np.zeros(1)", "x = np.zeros(1); x.flags.writeable = False"),
    "shared_eagerly": ("x, y = a, a", "x, y = a, [1]"),
    "shared_under_janus": ("x, y = a, [1]", "x, y = a, a"),
    "shared_array": ("x = np.zeros(2); y = x", "x = np.zeros(2); y = np.zeros(2)"),
    "two_arrays_made_one": ("x = np.zeros(2); y = np.zeros(2)", "x = np.zeros(2); y = x"),
    "view": ("x = np.zeros(2); y = x[:1]", "x = np.zeros(2); y = x[:1].copy()"),
    "shared_set": ("x = {1}; y = x", "x = {1}; y = {1}"),
    "empty_lists_made_one": ("x = [[], []]", "x = [[]] * 2"),
    "keys_order": ("x = {'a': 1, 'b': 2}", "x = {'b': 2, 'a': 1}"),
    "key_type": ("x = {1: 'a'}", "x = {True: 'a'}"),
    "set": ("x = {1, 2}", "x = {1, 3}"),
    "element_type_in_set": ("x = {1}", "x = {1.0}"),
    "maxlen": ("x = collections.deque([1], 3)", "x = collections.deque([1], 4)"),
    "default_factory": ("x = collections.defaultdict(list)", "x = collections.defaultdict(set)"),
    "class_attribute": ("C.n = 1", "C.n = 2"),
    "class_gains_a_name": ("pass", "C.extra = 1"),
    "instance_gains_a_name": ("x = C()", "x = C(); x.extra = 1"),
    "instance_lacks_a_name": ("x = C()", "x = C(); del x.k"),
    "slot": ("x = S(); x.k = 1", "x = S(); x.k = 2"),
    "slot_unset": ("x = S(); x.k = 1", "x = S()"),
    "class": ("x = C()", "class D(C): pass\nx = C()\nx.__class__ = D\ndel D"),
    "function_attribute": ("f.n = 1", "f.n = 2"),
    "defaults": ("pass", "f.__defaults__ = (2,)"),
    "closure": ("k = 1\nx = (lambda k: lambda: k)(1)", "k = 1\nx = (lambda k: lambda: k)(2)"),
    "qualname": ("pass", "f.__qualname__ = 'outer.f'"),
    "doc": ("pass", "f.__doc__ = 'x'"),
    "annotations": ("pass", "__annotations__ = {'x': int}"),
    "generator_position": ("x = gen(); next(x)", "x = gen()"),
    "iterator_position": ("x = iter([1, 2, 3]); next(x)", "x = iter([1, 2, 3])"),
    "zip_position": ("x = zip(range(9), range(9)); next(x)", "x = zip(range(9), range(9))"),
    "iterator_over_another_list": ("x = iter(a)", "x = iter([1])"),
    "count": ("x = itertools.count(3)", "x = itertools.count(4)"),
    "generator_of_numbers": ("x = np.random.default_rng(0); x.random()", "x = np.random.default_rng(0)"),
    "old_generator_of_numbers": ("x = np.random.RandomState(0); x.rand()", "x = np.random.RandomState(0)"),
    "random": ("x = random.Random(0); x.random()", "x = random.Random(0)"),
    "exception": ("x = ValueError(1)", "x = ValueError(2)"),
    "cause": ("x = ValueError(1)", "x = ValueError(1); x.__cause__ = KeyError(2)"),
    "partial": ("x = functools.partial(f, 1)", "x = functools.partial(f, 2)"),
    "text_of_a_stream": ("x = io.StringIO(); x.write('a')", "x = io.StringIO(); x.write('b')"),
    "position_in_a_stream": ("x = io.StringIO('ab'); x.read(1)", "x = io.StringIO('ab')"),
    "name": ("x = 1", "x = 1; y = 2"),
    "order_of_names": ("x = 1; y = 2", "y = 2; x = 1"),
    "deep": ("x = 1\nfor _ in range(5000): x = [x]", "x = 2\nfor _ in range(5000): x = [x]"),
    "bound_method": ("x = C(); y = x.__init__", "x = C(); y = C().__init__"),
    "dataclass": ("x = dataclasses.make_dataclass('P', ['k'])(1)", "x = dataclasses.make_dataclass('P', ['k'])(2)"),
    "list_subclass": ("class L(list): pass\nx = L([1]); x.k = 1", "class L(list): pass\nx = L([1]); x.k = 2"),
}  # fmt: skip
ALIKE = {
    "cycle": "x = [1]; x.append(x)",
    "nan": "x = [float('nan'), np.array([float('nan')])]",
    "address": "x = repr(C())",
    "generator": "x = gen(); next(x)",
    "all_kinds": "x = [C(), S(), f, gen, {1: a}, {1, 2}, (1, a), np.zeros(2), range(3), b'a', 1j, None, ..., C, io.StringIO('a'), slice(1), len]",
    "tuples_of_numbers": "x = (1, 2); y = (1, 2)",
}
FLOATS = {
    "value": ("x = 0.1", "x = 0.1000001", True),
    "text": ("x = 'loss 0.1000'", "x = 'loss 0.1001'", True),
    "integer_beside": ("x = 'step 1000 loss 0.1000'", "x = 'step 1001 loss 0.1000'", False),
    "array": ("x = np.array([1.0, 0.0])", "x = np.array([1.0, 1e-6])", True),
    "too_far": ("x = 0.1", "x = 0.11", False),
    "integer": ("x = 1000000", "x = 1000001", False),
    "integer_array": ("x = np.array([1000000])", "x = np.array([1000001])", False),
    "type": ("x = 3", "x = 3.0", False),
    "type_in_text": ("x = '3'", "x = '3.0'", False),
}


def world(code: str) -> dict[str, Any]:
    namespace: dict[str, Any] = {"__name__": "__main__"}
    exec(COMMON + code, namespace)
    return namespace


@pytest.mark.parametrize("name", UNLIKE)
def test_a_difference_is_noticed(name: str) -> None:
    eager, janus = UNLIKE[name]
    assert differences(world(eager), world(janus))
    assert differences(world(janus), world(eager))
    assert not differences(world(eager), world(eager))


@pytest.mark.parametrize("name", ALIKE)
def test_no_difference_is_imagined(name: str) -> None:
    assert not differences(world(ALIKE[name]), world(ALIKE[name]))


@pytest.mark.parametrize("name", FLOATS)
def test_a_tolerance_is_for_floats_alone(name: str) -> None:
    eager, janus, near = FLOATS[name]
    assert (not differences(world(eager), world(janus), 1e-4)) is near
