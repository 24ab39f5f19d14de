"""Python's own functions and containers."""

from __future__ import annotations

from janus_nb.lowering.library.row import SELF, Row, host, pure, refused

_TEXT = """
capitalize center count endswith expandtabs find index isalnum isalpha isascii isdigit islower isspace istitle isupper join ljust lower lstrip partition
removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title translate upper zfill
"""
_SET = "union intersection difference symmetric_difference issubset issuperset isdisjoint"
_DICTIONARIES = ("builtins.dict", "collections.OrderedDict", "collections.defaultdict", "collections.Counter")

BUILTINS: tuple[Row, ...] = (
    *pure(
        "builtins",
        "abs round divmod pow sum str repr format int float bool complex bytes bytearray len list tuple dict set frozenset hash ord chr hex bin oct ascii"
        " any all type slice range issubclass",
    ),
    *pure("builtins", "sorted", callbacks=("key",)),
    *pure("builtins", "min max", callbacks=("key",), new=False),
    *pure("builtins", "reversed enumerate zip", lazy=True),
    *pure("builtins", "map filter", callbacks=(0,), lazy=True),
    *host("builtins", "print"),
    *refused(
        "builtins",
        "open input exec eval compile globals locals vars setattr delattr iter next __import__ breakpoint exit quit id object super memoryview",
        why="acts on the host",
    ),
    # -- text and numbers
    *(row for kind in ("str", "bytes", "bytearray") for row in pure(f"builtins.{kind}", _TEXT)),
    *pure("builtins.str", "casefold encode format isdecimal isidentifier isnumeric isprintable maketrans"),
    *(row for kind in ("bytes", "bytearray") for row in pure(f"builtins.{kind}", "decode hex fromhex")),
    *pure("builtins.int", "as_integer_ratio bit_length bit_count conjugate is_integer to_bytes from_bytes"),
    *pure("builtins.float", "as_integer_ratio conjugate is_integer hex fromhex"),
    *pure("builtins.complex", "conjugate"),
    # -- sequences
    *(row for kind in ("list", "tuple", "range") for row in pure(f"builtins.{kind}", "index count")),
    *pure("builtins.list", "copy", flat=True),
    *pure("builtins.list", "append extend insert pop remove clear reverse", changes=(SELF,)),
    *pure("builtins.list", "sort", changes=(SELF,), callbacks=("key",)),
    *pure("builtins.bytearray", "append extend insert pop remove clear reverse", changes=(SELF,)),
    *pure("collections.deque", "index count"),
    *pure("collections.deque", "copy", flat=True),
    *pure("collections.deque", "append appendleft extend extendleft insert pop popleft remove clear reverse rotate", changes=(SELF,)),
    # -- dictionaries and sets
    *(row for kind in _DICTIONARIES for row in pure(kind, "get", flat=True, new=False)),
    *(row for kind in _DICTIONARIES for row in pure(kind, "keys values items", flat=True, view=True)),
    *(row for kind in _DICTIONARIES for row in pure(kind, "copy", flat=True)),
    *(row for kind in _DICTIONARIES for row in pure(kind, "pop popitem setdefault update clear", changes=(SELF,))),
    *pure("builtins.dict", "fromkeys"),
    *pure("collections.OrderedDict", "move_to_end", changes=(SELF,)),
    *pure("collections.Counter", "most_common total"),
    *pure("collections.Counter", "elements", lazy=True),
    *pure("collections.Counter", "subtract", changes=(SELF,)),
    *(row for kind in ("set", "frozenset") for row in pure(f"builtins.{kind}", _SET)),
    *(row for kind in ("set", "frozenset") for row in pure(f"builtins.{kind}", "copy", flat=True)),
    *pure(
        "builtins.set",
        "add discard remove pop clear update intersection_update difference_update symmetric_difference_update",
        changes=(SELF,),
    ),
    *pure("collections", "Counter OrderedDict deque"),
    # -- `box += other`: replay calls what the operator calls
    *(
        row
        for kind in ("builtins.list", "builtins.bytearray", "collections.deque")
        for row in pure(kind, "__iadd__ __imul__", changes=(SELF,), new=False)
    ),
    *(
        row
        for kind in ("builtins.dict", "collections.OrderedDict", "collections.defaultdict")
        for row in pure(kind, "__ior__", changes=(SELF,), new=False)
    ),
    *pure("builtins.set", "__ior__ __iand__ __isub__ __ixor__", changes=(SELF,), new=False),
    *pure("collections.Counter", "__iadd__ __isub__ __ior__ __iand__", changes=(SELF,), new=False),
)
