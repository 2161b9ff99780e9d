"""What change of a place's moods `wayside trend` can show at all: simulated weeks of visitors.

People come alone or in groups that share a mood, and a kiosk errs about some of them. A change
is seen where the intervals of two weeks (device/report/weeks.py) do not overlap.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from device.report.weeks import Week

SHARE = 0.4
"""Of people in a pleasant mood, in the week before."""

HIT, FALSE = 0.85, 0.15
"""Of pleasant moods that are read as pleasant, and of all others. Not measured: a kiosk's own
errors depend on its place."""

GROUP = 2.0
"""People who come together, on average, and share a mood."""

SEEN = 0.8
"""Of the simulated pairs of weeks in which a change must be seen."""

MONDAY = date(2026, 1, 5)


def shares_seen(visitors: int, change: float, draws: int, random: np.random.Generator) -> float:
    """The share of pairs of weeks in which a change is seen. change: of the share of moods."""
    before, after = (_weeks(visitors, SHARE + c, draws, random) for c in (0.0, change))
    seen = 0
    for was, now in zip(before, after, strict=True):
        low, high = Week(MONDAY, visitors, int(now)).interval
        was_low, was_high = Week(MONDAY, visitors, int(was)).interval
        seen += low > was_high or high < was_low
    return seen / draws


def _weeks(visitors: int, share: float, draws: int, random: np.random.Generator) -> np.ndarray:
    """How many are read as pleasant in each of many weeks."""
    groups = max(1, round(visitors / GROUP))
    sizes = random.multinomial(visitors - groups, np.full(groups, 1 / groups), size=draws) + 1
    pleasant = (sizes * (random.random((draws, groups)) < share)).sum(axis=1)
    found = random.binomial(pleasant, HIT) + random.binomial(visitors - pleasant, FALSE)
    return np.asarray(found)


def smallest_change(visitors: int, draws: int, random: np.random.Generator) -> int | None:
    """The smallest change in whole points that is seen in `SEEN` of the pairs; None: none."""
    for points in range(1, round(100 * (1 - SHARE)) + 1):
        if shares_seen(visitors, points / 100, draws, random) >= SEEN:
            return points
    return None


def report(draws: int, say: Callable[[str], None] = print) -> None:
    """Print the smallest change that is seen, and how often one is seen where there is none."""
    random = np.random.default_rng(1)
    say("visitors a week   change that is seen   seen where there is none")
    for visitors in (100, 500, 2000):
        points = smallest_change(visitors, draws, random)
        false = shares_seen(visitors, 0.0, draws, random)
        change = "none" if points is None else f"{points} points"
        say(f"{visitors:15,}   {change:>19}   {false:24.1%}")
