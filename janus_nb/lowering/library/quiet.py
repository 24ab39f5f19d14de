"""Nothing is printed, logged, written or sent while a library is traced: such a call is refused before it happens.

    with quiet():
        callback.on_epoch_end(...)     # opens a file for writing -> Unsupported, and no file

The doors to the outside are exchanged while a library call is traced, and only then; other threads pass through.
"""

from __future__ import annotations

import builtins
import contextlib
import functools
import io
import logging
import os
import socket
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

from janus_nb.lowering.core.unsupported import Unsupported

_OWN_FILES = ("__pycache__", "__autograph_generated_file")
"""What Python and TensorFlow write for themselves when they load code."""

_DOORS: tuple[tuple[Any, str], ...] = (
    *((os, name) for name in (
        "remove", "unlink", "rename", "replace", "mkdir", "rmdir", "link", "symlink", "truncate", "chdir", "chmod", "system", "fork", "kill", "putenv",
        "unsetenv", "write", "startfile",
    ) if hasattr(os, name)),
    (time, "sleep"), (builtins, "input"), (subprocess, "Popen"), (socket, "socket"), (socket, "create_connection"),
)  # fmt: skip
"""Functions whose every call is an effect."""

_refused: dict[int, Unsupported | None] = {}
_lock = threading.RLock()
_before: list[tuple[Any, str, Any]] = []


def _refuse(what: str) -> None:
    """Refuse what this thread's library call is about to do, even if the library catches the exception."""
    me = threading.get_ident()
    refusal = _refused[me] = Unsupported("JN201", what)
    raise refusal


def _is_traced() -> bool:
    return threading.get_ident() in _refused


def _door(real: Callable[..., Any], name: str) -> Callable[..., Any]:
    @functools.wraps(real, updated=())
    def door(*args: Any, **kwargs: Any) -> Any:
        if _is_traced() and not any(own in str(arg) for arg in args for own in _OWN_FILES):
            _refuse(f"a library acts on the host: {name}()")
        return real(*args, **kwargs)

    return door


def _opening(real: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(real, updated=())
    def opening(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:
        if _is_traced() and any(letter in mode for letter in "wax+") and not any(own in str(file) for own in _OWN_FILES):
            _refuse(f"a library writes to {file!s:.80}")
        return real(file, mode, *args, **kwargs)

    return opening


def _logging(real: Callable[..., Any]) -> Callable[..., Any]:
    def handle(self: logging.Logger, record: logging.LogRecord) -> None:
        if _is_traced():
            _refuse(f"a library writes to its log: {record.getMessage()[:80]}")
        real(self, record)

    return handle


def _warning(real: Callable[..., Any]) -> Callable[..., Any]:
    """What a library warns of while a graph is built says nothing about the user's program: it is dropped, unless the user asked to see all."""

    @functools.wraps(real, updated=())
    def warn(message: Any, category: Any = None, stacklevel: int = 1, *args: Any, **kwargs: Any) -> None:
        if not _is_traced():
            real(message, category, stacklevel + 1, *args, **kwargs)
        elif _wanted(message, category):
            _refuse(f"a library warns: {str(message)[:80]}")

    return warn


def _wanted(message: Any, category: Any) -> bool:
    """Whether a warning is to be shown every time, or raised."""
    kind = type(message) if isinstance(message, Warning) else category or UserWarning
    for action, text, wanted, _, _ in warnings.filters:
        if issubclass(kind, wanted) and (text is None or text.match(str(message))):  # type: ignore[union-attr]
            return action in ("always", "all", "error")
    return False


class _Silent:
    """Standard output while a library is traced."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def write(self, text: str) -> Any:
        if _is_traced():
            _refuse("a library writes output")
        return self._stream.write(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


def _exchange() -> None:
    """Put every door's guarded form in its place."""
    forms: list[tuple[Any, str, Callable[[Any], Any]]] = [
        *((owner, name, functools.partial(_door, name=name)) for owner, name in _DOORS),
        (builtins, "open", _opening), (io, "open", _opening), (logging.Logger, "handle", _logging), (warnings, "warn", _warning),
        (sys, "stdout", _Silent), (sys, "stderr", _Silent),
    ]  # fmt: skip
    for owner, name, form in forms:
        real = getattr(owner, name)
        _before.append((owner, name, real))
        setattr(owner, name, form(real))


def _back() -> None:
    while _before:
        owner, name, real = _before.pop()
        setattr(owner, name, real)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """While inside, effects of library code in this thread are refused.

    Raises:
        Unsupported: JN201, also if the library has caught it.
    """
    me = threading.get_ident()
    with _lock:
        if not _refused:
            _exchange()
        inner = me in _refused
        _refused.setdefault(me, None)
    try:
        yield
        refusal = _refused[me]
        if refusal is not None:
            raise refusal
    finally:
        with _lock:
            if not inner:
                del _refused[me]
            if not _refused:
                _back()
