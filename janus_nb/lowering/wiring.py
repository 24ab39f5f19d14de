"""Hangs the doors of a lowering: the one page that knows every rule and every kind."""

from __future__ import annotations

from janus_nb.lowering.core.lowering import Doors
from janus_nb.lowering.heap import access, content
from janus_nb.lowering.host import codes
from janus_nb.lowering.rules import builtins, control, exprs, stmts
from janus_nb.lowering.values import calling, items, kinds

DOORS = Doors(
    callees=builtins.RULES,
    expressions=exprs.EXPRESSIONS,
    run=stmts.run,
    bind=stmts.bind,
    call=kinds.call,
    run_generator=calling.run_generator,
    condition=control.condition,
    items_of=kinds.items,
    keys_of=kinds.keys,
    pairs_of=kinds.pairs,
    length=kinds.length,
    method=kinds.method,
    unary=kinds.unary,
    augmented=kinds.augmented,
    attribute=kinds.attribute,
    item=kinds.item,
    truth=kinds.truth,
    compare=kinds.compare,
    binary=kinds.binary,
    text=kinds.text,
    read_slot=access.read_slot,
    computed=content.computed,
    code=codes.code,
    part_in_graph=items.part_in_graph,
)
