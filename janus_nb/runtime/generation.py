"""Generation: a region's new version, compiled and put into the cache; or what has no graph form. Whether one is wanted is not asked here."""

from __future__ import annotations

import time
from collections.abc import MutableMapping
from typing import Any

from janus_nb.backend import Backend
from janus_nb.cache.lookup import insert
from janus_nb.cache.version import Version
from janus_nb.config import Options
from janus_nb.lowering.generate import Target, generate
from janus_nb.lowering.program import Program, Refusal
from janus_nb.profile.recorder import Recorder
from janus_nb.runtime.announcer import Announcer
from janus_nb.runtime.choice import BackendChoice
from janus_nb.runtime.commit import surely
from janus_nb.runtime.region import Region, Status

CAPACITY = 256
"""Iterations of one call of a graph that is compiled with XLA because the user asked for it."""


class Generation:
    """Generates the versions of a session."""

    def __init__(self, backend: Backend, options: Options, recorder: Recorder, choice: BackendChoice, announce: Announcer) -> None:
        self.backend = backend
        self.options = options
        self.recorder = recorder
        self.choice = choice
        self.announce = announce

    def make(self, region: Region, target: Target, names: MutableMapping[str, Any]) -> Version | Refusal:
        """A new version of the region for the state of things now, or what has no graph form."""
        started = time.perf_counter()
        made = self._program(region, target, names)
        if isinstance(made, Refusal):
            return made
        version, against = self._compiled(region, target, made)
        region.made += 1
        region.refusals = 0
        insert(region.versions, version)
        region.status = Status.READY
        self.announce.generated(region, version, time.perf_counter() - started)
        self.choice.first(region, version, against)
        for refusal in made.left:
            self.announce.seam(region, refusal)
        return version

    def _program(self, region: Region, target: Target, names: MutableMapping[str, Any]) -> Program | Refusal:
        policy = region.policy
        policy.branches, policy.trips = self.recorder.branches, self.recorder.trips
        policy.specialize, policy.unroll = self.options.specialize, self.options.unroll
        made = generate(self.backend, target, policy, names, f"region_{region.number}")
        if isinstance(made, Refusal) and not target.single:
            made = self._without_rare_branch(region, target, names, made)
        return made

    def _without_rare_branch(self, region: Region, target: Target, names: MutableMapping[str, Any], refusal: Refusal) -> Program | Refusal:
        """What a branch does may keep all the rest from having a graph: the direction seen later is left to Python, then."""
        policy = region.policy
        spans = [s for s in policy.usual if s not in policy.left and s not in policy.strict]
        if not spans:
            return refusal
        policy.left[spans[-1]] = refusal
        made = generate(self.backend, target, policy, names, f"region_{region.number}")
        if isinstance(made, Refusal):
            del policy.left[spans[-1]]
            return refusal
        return made

    def _compiled(self, region: Region, target: Target, made: Program) -> tuple[Version, str | None]:
        """The version of a program, and why it does not run as the user has asked, if so."""
        options, backend = self.options, self.backend
        against = backend.barred_from_xla(made.graph.body, target.single) if options.xla == "on" else None
        xla = options.xla == "on" and against is None
        if target.single:
            graph = backend.compile_step(made.graph.body, xla=xla)
        else:
            graph = backend.compile(made.graph.body, xla=xla, parallel=options.parallel, capacity=self._capacity)
        version = Version(region.made + 1, made, graph, backend="XLA" if xla else "executor")
        if xla and not target.single:
            version.steps = self._capacity
        version.steps = min(version.steps, version.room)
        if options.steps != "auto":
            version.steps = options.steps
        elif not options.multistep:
            version.steps = 1
        return version, against

    @property
    def _capacity(self) -> int:
        """Iterations of one call of a graph compiled with XLA because the user asked for it."""
        return CAPACITY if self.options.steps == "auto" else self.options.steps

    def let_commit(self, version: Version) -> None:
        """From now on, a version that nothing can stop after its graph has run commits in the graph: one call instead of two."""
        program = version.program
        if version.committing is not None or version.backend != "executor" or self.options.verify == "always":
            return
        if program.ends_with_graph and all(map(surely, program.host.finals)):
            version.committing = self.backend.compile_commit(program.graph.body)


__all__ = ["CAPACITY", "Generation"]
