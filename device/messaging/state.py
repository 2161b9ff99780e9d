"""How the kiosk's connection is: what the bus tells the health message and `wayside check`."""

from __future__ import annotations

from dataclasses import dataclass

from device.messaging.link import Protocol


@dataclass(frozen=True, slots=True)
class BusState:
    """How the connection is. Counts are since the start.

    since_s: seconds since the connection began, or was lost. acknowledged: publishes that the
    broker has confirmed; acknowledged_age_s: seconds since the last. waiting: messages it has not.
    refused: publishes it may not make. drops: messages lost because a queue was full. trouble:
    what is wrong, None where nothing is.
    """

    alive: bool
    connected: bool
    protocol: Protocol | None
    since_s: float
    acknowledged: int
    acknowledged_age_s: float | None
    waiting: int
    refused: int
    drops: int
    malformed: int
    reconnects: int
    takeovers: int
    trouble: str | None
