"""Documents: the page, its data and the script that brings it to life, in one file that needs nothing else."""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

from janus_nb.view.model import Model, as_data
from janus_nb.view.page import render


def asset(name: str) -> str:
    """A file of the package."""
    return resources.files("janus_nb.view").joinpath(f"static/{name}").read_text(encoding="utf-8")


def script() -> str:
    """The component's script as a part of a document's own module."""
    return asset("janus.js").partition("export default")[0].replace("export function", "function")


def embedded(model: Model) -> str:
    """The page with its data beside it, for a script to find."""
    data = json.dumps(as_data(model), separators=(",", ":"), ensure_ascii=False).replace("</", "<\\/")
    return f'<section>{render(model)}<script type="application/json" class="janus-data">{data}</script></section>'


def document(parts: Sequence[tuple[str, Model]], title: str, after: Sequence[str] = ()) -> str:
    """A whole document of one or more reports, each under a heading (or none), with HTML of its own `after` it."""
    more = [*after, *[""] * (len(parts) - len(after))]
    body = "\n".join((f"<h2>{escape(head)}</h2>" if head else "") + embedded(model) + tail for (head, model), tail in zip(parts, more, strict=True))
    return Template(asset("document.html")).substitute(title=escape(title), body=body, script=script())


__all__ = ["asset", "document", "embedded", "script"]
