"""An `ipykernel` whose shell has the extension loaded and switched on. No engine logic."""

from __future__ import annotations

from typing import Any

from ipykernel.ipkernel import IPythonKernel
from janus_nb.notebook.extension import load


class JanusKernel(IPythonKernel):  # type: ignore[misc]
    """IPython's kernel with JANUS on."""

    implementation = "janus"
    banner = "JANUS: imperative TensorFlow at graph speed. Every cell runs under JANUS; %janus off ends it.\n"

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        load(self.shell).on = True
