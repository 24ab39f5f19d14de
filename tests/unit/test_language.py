"""Every AST class of this Python is lowered or declined with a reason."""

from __future__ import annotations

import ast

from janus_nb.lowering.core.refusals import REFUSED
from janus_nb.lowering.rules.exprs import EXPRESSIONS
from janus_nb.lowering.rules.stmts import STATEMENTS
from janus_nb.lowering.values.operators import BINARY, COMPARE
from janus_nb.reasons import REASONS


def concrete(base: type) -> set[type]:
    """Classes below `base` that a parser can produce (deprecated aliases of Constant and the like are not)."""
    deprecated = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis", "Index", "ExtSlice", "Suite", "AugLoad", "AugStore", "Param"}
    return {c for c in base.__subclasses__() if c.__name__ not in deprecated and c.__module__ in ("ast", "_ast")}


def test_every_statement_is_lowered_or_declined() -> None:
    for kind in concrete(ast.stmt):
        assert (kind in STATEMENTS) != (kind.__name__ in REFUSED), kind


def test_every_expression_is_lowered_or_declined() -> None:
    for kind in concrete(ast.expr):
        assert (kind in EXPRESSIONS) != (kind.__name__ in REFUSED), kind


def test_every_operator_has_a_meaning() -> None:
    assert concrete(ast.operator) == set(BINARY)
    assert concrete(ast.cmpop) == {*COMPARE, ast.Is, ast.IsNot, ast.In, ast.NotIn}  # identity and membership are no methods of the operands


def test_refusals_have_reasons() -> None:
    assert set(REFUSED.values()) <= set(REASONS)
