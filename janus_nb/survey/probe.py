"""Inside a kernel: after every cell, every name of the program as plain data, and JANUS's verdict.

    model.weights, losses, x   ->   {"losses": ("list", [("float", 0.31), ...]), "x": ("array", "float32", (3, 4), [...])}

Plain data travels between processes without the program's own classes. What is not data (modules, functions, classes) is told by its kind only. Arrays of more
than `ELEMENTS` elements are told by a sample at fixed places and their sum.
"""

from __future__ import annotations

import contextlib
import pickle
import sys
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

ELEMENTS = 200_000
"""Larger arrays are sampled."""

NODES = 20_000
"""Objects of one cell's names that are looked at."""

DEPTH = 12

_PLAIN = (bool, int, float, complex, str, bytes, type(None))
_OPAQUE = (types.ModuleType, types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)


class Reader:
    """One look at a namespace."""

    def __init__(self, user_files: str) -> None:
        self.user_files = user_files
        self.left = NODES
        self.on_path: set[int] = set()

    def read(self, value: Any, depth: int = 0) -> Any:
        """A value as plain data."""
        self.left -= 1
        if isinstance(value, _PLAIN) and type(value) in _PLAIN:
            return (type(value).__name__, value)
        if self.left < 0 or depth > DEPTH or id(value) in self.on_path or isinstance(value, _OPAQUE):
            return ("other", type(value).__name__)
        self.on_path.add(id(value))
        try:
            return self._parts(value, depth + 1)
        finally:
            self.on_path.discard(id(value))

    def _parts(self, value: Any, depth: int) -> Any:
        array = as_array(value)
        if array is not None:
            return ("array", type(value).__name__, *_array(array))
        if isinstance(value, list | tuple):
            return (type(value).__name__, [self.read(item, depth) for item in value])
        if isinstance(value, set | frozenset):
            return (type(value).__name__, sorted(repr(self.read(item, depth)) for item in value))
        if isinstance(value, Mapping):
            return (type(value).__name__, [(self.read(k, depth), self.read(v, depth)) for k, v in value.items()])
        weights = getattr(value, "get_weights", None)
        if callable(weights) and type(value).__module__ != "builtins":
            with contextlib.suppress(Exception):  # a model without weights yet, or an object that means something else by it
                return (type(value).__name__, [self.read(w, depth) for w in weights()])
        if self._is_users(type(value)):
            held = getattr(value, "__dict__", {})
            return (type(value).__name__, [(name, self.read(v, depth)) for name, v in held.items()])
        return ("other", type(value).__name__)

    def _is_users(self, kind: type) -> bool:
        module = sys.modules.get(kind.__module__)
        return kind.__module__ == "__main__" or str(getattr(module, "__file__", "")).startswith(self.user_files)


def as_array(value: Any) -> np.ndarray[Any, Any] | None:
    """An array, a number of NumPy's, a tensor or a variable as an array; `None` for all else."""
    if isinstance(value, np.ndarray | np.generic):
        return np.asarray(value)
    if type(value).__module__.partition(".")[0] in ("tensorflow", "keras") and hasattr(value, "numpy"):
        with contextlib.suppress(Exception):  # a symbolic tensor, a ragged one, a variable that was never initialised
            return np.asarray(value.numpy())
    return None


def _array(array: np.ndarray[Any, Any]) -> tuple[Any, ...]:
    if array.dtype.kind not in "biufcSU":
        return str(array.dtype), array.shape, repr(array.tolist())[:2000]
    if array.size <= ELEMENTS:
        return str(array.dtype), array.shape, np.ascontiguousarray(array)
    flat = array.reshape(-1)
    sample = flat[:: flat.size // 1000]
    total = float(np.sum(flat, dtype=np.float64)) if array.dtype.kind in "biuf" else 0.0
    return (
        str(array.dtype),
        array.shape,
        np.concatenate([sample.astype(np.float64, casting="unsafe"), [total]]) if array.dtype.kind in "biuf" else sample,
    )


def snapshot(namespace: Mapping[str, Any], user_files: str) -> dict[str, Any]:
    """A program's names, as plain data; IPython's own and those with an underscore are left out."""
    reader = Reader(user_files)
    hidden = {"In", "Out", "get_ipython", "exit", "quit", "open"}
    names = [name for name in namespace if not name.startswith("_") and name not in hidden]
    return {name: reader.read(namespace[name]) for name in names}


def install(shell: Any, folder: str, user_files: str, janus: bool) -> None:
    """After every cell from now on, write what was seen to `folder/N.pickle`."""
    number = iter(range(1_000_000))

    def after(result: Any) -> None:
        at = next(number)
        if at == 0:
            return  # the cell that installed this
        seen = {"names": snapshot(shell.user_ns, user_files), "verdict": _verdict() if janus else None}
        Path(folder, f"{at - 1}.pickle").write_bytes(pickle.dumps(seen))

    shell.events.register("post_run_cell", after)


def _verdict() -> tuple[int, Any]:
    """The last report's verdict, and which report it was."""
    from janus_nb.function import runtime
    from janus_nb.survey.verdict import verdict

    report = runtime.last
    return (0, None) if report is None else (id(report), verdict([report]).as_data())


__all__ = ["Reader", "as_array", "install", "snapshot"]
