"""The widget: the page, alive. One component in two uses.

* As a *companion* of a kernel it shows nothing of its own. It finds the pages of this kernel's reports in the notebook,
  which are ordinary outputs, and brings them to life. So what is saved is the page itself, and never "model not found".
* As a widget of its own (`report.widget()`) it shows a page wherever widgets are shown.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from importlib import resources
from typing import Any

import anywidget
import traitlets

from janus_nb.view.model import Model, as_data
from janus_nb.view.page import render

KEPT = 30
"""Reports whose data are kept for pages that come into sight later."""

SCRIPT = resources.files("janus_nb.view").joinpath("static/janus.js").read_text(encoding="utf-8")


class PageWidget(anywidget.AnyWidget):  # type: ignore[misc]
    """A page with its script. Shown where widgets are; elsewhere its page is shown as it is."""

    _esm = SCRIPT
    html = traitlets.Unicode("").tag(sync=True)
    data = traitlets.Unicode("").tag(sync=True)

    @classmethod
    def of(cls, model: Model) -> PageWidget:
        """The widget of a report."""
        return cls(html=render(model), data=json.dumps(as_data(model), separators=(",", ":")))

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = super()._repr_mimebundle_(**kwargs)
        data = bundle[0] if isinstance(bundle, tuple) else bundle
        if data:
            data["text/html"], data["text/plain"] = self.html, "a JANUS report"
        return bundle


class Companion(anywidget.AnyWidget):  # type: ignore[misc]
    """Brings the pages of a kernel's reports to life. There is one for a kernel, and it is never displayed."""

    _esm = SCRIPT

    def __init__(self) -> None:
        super().__init__()
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self.on_msg(self._asked)

    def tell(self, page: str, model: Model) -> None:
        """A page is about to be shown."""
        name = page_name(page)
        self._kept[name] = as_data(model)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        self.send({"janus": "page", "name": name, "data": self._kept[name]})

    def _asked(self, widget: Any, content: Any, buffers: Any) -> None:
        """Pages have come into sight."""
        names = content.get("names", []) if isinstance(content, dict) and content.get("janus") == "want" else []
        for name in names:
            if name in self._kept:
                self.send({"janus": "page", "name": name, "data": self._kept[name]})


def page_name(page: str) -> str:
    """The name under which a page stands in its document."""
    return page.rpartition('data-janus="')[2].partition('"')[0]


__all__ = ["Companion", "PageWidget", "page_name"]
