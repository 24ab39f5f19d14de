"""Progress bars: they move when an iteration is final."""

from __future__ import annotations

from janus_nb.lowering.library.row import Row, host

TQDM: tuple[Row, ...] = host("tqdm.tqdm", "update set_postfix set_postfix_str set_description set_description_str refresh display write reset")
