"""The embedded broker: amqtt on a thread and an event loop of its own, for a kiosk by itself.

It listens on loopback only, for MQTT over TCP and, for the page, over WebSockets. Any program on
this machine may connect, but of web pages only those that this machine serves itself: a page from
another site, opened in a browser here, is refused by its `Origin`. Retained messages are kept in
memory and nothing on disk; the bus publishes them again after a restart.

    broker = EmbeddedBroker(config.mqtt)
    broker.start()
    bus = Bus(broker.address, topics, ...)
"""

from __future__ import annotations

import asyncio
import logging
import re
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress

from amqtt.adapters import (
    ReaderAdapter,
    StreamReaderAdapter,
    StreamWriterAdapter,
    WebSocketsReader,
    WebSocketsWriter,
    WriterAdapter,
)
from amqtt.broker import Broker
from amqtt.contexts import BrokerConfig, ListenerConfig, ListenerType
from websockets import Subprotocol
from websockets.asyncio.server import ServerConnection, serve

from device.config import MqttConfig
from device.errors import UserError

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
START_S = 30.0
STOP_S = 5.0
BEAT_S = 1.0
CONNECT_S = 10.0
"""Longest wait for the first packet of a client."""

LONGEST_FRAME = 65_536
"""Bytes of the longest WebSocket message accepted; the page's own are a few hundred."""

_CONNECT = b"\x10"
_MQTT_5 = b"\x00\x04MQTT\x05"
_UNACCEPTABLE_PROTOCOL = b"\x20\x02\x00\x01"
"""CONNACK, return code 1 (MQTT 3.1.1, section 3.2.2.3)."""

_OWN_PAGES = re.compile(r"https?://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?")


class EmbeddedBroker:
    """A broker in this process. `port` and `websocket_port` are known once it has started."""

    def __init__(self, config: MqttConfig) -> None:
        """config: its two ports are used; 0: any free one."""
        self._config = config
        self.port = config.port
        self.websocket_port = config.websocket_port
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop: asyncio.Event | None = None

    @property
    def address(self) -> MqttConfig:
        """The configuration for a client of this broker."""
        return self._config.model_copy(
            update={
                "broker": HOST,
                "port": self.port,
                "username": None,
                "password": None,
                "password_file": None,
                "tls": None,
            }
        )

    @property
    def websocket_url(self) -> str:
        """Where the page connects to."""
        return f"ws://{HOST}:{self.websocket_port}"

    @property
    def alive(self) -> bool:
        """Whether the thread runs; after `start`, only an error ends it."""
        return self._thread is not None and self._thread.is_alive()

    def start(self, beat: Callable[[], None] = lambda: None) -> None:
        """Return when both listeners accept. beat: called once a second by the event loop.

        Raises:
            UserError: a port is taken, or may not be opened.
        """
        tcp = _listen("mqtt.port", self._config.port)
        try:
            web = _listen("mqtt.websocket_port", self._config.websocket_port)
        except UserError:
            tcp.close()
            raise
        self.port, self.websocket_port = tcp.getsockname()[1], web.getsockname()[1]
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=self._run, args=(tcp, web, ready, beat), name="broker", daemon=True
        )
        self._thread.start()
        ready.result(START_S)

    def stop(self) -> None:
        """Close all connections and both listeners."""
        if self._thread is None or self._loop is None or self._stop is None:
            return
        with suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(STOP_S)

    def _run(
        self,
        tcp: socket.socket,
        web: socket.socket,
        ready: Future[None],
        beat: Callable[[], None],
    ) -> None:
        try:
            asyncio.run(self._serve(tcp, web, ready, beat))
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            else:
                log.critical("the embedded broker has died", exc_info=True)
        finally:
            tcp.close()
            web.close()

    async def _serve(
        self,
        tcp: socket.socket,
        web: socket.socket,
        ready: Future[None],
        beat: Callable[[], None],
    ) -> None:
        # amqtt logs every connection that ends unexpectedly as an error, such as each reload of the
        # page. `_run` logs the end of the broker itself.
        logging.getLogger("amqtt").setLevel(logging.CRITICAL)
        logging.getLogger("transitions").setLevel(logging.WARNING)
        quiet = logging.getLogger(f"{__name__}.websockets")
        quiet.setLevel(logging.CRITICAL)

        # The listeners are ours and amqtt gets connections: so the ports are bound before anything
        # else starts, and pages of other sites are refused.
        broker = Broker(
            BrokerConfig(
                listeners={"default": ListenerConfig(type=ListenerType.EXTERNAL)},
                plugins={"amqtt.plugins.authentication.AnonymousAuthPlugin": {}},
            )
        )

        async def over_tcp(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await _connected(broker, StreamReaderAdapter(reader), StreamWriterAdapter(writer))

        async def over_websocket(page: ServerConnection) -> None:
            await _connected(broker, WebSocketsReader(page), WebSocketsWriter(page))

        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        await broker.start()
        server = await asyncio.start_server(over_tcp, sock=tcp)
        try:
            async with serve(
                over_websocket,
                sock=web,
                origins=[None, _OWN_PAGES],
                subprotocols=[Subprotocol("mqtt")],
                max_size=LONGEST_FRAME,
                logger=quiet,
            ):
                ready.set_result(None)
                while not self._stop.is_set():
                    beat()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._stop.wait(), BEAT_S)
                await asyncio.wait_for(broker.shutdown(), STOP_S / 2)
        finally:
            server.close()


class _Replayed(ReaderAdapter):  # type: ignore[misc]
    """A reader that first returns bytes that have been read already."""

    def __init__(self, head: bytes, reader: ReaderAdapter) -> None:
        self._head, self._reader = head, reader

    async def read(self, n: int = -1) -> bytes:
        if not self._head:
            return bytes(await self._reader.read(n))
        wanted = len(self._head) if n < 0 else n
        known, self._head = self._head[:wanted], self._head[wanted:]
        if len(known) < wanted:
            known += await self._reader.read(wanted - len(known))
        return known

    def feed_eof(self) -> None:
        self._reader.feed_eof()


async def _connected(broker: Broker, reader: ReaderAdapter, writer: WriterAdapter) -> None:
    """Serve one client until it disconnects; whatever it sends, the broker goes on.

    amqtt intends to refuse MQTT 5, but parses the CONNECT as 3.1.1 first and, where there is a
    last will, waits for ever for bytes that never come: so the version is checked before amqtt
    sees the packet.
    """
    try:
        async with asyncio.timeout(CONNECT_S):
            head = await reader.read(2)
            if head[:1] != _CONNECT:
                return  # no client of MQTT, such as one that begins with TLS
            while head and head[-1] & 0x80 and len(head) < 5:  # more bytes of the remaining length
                head += await reader.read(1)
            head += await reader.read(len(_MQTT_5))
        if head.endswith(_MQTT_5):
            writer.write(_UNACCEPTABLE_PROTOCOL)
            await writer.drain()
        else:
            await broker.external_connected(_Replayed(head, reader), writer, "default")
    except Exception as error:
        log.info("a connection has ended: %s", error)
    finally:
        with suppress(Exception):
            await writer.close()


def _listen(key: str, port: int) -> socket.socket:
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        raise UserError(
            f"{key}: port {port} of {HOST} cannot be used ({error.strerror}); stop what listens "
            "there, or set another port (0: any free one)"
        ) from None
