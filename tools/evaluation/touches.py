"""How fast touches improve the choice: regret of simulated screens, by four ways of choosing.

Protocol: 300 items, of which the rules know a part: the logarithm of the odds that a shown item is
touched is that of one in ten plus 0.8 z, and the item's score by the rules is 0.3 r, where z and r
are standard normal with a correlation of 0.5. A screen has three items. The regret of a screen is
the sum of the three best probabilities less that of the three shown. Ways: the rules alone, with
the term `turn`; plain Thompson sampling, Beta(1, 1) for each item, without rules; the score with
the term `touches`, at its shipped weight; and the same at a kiosk that begins with what four others
of its site have told after twenty days of 250 screens each, small numbers suppressed, where z at
two kiosks has a correlation of 0.9. Nothing was chosen on the seeds that are printed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.matching.feedback import Feedback
from device.matching.rules import Weights
from device.session.ledger import Ledger
from device.values import Touch, Tried
from tools.pool import Said, pool
from tools.scoring.tables import markdown

ITEMS, CARDS, SCREENS = 300, 3, 20_000
SEEDS = range(100, 105)
KNOWN = 0.5
"""Correlation of what the rules know with what people touch."""

SISTERS, DAYS, DAILY = 4, 20, 250
"""Other kiosks of the site, the days for which they have stood there, and their screens a day."""

ALIKE = 0.9
"""Correlation of what people touch at two kiosks of a site."""

SMALLEST = 11
"""As `privacy.smallest_cell`."""

BEGAN, OPENS, OPEN_H = date(2026, 3, 2), 8, 14

AT = (1_000, 3_000, 5_000, 10_000, 20_000)
"""The regret of the thousand screens before these is printed."""

Floats = NDArray[np.float64]


class Simulation:
    """A kiosk's items: `score` by the rules, `odds` of a touch, and what became of each so far."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self.dice = np.random.default_rng(seed)
        self.score = self.dice.normal(0, 1, ITEMS)
        other = self.dice.normal(0, 1, ITEMS)
        self._z = KNOWN * self.score + np.sqrt(1 - KNOWN**2) * other
        self.odds = _odds(self._z)
        self.score *= 0.3
        self.shown, self.liked = np.zeros(ITEMS), np.zeros(ITEMS)
        self.feedback = Feedback()

    def sister(self, number: int) -> Simulation:
        """Another kiosk of the site, of the same rules and nearly the same people."""
        sister = Simulation(self._seed)
        sister.dice = np.random.default_rng((self._seed, number))
        other = sister.dice.normal(0, 1, ITEMS)
        sister.odds = _odds(ALIKE * self._z + np.sqrt(1 - ALIKE**2) * other)
        return sister

    def begin_with_site(self) -> None:
        """Take what the others of the site have told."""
        said = []
        for number in range(1, SISTERS + 1):
            sister, ledger = self.sister(number), Ledger(SMALLEST)
            for day in range(DAYS):
                today = BEGAN + timedelta(days=day)
                sister.regrets(sister.both, DAILY, ledger, today)
                if message := ledger.day(today + timedelta(days=1)):
                    said.append(Said("site", f"kiosk-{number}", today, message))
        site = pool(said).site_without()
        known = {int(item): tried for item, tried in site.tried.items()}
        self.feedback = Feedback(known, site.mean)

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

    def regrets(
        self,
        choose: Callable[[int], Floats],
        screens: int,
        ledger: Ledger | None = None,
        today: date = BEGAN,
    ) -> Floats:
        """The regret of each screen. ledger: counts these screens as those of `today`."""
        best = np.sort(self.odds)[-CARDS:].sum()
        found = np.zeros(screens)
        for screen in range(screens):
            cards = np.argpartition(choose(screen), -CARDS)[-CARDS:]
            found[screen] = best - self.odds[cards].sum()
            self.shown[cards] += 1
            touched = self.dice.random(CARDS) < self.odds[cards]
            self.liked[cards] += touched
            if ledger is not None:
                hour = OPENS + OPEN_H * screen // screens
                now = datetime.combine(today, time(hour))
                for row in cards[touched].tolist():
                    ledger.touch(Touch(str(row), "chosen"), now)
                ledger.screen(tuple(map(str, cards.tolist())), now)
            for row in cards.tolist():
                self.feedback.update(row, Tried(int(self.shown[row]), int(self.liked[row])))
        return found

    def of_site(self, screen: int) -> Floats:
        """The same, after `begin_with_site`."""
        if screen == 0:
            self.begin_with_site()
        return self.both(screen)


def _odds(z: Floats) -> Floats:
    odds: Floats = 1 / (1 + np.exp(np.log(9) - 0.8 * z))
    return odds


WAYS = {
    "rules alone": Simulation.rules,
    "plain Thompson sampling": Simulation.thompson,
    "rules and touches": Simulation.both,
    "rules, touches and the site's": Simulation.of_site,
}


def measure(
    screens: int = SCREENS, seeds: range = SEEDS, ways: Sequence[str] = tuple(WAYS)
) -> dict[str, Floats]:
    """Mean regret of each screen by way of choosing."""
    found = {}
    with tqdm(total=len(ways) * len(seeds), unit="kiosk", disable=None) as bar:
        for name in ways:
            way = WAYS[name]
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
