r"""Source spans: where in the user's text something stands, and how to show it.

Before/after:

    >>> text = "for b in data:\n    yield model(b)\n"
    >>> print(Span("cell", 2, 4, 2, 18).render(text))
      1 | for b in data:
    > 2 |     yield model(b)
      |     ^^^^^^^^^^^^^^
"""

from __future__ import annotations

import ast
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Span:
    """A range of source text.

    Attributes:
        file: The name under which the text was compiled (a cell's or a module's file name).
        line: First line, counted from 1 as Python does.
        col: First column in characters of that line, counted from 0.
        end_line: Last line, inclusive.
        end_col: Column after the last character.
    """

    file: str
    line: int
    col: int
    end_line: int
    end_col: int

    @classmethod
    def of(cls, node: ast.AST, file: str) -> Span:
        """The span of an AST node that carries a location."""
        line = getattr(node, "lineno", 1)
        col = getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", None) or line
        end_col = getattr(node, "end_col_offset", None) or col + 1
        return cls(file, line, col, end_line, end_col)

    @classmethod
    def over(cls, first: ast.AST, last: ast.AST, file: str) -> Span:
        """The span from the beginning of one node to the end of another."""
        begin, end = cls.of(first, file), cls.of(last, file)
        return cls(file, begin.line, begin.col, end.end_line, end.end_col)

    def render(self, text: str, context: int = 1) -> str:
        """The spanned line with `context` lines before it, and carets under the range."""
        lines = text.splitlines()
        if not 1 <= self.line <= len(lines):
            return f"  line {self.line}"
        width = len(str(self.line))
        shown = []
        for number in range(max(1, self.line - context), self.line + 1):
            mark = ">" if number == self.line else " "
            shown.append(f"{mark} {number:>{width}} | {lines[number - 1]}")
        end = self.end_col if self.end_line == self.line else len(lines[self.line - 1])
        carets = "^" * max(1, end - self.col)
        shown.append(f"  {'':>{width - 1}}| {' ' * self.col}{carets}")
        return "\n".join(shown)
