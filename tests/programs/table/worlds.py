"""Where the table's programs run: on TensorFlow, or on the library in a page of NumPy, without importing TensorFlow."""

from __future__ import annotations

import functools
import linecache
import sys
import types
from collections.abc import Callable
from typing import Any

from tests.programs.program import Program
from tests.programs.recording import Result, observed

SECONDS = 20.0
"""How long a program may run. One that is not done then hangs."""


class World:
    """Runs programs eagerly and under JANUS."""

    def __init__(self, fake: bool) -> None:
        self.fake = fake
        self.states: Callable[[], dict[str, Any]] = dict
        if fake:
            _install_fake()
            import tests.programs.table.fakelib as tensors
        else:
            import tensorflow as tensors

            from tests.programs.harness import random_states

            self.states = random_states
        self.tensors = tensors
        import janus_nb
        from janus_nb.function import runtime

        self.janus = janus_nb
        self.runtime = runtime

    def run(self, program: Program, janus: bool, **extra: Any) -> Result:
        """Run a program once."""
        options = {"profile": 1, "generate": "always", "view": "none", **program.options, **extra}
        if self.fake:
            options["generate"] = "always"
        decorated: list[Any] = []

        def accelerate(function: Any) -> Any:
            if janus:
                function = self.janus.function(**{**options, "profile": 1, "generate": "always"})(function)
                decorated.append(function)
            return function

        namespace: dict[str, Any] = {"__name__": "__main__", "tf": self.tensors, "accelerate": accelerate}
        if not self.fake:
            self.tensors.random.set_seed(7)
        with observed(namespace, SECONDS, self.states) as result:
            exec(_compiled(program.setup, "<cell-setup>"), namespace)
            for cell in (program.cell, *program.again):
                if janus:
                    result.cell(functools.partial(self.janus.run_cell, cell, namespace, **options))
                    result.reports.append(self.janus.explain())
                else:
                    result.cell(functools.partial(exec, _compiled(cell, "<eager>"), namespace))
        result.reports += [self.janus.explain(function) for function in decorated]
        del namespace["accelerate"], namespace["tf"]
        return result

    def forget(self) -> None:
        """Drop all graphs."""
        self.runtime.forget()


def _compiled(text: str, file: str) -> types.CodeType:
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    return compile(text, file, "exec", dont_inherit=True)


@functools.cache
def _install_fake() -> None:
    """Let the engine take the fake library for its tensor library, for the rest of the process."""
    import janus_nb.source.units as units
    import janus_nb.tf
    import janus_nb.tf.waiting as waiting
    from janus_nb.lowering.library.row import Effect, Row
    from janus_nb.lowering.library.table import KNOWLEDGE

    from tests.programs.table import fakelib
    from tests.unit import fake

    assert "tensorflow" not in sys.modules
    module: Any = types.ModuleType("janus_nb.tf.backend")
    backend = fake.FakeBackend()
    module.backend = lambda: backend
    sys.modules["janus_nb.tf.backend"] = module
    janus_nb.tf.backend = module
    waiting.present_backend = lambda: backend  # type: ignore[assignment]
    found, own = units.find_user_file, {fake.__file__, fakelib.__file__}
    units.find_user_file = lambda file: file not in own and found(file)  # type: ignore[assignment]
    KNOWLEDGE.add(Row(f"{m.__name__}.*", Effect.TRACED) for m in (fakelib, fake))
    import janus_nb.function
    from janus_nb.runtime.judge import Judge

    for part in [m for name, m in sys.modules.items() if name.startswith("janus_nb") and hasattr(m, "MIN_SECONDS")]:
        part.MIN_SECONDS = 0.0  # type: ignore[attr-defined]
    Judge.speed = lambda *a: None  # type: ignore[method-assign]
