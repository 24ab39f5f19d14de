"""When a graph is compared with Python again: at growing distances, and never for more than 2% of a long run."""

from __future__ import annotations

from janus_nb.cache.version import AGREEMENTS, EARLY_AUDITS, FIRST_AUDIT, SHARE, Version


def version() -> Version:
    made = Version(1, None, None)  # type: ignore[arg-type]
    made.agreed = AGREEMENTS
    return made


def simulated(each: float, cost: float, iterations: int, per_call: int = 8) -> tuple[list[int], float, float]:
    """The audits of a long run: at which iterations, what they take in all, and how long the graph runs. Clocks are injected."""
    made, audits, spent, ran = version(), [], 0.0, 0.0
    while made.iterations < iterations:
        if made.audit_due:
            audits.append(made.iterations)
            made.cost = cost
            spent += cost
            made.agrees()
        made.iterations += per_call
        made.ran += each * per_call
        ran += each * per_call
    return audits, spent, ran


def test_the_first_audits_take_place_whatever_they_cost() -> None:
    audits, _, _ = simulated(each=1e-6, cost=10.0, iterations=10_000)
    assert audits == [FIRST_AUDIT, EARLY_AUDITS]


def test_later_audits_cost_two_percent_at_most() -> None:
    for each, cost in ((1e-4, 0.2), (1e-3, 0.2), (1e-2, 0.5), (1e-5, 0.05)):
        audits, spent, ran = simulated(each, cost, 2_000_000, 512)
        late = [at for at in audits if at > EARLY_AUDITS]
        assert (spent - 2 * cost) <= ran / SHARE, (each, cost)
        assert late, "the audit goes on for ever"
        assert len(late) <= 8, "at growing distances"


def test_cheap_audits_come_at_growing_distances() -> None:
    audits, _, _ = simulated(each=1.0, cost=1e-3, iterations=5000, per_call=1)
    assert audits == [16, 64, 256, 1024, 4096]
