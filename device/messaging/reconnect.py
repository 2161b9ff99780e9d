"""When and how to connect again after a connection has ended, and what to report of it.

Guarantees: a fleet never reconnects in the same second; a broker that refuses MQTT 5 is spoken to
in MQTT 3.1.1 from then on; a kiosk whose client id is used twice, or whose login is refused, waits
long; each problem is logged once and reported until a connection is established.
"""

from __future__ import annotations

import logging
import random

from device.addresses import shown
from device.config import MqttConfig
from device.messaging.link import End
from device.messaging.messages import Protocol
from device.messaging.topics import Topics

log = logging.getLogger(__name__)

SPREAD = 4
"""A fleet that has lost its broker reconnects over the longest wait divided by this: 15 s of 60,
less than the 30 s after which suggestions on a screen expire."""

SUSPICIOUS = 3
"""This many short connections in a row, each closed by the broker without a reason, count as a
takeover: MQTT 3.1.1 has no reason code for one, and Mosquitto 2.0 does not send MQTT 5's."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Backoff:
    """The waits of one kiosk: exponential backoff with full jitter.

    Each wait is drawn uniformly between zero and a bound that doubles up to the longest
    ("Exponential Backoff And Jitter", AWS Architecture Blog, 2015; paho's own delay has no
    jitter). After a lost connection the bound is wider from the start: with the first, small bound
    a broker that restarts at once would get the whole fleet within a second.
    """

    def __init__(
        self,
        first_s: float,
        longest_s: float,
        *,
        spread_s: float | None = None,
        rng: random.Random | None = None,
    ) -> None:
        """first_s, longest_s: the first and the last bound.

        spread_s: least bound after a lost connection; None: longest_s / `SPREAD`. rng: None: seeded
        by the system, differently on each kiosk.
        """
        self._first_s = min(first_s, longest_s)
        self._longest_s = longest_s
        self._spread_s = longest_s / SPREAD if spread_s is None else spread_s
        self._rng = rng or random.Random()
        self._failures = 0

    def failed(self) -> float:
        """Seconds to wait after an attempt that did not connect."""
        return self._rng.uniform(0, self._bound())

    def lost(self, lasted_s: float) -> float:
        """Seconds to wait after a connection of `lasted_s` seconds was lost.

        One shorter than the longest wait does not count as success: whatever ended it so soon will
        end the next one too, so the bound goes on growing.
        """
        if lasted_s >= self._longest_s:
            self._failures = 0
        return self._rng.uniform(0, max(self._spread_s, self._bound()))

    def refused(self) -> float:
        """Seconds to wait where an early retry does harm: id used twice, or login refused."""
        return self._rng.uniform(self._longest_s / 2, self._longest_s)

    def _bound(self) -> float:
        bound = min(self._longest_s, self._first_s * 2.0 ** min(self._failures, 62))
        self._failures += 1
        return bound


class Reconnect:
    """Decides after each connection. protocol: for the next one. takeovers: how many there were."""

    def __init__(self, config: MqttConfig, topics: Topics, rng: random.Random | None) -> None:
        self.protocol: Protocol = "5"
        self.takeovers = 0
        self._broker, self._longest_s = shown(config.broker), config.reconnect_longest_s
        self._name = f"{topics.site}/{topics.kiosk}"
        local = config.broker in LOOPBACK  # a broker of its own has no fleet to spread
        self._backoff = Backoff(
            config.reconnect_first_s,
            config.reconnect_longest_s,
            spread_s=config.reconnect_first_s if local else None,
            rng=rng,
        )
        self._speaks_5 = True
        self._short = 0
        self._contested = False
        self._words: str | None = None

    def trouble(self, connected_s: float | None) -> str | None:
        """What is wrong; None: nothing. connected_s: age of the connection; None: there is none.

        A client id that is used twice is reported until a connection has lasted for the longest
        wait.
        """
        settled = not self._contested or (connected_s or 0.0) >= self._longest_s
        return None if connected_s is not None and settled else self._words

    def after(self, end: End, lasted_s: float | None) -> float:
        """Seconds until the next attempt. lasted_s: None: it was never established."""
        asked = self.protocol
        if end.how == "protocol":
            self._speaks_5 = False
        older = not self._speaks_5 or (end.how == "unanswered" and asked == "5")
        self.protocol = "3.1.1" if older else "5"
        if end.how == "protocol" and asked == "5":
            return 0.0
        taken_over = self._taken_over(end, lasted_s)
        words = end.words
        if taken_over:
            self._contested = True
            words += f": is a second machine called {self._name}?"
        if self._words and end.how == "unanswered" and asked == "5":
            words = self._words  # the next attempt, by 3.1.1, says more
        if words != self._words:
            log.warning("%s: %s", self._broker, words)
        self._words = words
        # Counted last: another thread that sees the new count finds the words too.
        self.takeovers += taken_over
        if taken_over or end.how in ("refused", "protocol"):
            return self._backoff.refused()
        return self._backoff.failed() if lasted_s is None else self._backoff.lost(lasted_s)

    def _taken_over(self, end: End, lasted_s: float | None) -> bool:
        """Whether another client has connected with this id: the broker says so, or it seems so."""
        if lasted_s is None:
            return False
        soon = lasted_s < self._longest_s
        self._short = self._short + 1 if soon and end.how == "closed" else 0
        self._contested = self._contested and soon
        return end.how == "taken_over" or self._short >= SUSPICIOUS
