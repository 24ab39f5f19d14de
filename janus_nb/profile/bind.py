"""How the session travels: as a constant of the instrumented code, so that no namespace holds a name of ours.

    compile(copy)          LOAD_CONST "session of JANUS 5f0c.."      the same for all sessions: kept, and compiled once
    bind(code, session)    LOAD_CONST <Session>                      this cell's, or this decorated function's, own

Two cells in two threads, or a decorated function inside a cell, each call their own session.
"""

from __future__ import annotations

import secrets
from types import CodeType
from typing import Any

SESSION = f"session of JANUS {secrets.token_hex(16)}"
"""Stands for the session in a copy that is not bound to one. It is another text in every process: no program can hold it."""


def bind(code: CodeType, session: Any) -> CodeType:
    """The code with this session in place of `SESSION`; code without it, as that of the user's functions, is the same object."""
    return _with_constants(code, lambda value: session if type(value) is str and value == SESSION else value)


def renamed(code: CodeType, prefix: str, name: str) -> CodeType:
    """The code with another qualified name, of itself and of all functions and classes defined in it."""

    def of_class(value: Any) -> Any:
        return name + value[len(prefix) :] if type(value) is str and value.startswith(prefix) else value

    made = _with_constants(code, of_class)
    return _requalified(made, prefix, name) if hasattr(code, "co_qualname") else made


def _requalified(code: CodeType, prefix: str, name: str) -> CodeType:
    """The code with its `co_qualname` (from Python 3.11 on) and that of nested code changed."""
    consts = tuple(_requalified(c, prefix, name) if isinstance(c, CodeType) else c for c in code.co_consts)
    own: str = code.co_qualname
    changed = name + own[len(prefix) :] if own.startswith(prefix) else own
    return code.replace(co_consts=consts, co_qualname=changed)


def _with_constants(code: CodeType, change: Any) -> CodeType:
    """The code with its constants changed, and those of nested code; the same object if none changes."""
    consts = tuple(_with_constants(c, change) if isinstance(c, CodeType) else change(c) for c in code.co_consts)
    if all(new is old for new, old in zip(consts, code.co_consts, strict=True)):
        return code
    return code.replace(co_consts=consts)


__all__ = ["SESSION", "bind", "renamed"]
