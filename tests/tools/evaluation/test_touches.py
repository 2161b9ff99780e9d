"""Touches improve what is suggested, in simulation."""

from __future__ import annotations

import numpy as np

from tools.evaluation.touches import Simulation, measure


def test_touches_and_rules_soon_do_better_than_the_rules_alone() -> None:
    found = measure(2_000, range(2), ("rules alone", "rules and touches"))
    late = {name: regret[1_000:].mean() for name, regret in found.items()}
    assert late["rules and touches"] < 0.7 * late["rules alone"]
    assert (found["rules alone"] >= 0).all()


def test_what_the_site_has_told_helps_from_the_first_screen_on() -> None:
    found = measure(300, range(1), ("rules and touches", "rules, touches and the site's"))
    alone, of_site = (regret.mean() for regret in found.values())
    assert of_site < 0.9 * alone


def test_kiosks_of_a_site_are_alike_and_not_the_same() -> None:
    kiosk = Simulation(3)
    one, other = kiosk.sister(1), kiosk.sister(2)
    assert 0.7 < np.corrcoef(one.odds, kiosk.odds)[0, 1] < 0.97
    assert not np.allclose(one.odds, other.odds)
    assert (one.score == kiosk.score).all()


def test_the_same_seed_gives_the_same_kiosk() -> None:
    one, other = Simulation(3), Simulation(3)
    assert one.regrets(one.both, 50).tolist() == other.regrets(other.both, 50).tolist()
