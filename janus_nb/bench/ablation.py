"""The paper's ablation: what each optimisation brings, one added after the other, in one process, interleaved.

IMP      eager
BASE     a graph per iteration: general shapes, no constants, inner loops as loops, nothing in parallel
+UNRL    inner loops unrolled as often as they were seen to run
+SPCN    specialised on exact shapes and constant values
+PARL    operations of unlike iterations may overlap
+STEPS   many iterations a call                                                         (ours)
+XLA     compiled where measuring says so                                               (ours)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from janus_nb.bench.measure import Outcome, Running, Timing, eager_start, janus_start, settle, timed
from janus_nb.bench.program import Program

_OFF: dict[str, Any] = {"unroll": False, "specialize": False, "parallel": False, "multistep": False, "xla": "off", "generate": "always"}

BARS: dict[str, dict[str, Any]] = {
    "BASE": _OFF,
    "+UNRL": {**_OFF, "unroll": True},
    "+SPCN": {**_OFF, "unroll": True, "specialize": True},
    "+PARL": {**_OFF, "unroll": True, "specialize": True, "parallel": True},
    "+STEPS": {"xla": "off", "generate": "always"},
    "+XLA": {"generate": "always"},
}


def ablate(program: Program, rounds: int = 3, progress: Callable[[str], None] = lambda text: None) -> Outcome:
    """Measure one program under each set of switches; "IMP" is eager."""
    running = {"eager": Running(program, eager_start(program))}
    running |= {bar: Running(program, janus_start(program, options)) for bar, options in BARS.items()}
    outcome = Outcome(program, {name: Timing() for name in running})
    for bar in BARS:
        progress(f"{program.name}: {bar} is generated")
        running[bar].run(min(program.count, max(12, -(-40 // program.unit))))
    settle(program, running["+XLA"], progress)
    timed(program, running, outcome, rounds, progress)
    outcome.timings = {"IMP" if name == "eager" else name: timing for name, timing in outcome.timings.items()}
    return outcome


__all__ = ["BARS", "ablate"]
