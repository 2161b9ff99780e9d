"""What follows from the end of a connection: when to try again, how, and what to tell the operator.

Promises: a broker that refuses MQTT 5 is asked in 3.1.1 from then on; a kiosk that another client
throws out, or that is not let in, gives way instead of fighting; what is wrong is logged once, and
kept until a connection stands.
"""

from __future__ import annotations

import logging
import random

from device.config import MqttConfig
from device.messaging.backoff import Backoff
from device.messaging.link import End, Protocol
from device.messaging.topics import Topics

log = logging.getLogger(__name__)

SUSPICIOUS = 3
"""Short connections in a row, each closed by the broker without a word, that look like a fight for
the id: MQTT 3.1.1 has no reason code for it, and Mosquitto 2.0 does not send MQTT 5's."""

LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Reconnect:
    """Judges each end. protocol: for the next connection. takeovers: how often thrown out."""

    def __init__(self, config: MqttConfig, topics: Topics, rng: random.Random | None) -> None:
        self.protocol: Protocol = "5"
        self.takeovers = 0
        self._broker, self._longest_s = config.broker, config.reconnect_longest_s
        self._name = f"{topics.site}/{topics.kiosk}"
        local = config.broker in LOOPBACK  # a broker of its own: no fleet to be spread
        self._backoff = Backoff(
            config.reconnect_first_s,
            config.reconnect_longest_s,
            spread_s=config.reconnect_first_s if local else None,
            rng=rng,
        )
        self._speaks_5 = True
        self._brief = 0
        self._contested = False
        self._words: str | None = None

    def trouble(self, stands_s: float | None) -> str | None:
        """What is wrong; None: nothing. stands_s: age of the connection; None: there is none.

        Of a name that is contested it is told until a connection has stood for the longest wait.
        """
        stands = stands_s is not None and (not self._contested or stands_s >= self._longest_s)
        return None if stands else self._words

    def after(self, end: End, lasted_s: float | None) -> float:
        """Seconds until the next try. lasted_s: of a connection that stood; None: it never did."""
        asked = self.protocol
        if end.how == "protocol":
            self._speaks_5 = False
        older = not self._speaks_5 or (end.how == "unanswered" and asked == "5")
        self.protocol = "3.1.1" if older else "5"
        if end.how == "protocol" and asked == "5":
            return 0.0
        taken_over = self._thrown_out(end, lasted_s)
        words = end.words
        if taken_over:
            self._contested = True
            words += f": is a second machine called {self._name}?"
        if words != self._words:
            log.warning("%s: %s", self._broker, words)
        self._words = words
        # Counted last: whoever reads the state from another thread finds its words beside it.
        self.takeovers += taken_over
        if taken_over or end.how in ("refused", "protocol"):
            return self._backoff.give_way()
        return self._backoff.failed() if lasted_s is None else self._backoff.lost(lasted_s)

    def _thrown_out(self, end: End, lasted_s: float | None) -> bool:
        """Whether another client has the id: the broker says so, or it looks like it."""
        if lasted_s is None:
            return False
        soon = lasted_s < self._longest_s
        self._brief = self._brief + 1 if soon and end.how == "closed" else 0
        self._contested = self._contested and soon
        return end.how == "taken_over" or self._brief >= SUSPICIOUS
