"""The one private exception that unwinds the generator; it is caught in `janus_nb.lowering.generate` alone."""

from __future__ import annotations

from janus_nb.reasons import REASONS, Reason
from janus_nb.span import Span


class Unsupported(Exception):
    """Something has no graph form.

    Attributes:
        reason: The coded reason.
        detail: What exactly, in the user's terms.
        span: Where; filled in by the innermost rule that knows its node.
    """

    def __init__(self, code: str, detail: str, span: Span | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.reason: Reason = REASONS[code]
        self.detail = detail
        self.span = span
