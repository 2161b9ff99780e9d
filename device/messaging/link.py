"""One connection to a broker, from CONNECT to its end: paho without its threads and its queues.

It is opened once, its loop is turned by one thread, and `end` holds the reason when it has ended.
Guarantee: paho's callbacks only record what happened; whatever a broker sends, and whatever
happens to the network, raises nothing.
"""

from __future__ import annotations

import logging
import select
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from device.config import MqttConfig
from device.errors import UserError
from device.messaging.messages import Protocol
from device.messaging.passwords import read_password, usable
from device.messaging.queues import Outgoing
from device.messaging.tls import reason as words_of
from device.messaging.tls import refused_certificate, speaks_tls, tls_context

log = logging.getLogger(__name__)

How: TypeAlias = Literal[
    "unreachable",
    "unanswered",
    "protocol",
    "refused",
    "taken_over",
    "disconnected",
    "closed",
    "lost",
]

PROTOCOLS = {"5": MQTTProtocolVersion.MQTTv5, "3.1.1": MQTTProtocolVersion.MQTTv311}

# MQTT 5.0, section 2.4; paho gives MQTT 3.1.1's return codes the same numbers.
_UNSUPPORTED_PROTOCOL = 132
_LOGIN = (134, 135)
_BUSY = (136, 137, 151, 159)
_KEEP_ALIVE_TIMEOUT = 141
_TAKEN_OVER = 142


UNANSWERED = "the broker has not answered: is this its port for MQTT?"


@dataclass(frozen=True, slots=True)
class End:
    """Why a connection ended, or was never established.

    how: `unreachable` (no broker there), `unanswered` (no CONNACK, as from a broker that does not
    know this protocol version), `protocol` (the broker refuses the version), `refused` (it refuses
    the login), `taken_over` (another client connected with the same id), `disconnected` (by the
    broker, with a reason), `closed` (by the broker, without one), `lost` (no sign from
    it any more). words: for the operator.
    """

    how: How
    words: str


@dataclass(frozen=True, slots=True)
class Login:
    """What a broker may ask for, read once so that a missing file is an error at the start.

    Raises:
        UserError: from `read`, a file that cannot be used.
    """

    username: str | None
    password: str | None
    tls: ssl.SSLContext | None

    @classmethod
    def read(cls, config: MqttConfig) -> Login:
        """Read the user name, password and certificates that the configuration names."""
        password = config.password.get_secret_value() if config.password else None
        if password:
            try:
                usable(password)
            except ValueError as error:
                raise UserError(f"mqtt.password: {error}") from None
        if config.password_file is not None:
            try:
                password = read_password(config.password_file)
            except (OSError, ValueError) as error:
                raise UserError(
                    f"mqtt.password_file: {config.password_file}: cannot be read "
                    f"({words_of(error)}); it takes a file that holds the password alone"
                ) from None
            if config.username is None:
                raise UserError("mqtt.username: missing; mqtt.password_file needs one")
        return cls(config.username, password, tls_context(config))


class Link:
    """A client for one connection. Only `open` may be called from another thread, before `turn`."""

    def __init__(
        self,
        config: MqttConfig,
        client_id: str,
        protocol: Protocol,
        login: Login,
        will: Outgoing | None = None,
        largest: int | None = None,
    ) -> None:
        """will: published by the broker if the connection ends without a DISCONNECT.

        largest: bytes of the largest packet that a broker of MQTT 5 may send; None: any.
        """
        self.connected = False
        self.end: End | None = None
        self.acknowledged: list[tuple[int, str | None]] = []
        """Packet identifiers that the broker has answered; with its reason where it refused."""
        self.arrived: list[tuple[str, bytes, bool]] = []
        """Topic, payload, and whether it is a retained message."""
        self._config = config
        self._properties: Properties | None = None
        if largest is not None and protocol == "5":
            self._properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
            self._properties.MaximumPacketSize = largest
        self._client = client = paho.Client(
            CallbackAPIVersion.VERSION2,
            client_id=client_id,
            protocol=PROTOCOLS[protocol],
            reconnect_on_failure=False,
        )
        if login.username is not None:
            client.username_pw_set(login.username, login.password)
        if login.tls is not None:
            client.tls_set_context(login.tls)
            client.tls_insecure_set(config.tls is not None and config.tls.insecure)
        if will is not None:
            client.will_set(will.topic, will.payload, qos=1, retain=will.retain)
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        client.on_subscribe = self._on_subscribe
        client.on_message = self._on_message

    def open(self) -> None:
        """Connect and send CONNECT; blocks for name resolution, the network and TLS."""
        try:
            self._client.connect(
                self._config.broker,
                self._config.port,
                self._config.keepalive_s,
                properties=self._properties,
            )
        except (OSError, ValueError) as error:
            self._ended("unreachable", _unreachable(error))

    def turn(self, wake: socket.socket, within_s: float) -> bool:
        """Wait until there is something to read or write, or `wake` is readable, and do it.

        Whether bytes have come from the broker, a whole packet or not.
        """
        sock = self.sock
        if sock is None:
            self._ended("lost", "the connection is gone")
            return False
        pending = self.pending
        try:
            readable, writable, _ = select.select(
                [sock, wake], [sock] if self.writes else [], [], 0 if pending else within_s
            )
        except (OSError, ValueError) as error:
            self._ended("lost", f"the connection is gone ({error})")
            return False
        return self.work(readable=pending or sock in readable, writable=sock in writable)

    @property
    def sock(self) -> socket.socket | None:
        """To wait for; None: there is none any more."""
        sock = self._client.socket()
        return sock if isinstance(sock, socket.socket) else None  # no WebSocket is ever opened

    @property
    def pending(self) -> bool:
        """Whether TLS holds bytes that waiting for the socket would not tell of."""
        sock = self.sock
        return isinstance(sock, ssl.SSLSocket) and sock.pending() > 0

    @property
    def writes(self) -> bool:
        """Whether something waits to be written."""
        return self._client.want_write()

    def work(self, *, readable: bool, writable: bool) -> bool:
        """Read and write what can be, without waiting; as `turn`."""
        try:
            # Read first: a broker may have sent why it closes, and then writing fails.
            if readable:
                self._client.loop_read()
            if writable:
                self._client.loop_write()
            self._client.loop_misc()
        except Exception as error:  # whatever a broker sends must not end the thread
            log.exception("what the broker sent could not be read")
            self._ended("lost", f"what the broker sent could not be read ({error})")
            return False
        return readable

    def subscribe(self, topics: Mapping[str, int]) -> None:
        """Subscribe to topics, each at its QoS."""
        self._client.subscribe(list(topics.items()))

    def unsubscribe(self, topic: str) -> None:
        """Unsubscribe from a topic."""
        self._client.unsubscribe(topic)

    def publish(self, message: Outgoing) -> int:
        """Publish at QoS 1; the packet identifier that will be acknowledged."""
        return self._client.publish(
            message.topic, message.payload, qos=1, retain=message.retain
        ).mid

    def close(self) -> None:
        """Send DISCONNECT, so that the broker does not publish the last will."""
        self._client.disconnect()

    def drop(self, how: How, words: str) -> None:
        """End without DISCONNECT: the broker publishes the last will."""
        self._ended(how, words)
        sock = self._client.socket()
        if sock is not None:
            sock.close()

    def _ended(self, how: How, words: str) -> None:
        if self.end is None:  # later reasons follow from the first
            self.end = End(how, words)

    def _on_connect(
        self, _client: Any, _userdata: Any, _flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if not reason.is_failure:
            self.connected = True
        elif reason.value == _UNSUPPORTED_PROTOCOL:
            self._ended("protocol", "the broker does not support this version of MQTT")
        elif reason.value in _LOGIN:
            self._ended(
                "refused", f"{reason.getName()}: check mqtt.username and mqtt.password_file"
            )
        elif reason.value in _BUSY:
            self._ended("unreachable", reason.getName())
        else:
            self._ended("refused", reason.getName())

    def _on_disconnect(
        self, _client: Any, _userdata: Any, flags: Any, reason: ReasonCode, _properties: Any
    ) -> None:
        if reason.value == _TAKEN_OVER:
            self._ended("taken_over", "another client has connected with this kiosk's id")
        elif not self.connected:
            self._ended("unanswered", UNANSWERED)
        elif reason.value == _KEEP_ALIVE_TIMEOUT:
            self._ended("lost", "the broker does not answer")
        elif flags.is_disconnect_packet_from_server:
            self._ended("disconnected", f"the broker has closed the connection: {reason.getName()}")
        else:
            self._ended("closed", "the broker has closed the connection")

    def _on_publish(
        self, _client: Any, _userdata: Any, packet_id: int, reason: ReasonCode, _properties: Any
    ) -> None:
        self.acknowledged.append((packet_id, reason.getName() if reason.is_failure else None))

    def _on_subscribe(
        self, _client: Any, _userdata: Any, _packet_id: int, reasons: list[ReasonCode], _props: Any
    ) -> None:
        for reason in reasons:
            if reason.is_failure:
                log.warning("the broker refused a subscription: %s", reason.getName())

    def _on_message(self, _client: Any, _userdata: Any, message: paho.MQTTMessage) -> None:
        self.arrived.append((message.topic, bytes(message.payload), message.retain))


def explained(config: MqttConfig, end: End) -> End:
    """The end of a connection, with why it was never established where that can be found out.

    It connects once more, and blocks as `Link.open` does.
    """
    at = config.broker, config.port
    if end.how in ("unanswered", "lost") and config.tls is None and speaks_tls(*at):
        words = "the broker speaks TLS at this port; set mqtt.tls, or take its port without TLS"
    elif end.how == "unreachable" and config.tls is not None and speaks_tls(*at) is False:
        words = "the broker speaks no TLS at this port; take its port for TLS, mostly 8883"
    elif end.how in ("unanswered", "lost") and config.tls is not None:
        words = refused_certificate(*at, tls_context(config)) or end.words
    else:
        return end
    return End(end.how, words)


def _unreachable(error: Exception) -> str:
    """Why there is no connection, and what to do."""
    if isinstance(error, socket.gaierror | UnicodeError):
        return "no host of this name is known: check the name, and the kiosk's network"
    if isinstance(error, ConnectionRefusedError):
        return "Connection refused: is the broker running, and is this its port?"
    if isinstance(error, ssl.SSLError):
        return words_of(error)
    return f"cannot be reached ({words_of(error)}): is it switched on, and on this network?"
