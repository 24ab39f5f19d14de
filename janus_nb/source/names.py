"""Which names a piece of code binds, and which it declares to live elsewhere."""

from __future__ import annotations

import ast

_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class _Stores(ast.NodeVisitor):
    def __init__(self) -> None:
        self.stored: dict[str, None] = {}
        self.declared_global: set[str] = set()
        self.declared_nonlocal: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self.stored[node.id] = None

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self.stored[node.name] = None

    visit_AsyncFunctionDef = visit_FunctionDef  # type: ignore[assignment]
    visit_ClassDef = visit_FunctionDef  # type: ignore[assignment]

    def visit_Lambda(self, node: ast.Lambda) -> None:
        """Lambdas bind in a scope of their own."""

    def _comprehension(self, node: ast.AST) -> None:
        for inner in ast.walk(node):
            if isinstance(inner, ast.NamedExpr):
                self.stored[inner.target.id] = None

    visit_ListComp = visit_SetComp = visit_DictComp = visit_GeneratorExp = _comprehension

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self.stored[node.name] = None
        self.generic_visit(node)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.stored[(alias.asname or alias.name).partition(".")[0]] = None

    visit_ImportFrom = visit_Import

    def visit_Global(self, node: ast.Global) -> None:
        self.declared_global.update(node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.declared_nonlocal.update(node.names)


def bound_names(body: list[ast.stmt]) -> _Stores:
    """Names that statements bind in their own scope, in order of appearance, and their declarations.

    >>> sorted(bound_names(ast.parse("for x in y:\\n    z = [w for w in x]").body).stored)
    ['x', 'z']
    """
    visitor = _Stores()
    for statement in body:
        visitor.visit(statement)
    return visitor
