"""What the agent says of itself at the hub: the message `agent`, and when a message is news.

Guarantee: a message that is new in its time or the agent's memory alone is said once an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from cryptography import x509

from device import RELEASE
from device.config import MqttConfig
from device.fleet.commands import Commands
from device.fleet.enrolment import WARN_DAYS
from device.fleet.parts import Parts
from device.messaging.fleet_messages import AgentReport
from device.messaging.messages import BusState
from device.messaging.payloads import encode, iso
from device.messaging.queues import Outgoing
from device.messaging.topics import Topics
from device.upkeep.board import resident_mb

REPORT_S = 3600.0
"""Seconds between two reports of an agent that has nothing new to say."""


class News:
    """Says retained messages when they have changed. publish: queues a message for the hub."""

    def __init__(
        self, topics: Topics, publish: Callable[[Outgoing], None], clock: Callable[[], float]
    ) -> None:
        """clock: monotonic seconds."""
        self._topics, self._publish, self._clock = topics, publish, clock
        self._said: dict[str, tuple[Mapping[str, Any], float]] = {}
        """By name, what was said last, and when."""

    def say(self, name: str, message: Mapping[str, Any]) -> None:
        """Publish what has changed, and the same again after an hour."""
        news = {key: value for key, value in message.items() if key not in ("at", "rss_mb")}
        said, at = self._said.get(name, (None, 0.0))
        if news != said or self._clock() - at > REPORT_S:
            self._said[name] = (news, self._clock())
            self._publish(Outgoing(self._topics.topic(name), encode(message), retain=True))

    def said(self, name: str) -> Mapping[str, Any]:
        """What was said last, but for its time; empty: nothing."""
        return self._said.get(name, ({}, 0.0))[0]


def report(
    now: datetime,
    *,
    hub: BusState,
    own: BusState,
    ends: datetime | None,
    ignored: int,
    parts: Parts | None,
    commands: Commands | None,
    trouble: str,
) -> AgentReport:
    """How the agent is. ends: of its certificate. ignored: messages of no use, parts apart.

    parts, commands: None: it takes none. trouble: what is wrong besides the connections.
    """
    days = None if ends is None else (ends - now).days
    known = (trouble, own.trouble, hub.warning, parts and parts.trouble)
    troubles = [text for text in known if text]
    if days is not None and days < WARN_DAYS:
        troubles.append(f"the certificate ends in {days} days: wayside-tools fleet enrol --renew")
    return {
        "at": iso(now),
        "version": RELEASE,
        "certificate_expires": None if ends is None else iso(ends),
        "certificate_days": days,
        "kiosk_broker": own.connected,
        "reconnects": hub.reconnects,
        "drops": hub.drops,
        "ignored": ignored + (parts.ignored if parts else 0),
        "parts_again": parts.again if parts else 0,
        "rss_mb": resident_mb(),
        "boot": commands.boot if commands else "",
        "sequence": commands.sequence if commands else 0,
        "paused": commands is not None and commands.paused,
        "trouble": troubles,
    }


def end_of_certificate(hub: MqttConfig) -> datetime | None:
    """When the kiosk's certificate ends, UTC; None: it has none, or one that cannot be used."""
    path = hub.tls.certificate if hub.tls else None
    if path is None:
        return None
    try:
        return x509.load_pem_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None
