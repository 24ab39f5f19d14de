"""Hangs the doors of a lowering: the one page that knows every rule."""

from __future__ import annotations

from janus_nb.lowering.core.lowering import Doors
from janus_nb.lowering.heap import access, content
from janus_nb.lowering.host import codes
from janus_nb.lowering.rules import calls, control, exprs, stmts
from janus_nb.lowering.values import attributes, items, operators

DOORS = Doors(
    expressions=exprs.EXPRESSIONS,
    run=stmts.run,
    bind=stmts.bind,
    call=calls.call,
    run_generator=calls.run_generator,
    condition=control.condition,
    items_of=control.known_items,
    keys_of=control.dict_keys,
    pairs_of=exprs.known_pairs,
    attribute=attributes.load_attribute,
    item=items.load_item,
    truth=operators.truth,
    compare=operators.compare,
    binary=operators.binary,
    text=exprs.format_value,
    read_slot=access.read_slot,
    computed=content.computed,
    code=codes.code,
    part_in_graph=items.part_in_graph,
)
