"""How long to wait before the next connect, so that a fleet never comes back in the same second.

Exponential with full jitter: each wait is drawn evenly between nothing and a bound that doubles up
to the longest ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015; paho's own delay has
no jitter). A broker that restarts at once would still see the whole fleet within the first, small
bound, so what was connected is spread over a wider one; and a kiosk whose id another client holds,
or that is not let in, waits long every time.
"""

from __future__ import annotations

import random

SPREAD = 4
"""A fleet that has lost its broker comes back over the longest wait divided by this: 15 s of 60,
within which suggestions on a screen do not expire."""


class Backoff:
    """The waits of one kiosk."""

    def __init__(
        self,
        first_s: float,
        longest_s: float,
        *,
        spread_s: float | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """first_s, longest_s: the first bound and the last.

        spread_s: least bound after a connection that stood; None: the longest divided by `SPREAD`.
        rng: the dice; None: seeded by the system, so that no two kiosks share them.
        """
        self._first_s = min(first_s, longest_s)
        self._longest_s = longest_s
        self._spread_s = longest_s / SPREAD if spread_s is None else spread_s
        self._rng = rng or random.Random()
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait after a try that did not connect."""
        return self._rng.uniform(0, self._bound())

    def lost(self, lasted_s: float) -> float:
        """Seconds to wait after a connection of `lasted_s` seconds was lost.

        One shorter than the longest wait does not count as success: whatever ends it so soon ends
        the next as well, and the bound goes on growing.
        """
        if lasted_s >= self._longest_s:
            self._failures = 0
        return self._rng.uniform(0, max(self._spread_s, self._bound()))

    def give_way(self) -> float:
        """Seconds to wait where trying again soon does harm: taken over, or not let in."""
        return self._rng.uniform(self._longest_s / 2, self._longest_s)

    def _bound(self) -> float:
        bound = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, 62))
        self._failures += 1
        return bound
