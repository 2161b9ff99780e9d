"""Whether a broker accepts this kiosk, and what it hears there: one connection with another client
id, for `wayside check`.

A `Bus` connects with the kiosk's client id, which would take over the running kiosk's session.
"""

from __future__ import annotations

import secrets
import socket
import time

from device.addresses import shown
from device.config import MqttConfig
from device.errors import UserError
from device.messaging.link import UNANSWERED, End, Link, Login, explained
from device.messaging.messages import Protocol


def probe(config: MqttConfig, within_s: float = 5.0) -> Protocol:
    """Connect, disconnect, and return the version of MQTT that the broker supports.

    Raises:
        UserError: it cannot be reached, does not answer in time, or refuses the login.
    """
    login = Login.read(config)
    if _connect(config, "5", login, within_s) == "protocol":
        _connect(config, "3.1.1", login, within_s)
        return "3.1.1"
    return "5"


def _connect(config: MqttConfig, protocol: Protocol, login: Login, within_s: float) -> str | None:
    """None on success, `protocol` where the broker may not support this version."""
    link = Link(config, f"wayside-check-{secrets.token_hex(4)}", protocol, login)
    link.open()
    deadline = time.monotonic() + within_s
    never, other = socket.socketpair()
    with never, other:
        while link.end is None and not link.connected and time.monotonic() < deadline:
            link.turn(never, 0.1)
    if link.connected:
        link.close()
        return None
    if link.end is not None and link.end.how in ("protocol", "unanswered") and protocol == "5":
        return "protocol"
    words = explained(config, link.end or End("unanswered", UNANSWERED)).words
    raise UserError(f"mqtt.broker: {shown(config.broker)} port {config.port}: {words}")


def hear(config: MqttConfig, topic: str, within_s: float) -> bytes | None:
    """The payload of the next message on a topic; None if there is none in time.

    Raises:
        UserError: as `probe`.
    """
    protocol = probe(config)
    link = Link(config, f"wayside-check-{secrets.token_hex(4)}", protocol, Login.read(config))
    link.open()
    deadline = time.monotonic() + within_s
    subscribed = False
    never, other = socket.socketpair()
    with never, other:
        while link.end is None and not link.arrived and time.monotonic() < deadline:
            link.turn(never, 0.1)
            if link.connected and not subscribed:
                link.subscribe({topic: 0})
                subscribed = True
    link.close()
    return link.arrived[0][1] if link.arrived else None
