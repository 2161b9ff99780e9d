"""How fast touches improve the choice: regret of simulated screens, by three ways of choosing.

Protocol: 300 items, of which the rules know a part: the logarithm of the odds that a shown item is
touched is that of one in ten plus 0.8 z, and the item's score by the rules is 0.3 r, where z and r
are standard normal with a correlation of 0.5. A screen has three items. The regret of a screen is
the sum of the three best probabilities less that of the three shown. Ways: the rules alone, with
the term `turn`; plain Thompson sampling, Beta(1, 1) for each item, without rules; and the score
with the term `touches`, at its shipped weight. Nothing was chosen on the seeds that are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.matching.feedback import Feedback
from device.matching.rules import Weights
from device.values import Tried
from tools.scoring.tables import markdown

ITEMS, CARDS, SCREENS = 300, 3, 20_000
SEEDS = range(100, 105)
KNOWN = 0.5
"""Correlation of what the rules know with what people touch."""

AT = (1_000, 3_000, 5_000, 10_000, 20_000)
"""The regret of the thousand screens before these is printed."""

Floats = NDArray[np.float64]


class Simulation:
    """A kiosk's items: `score` by the rules, `odds` of a touch, and what became of each so far."""

    def __init__(self, seed: int) -> None:
        self.dice = np.random.default_rng(seed)
        self.score = self.dice.normal(0, 1, ITEMS)
        other = self.dice.normal(0, 1, ITEMS)
        z = KNOWN * self.score + np.sqrt(1 - KNOWN**2) * other
        self.odds = 1 / (1 + np.exp(np.log(9) - 0.8 * z))
        self.score *= 0.3
        self.shown, self.liked = np.zeros(ITEMS), np.zeros(ITEMS)
        self.feedback = Feedback()

    def rules(self, screen: int) -> Floats:
        """Scores by the rules, where equals take turns."""
        turn: Floats = self.dice.uniform(-1, 1, ITEMS) * Weights().turn
        return self.score + turn

    def thompson(self, screen: int) -> Floats:
        """Rates drawn without rules."""
        rates: Floats = self.dice.beta(1 + self.liked, 1 + self.shown - self.liked)
        return rates

    def both(self, screen: int) -> Floats:
        """Scores by the rules and what touches say, as the kiosk has them."""
        drawn = self.feedback.draw(np.arange(ITEMS), screen)
        return self.rules(screen) + Weights().touches * drawn

    def regrets(self, choose: Callable[[int], Floats], screens: int) -> Floats:
        """The regret of each screen."""
        best = np.sort(self.odds)[-CARDS:].sum()
        found = np.zeros(screens)
        for screen in range(screens):
            cards = np.argpartition(choose(screen), -CARDS)[-CARDS:]
            found[screen] = best - self.odds[cards].sum()
            self.shown[cards] += 1
            self.liked[cards] += self.dice.random(CARDS) < self.odds[cards]
            for row in cards.tolist():
                self.feedback.update(row, Tried(int(self.shown[row]), int(self.liked[row])))
        return found


WAYS = {
    "rules alone": Simulation.rules,
    "plain Thompson sampling": Simulation.thompson,
    "rules and touches": Simulation.both,
}


def measure(screens: int = SCREENS, seeds: range = SEEDS) -> dict[str, Floats]:
    """Mean regret of each screen by way of choosing."""
    found = {}
    with tqdm(total=len(WAYS) * len(seeds), unit="kiosk", disable=None) as bar:
        for name, way in WAYS.items():
            runs = []
            for seed in seeds:
                kiosk = Simulation(seed)
                runs.append(kiosk.regrets(way.__get__(kiosk), screens))
                bar.update()
            found[name] = np.mean(runs, axis=0)
    return found


def report() -> Iterator[str]:
    """Lines of a table."""
    rows = [
        [name, *(f"{regret[at - 1000 : at].mean():.3f}" for at in AT), f"{regret.mean():.3f}"]
        for name, regret in measure().items()
    ]
    yield markdown(["regret a screen at", *(f"{at:,}" for at in AT), "all"], rows)
