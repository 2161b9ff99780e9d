"""HTTP for this machine only: what the page's server and `wayside preview` share.

Guarantees: it listens on 127.0.0.1 and answers GET and HEAD; a request for another host name is
refused, so that no web site can have its own name resolve to this machine and read the answers
(DNS rebinding); every answer has the headers that keep other sites from embedding or reading it.
"""

from __future__ import annotations

import errno
import logging
import socketserver
import threading
from abc import ABC, abstractmethod
from collections.abc import Generator, Mapping
from contextlib import closing
from dataclasses import dataclass
from email.message import Message
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from device.errors import UserError

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost")
"""Names of this machine that a request may be for."""

HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
NO_HEADERS: Mapping[str, str] = {}
TEXT = "text/plain; charset=utf-8"

STOPS_WITHIN_S = 0.1
"""Interval at which the listening thread checks whether to stop, in seconds."""


@dataclass(frozen=True, slots=True)
class Response:
    """What a path holds. body: all of it, or its parts, sent until the client disconnects."""

    content_type: str
    body: bytes | Generator[bytes, None, None]


class LoopbackServer(ABC):
    """A server on a thread of its own. A subclass says what each path holds."""

    policy: str
    """The Content-Security-Policy of every answer."""

    def __init__(self, option: str, port: int) -> None:
        """option: the key or option that names the port, for errors. port: 0: any free one."""
        self._option, self._port = option, port
        self._server: _Server | None = None

    def admits(self, headers: Message) -> Mapping[str, str] | None:
        """Headers that the answer to a request with these headers has besides its own; None: it is
        refused."""
        return {}

    @abstractmethod
    def respond(self, path: str) -> Response | None:
        """What a decoded path holds, such as `/` or `/style.css`; None: nothing."""

    def start(self) -> None:
        """Listen.

        Raises:
            UserError: the port is taken or may not be opened.
        """
        try:
            self._server = _Server((HOST, self._port), _Handler)
        except (OSError, OverflowError) as error:
            taken = getattr(error, "errno", None) == errno.EADDRINUSE
            why = getattr(error, "strerror", error)
            reason = "is taken on this machine" if taken else f"cannot be opened ({why})"
            raise UserError(
                f"{self._option}: {self._port} {reason}; choose another, or 0 for any free one"
            ) from None
        self._server.content = self
        threading.Thread(
            target=self._server.serve_forever, args=(STOPS_WITHIN_S,), name="http", daemon=True
        ).start()

    def stop(self) -> None:
        """Close the port; without effect where the server does not run."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def address(self) -> str:
        """Where to point a browser, such as `http://127.0.0.1:8080/`; only while it runs."""
        return f"http://{HOST}:{self.port}/"

    @property
    def port(self) -> int:
        """The port that it listens on; only while it runs."""
        if self._server is None:
            raise RuntimeError("the server does not run")
        return int(self._server.server_address[1])


class _Server(socketserver.ThreadingTCPServer):
    """`http.server.HTTPServer` would resolve the host's name, which may take long."""

    allow_reuse_address = True
    daemon_threads = True
    content: LoopbackServer

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a request ended early", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    server_version = "wayside"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        if self.headers.get("Host", HOST).partition(":")[0] not in NAMES:
            self._refuse(HTTPStatus.MISDIRECTED_REQUEST)
            return
        admitted = self.server.content.admits(self.headers)
        if admitted is None:
            self._refuse(HTTPStatus.FORBIDDEN)
            return
        response = self.server.content.respond(unquote(self.path.partition("?")[0]))
        if response is None:
            self._refuse(HTTPStatus.NOT_FOUND, admitted)
        else:
            self._send(HTTPStatus.OK, response, admitted)

    do_HEAD = do_GET  # noqa: N815 (the names that http.server looks for)

    def _not_allowed(self) -> None:
        self._refuse(HTTPStatus.METHOD_NOT_ALLOWED)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _not_allowed  # noqa: N815

    def _refuse(self, status: HTTPStatus, admitted: Mapping[str, str] = NO_HEADERS) -> None:
        self._send(status, Response(TEXT, f"{status.phrase}\n".encode()), admitted)

    def _send(
        self, status: HTTPStatus, response: Response, admitted: Mapping[str, str] = NO_HEADERS
    ) -> None:
        self.send_response(status)
        for name, value in {**HEADERS, **admitted}.items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", self.server.content.policy)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", response.content_type)
        body = response.body
        if isinstance(body, bytes):
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "HEAD":
            return
        if isinstance(body, bytes):
            self.wfile.write(body)
        else:
            with closing(body):
                for part in body:
                    self.wfile.write(part)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged of who requests what."""
