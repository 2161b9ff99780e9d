"""Touches improve what is suggested, in simulation."""

from __future__ import annotations

from tools.evaluation.touches import Simulation, measure


def test_touches_and_rules_soon_do_better_than_the_rules_alone() -> None:
    found = measure(screens=2_000, seeds=range(2))
    late = {name: regret[1_000:].mean() for name, regret in found.items()}
    assert late["rules and touches"] < 0.7 * late["rules alone"]
    assert (found["rules alone"] >= 0).all()


def test_the_same_seed_gives_the_same_kiosk() -> None:
    one, other = Simulation(3), Simulation(3)
    assert one.regrets(one.both, 50).tolist() == other.regrets(other.both, 50).tolist()
