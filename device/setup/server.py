"""The set-up page's server: HTTPS on the local network, for one person with the kiosk's code.

It is the one part of a kiosk that listens beyond loopback, and these are its guarantees. It runs
only while the door is open (device/setup/door.py). It answers private addresses alone, and nothing
but its own files and words without the session's cookie. A request for another host name is refused
(DNS rebinding), and so is a change that another site's page asks for (CSRF). Bodies, connections
and waiting are limited. It knows no picture and no file of the kiosk: what a path does is in
`Actions`, and nothing else can be reached.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import socketserver
import ssl
import threading
from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.cookies import CookieError, SimpleCookie
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from device.display.loopback import HEADERS
from device.display.server import CONTENT_TYPES
from device.errors import UserError
from device.setup import words
from device.setup.door import Door, RefusedError

log = logging.getLogger(__name__)

PORT = 8443
COOKIE = "__Host-setup"
MOST_BYTES = 16_384
"""Of a request's body."""

MOST_CONNECTIONS = 24
WAIT_S = 10
"""Longest wait for a request, or a part of it."""

STOPS_WITHIN_S = 0.1

PAGE = Path(__file__).parent / "page"
FILES = {
    "/": PAGE / "setup.html",
    "/setup.css": PAGE / "setup.css",
    "/setup.js": PAGE / "setup.js",
    **words.FILES,
}
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "img-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
"""The Content-Security-Policy of every answer."""

ALLOWED = {"Permissions-Policy": "camera=(), microphone=(), geolocation=(self)"}
"""The phone's own place may be used, if its owner says so."""

Action = Callable[[Mapping[str, Any]], Any]
"""Takes the query or the body, returns what becomes JSON. A `UserError` is told to the page."""


class SetupServer:
    """The page on the local network, on threads of its own."""

    def __init__(
        self,
        door: Door,
        context: ssl.SSLContext,
        *,
        reads: Mapping[str, Action],
        changes: Mapping[str, Action],
        host: str,
        port: int,
        names: tuple[str, ...] = (),
    ) -> None:
        """reads, changes: what GET and POST of a path do. names: host names that a request may be
        for besides the address it came to. host, port: to listen at; port 0: any free one."""
        self.door, self.context, self.names = door, context, names
        self.actions = {"GET": reads, "POST": changes}
        self._at = (host, port)
        self._server: _Server | None = None

    def start(self) -> int:
        """Listen; returns the port.

        Raises:
            UserError: the port is taken.
        """
        try:
            server = _Server(self._at, _Handler)
        except OSError as error:
            raise UserError(
                f"the set-up page: port {self._at[1]} cannot be opened ({error.strerror})"
            ) from None
        server.setup = self
        self._server = server
        threading.Thread(
            target=server.serve_forever, args=(STOPS_WITHIN_S,), name="setup", daemon=True
        ).start()
        port: int = server.server_address[1]
        return port

    def stop(self) -> None:
        """Close the port."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


def is_near(address: str) -> bool:
    """Whether an address is one of a local network."""
    peer = ipaddress.ip_address(address)
    return peer.is_private or peer.is_link_local


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    setup: SetupServer

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._free = threading.BoundedSemaphore(MOST_CONNECTIONS)

    def verify_request(self, request: Any, client_address: Any) -> bool:
        """Whether to answer: the kiosk's own network, and not too many at once."""
        return is_near(client_address[0]) and self._free.acquire(blocking=False)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def finish_request(self, request: Any, client_address: Any) -> None:
        request.settimeout(WAIT_S)
        with self.setup.context.wrap_socket(request, server_side=True) as secured:
            super().finish_request(secured, client_address)

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a request ended early", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    connection: socket.socket
    server_version = "wayside"
    sys_version = ""
    timeout = WAIT_S

    def do_GET(self) -> None:
        self._answer()

    def do_POST(self) -> None:
        self._answer()

    def _answer(self) -> None:
        try:
            content = self._content()  # also of what is refused: else the answer may get lost
            self._check_host()
            path, query = urlsplit(self.path).path, urlsplit(self.path).query
            if self.command == "GET" and path in FILES:
                file = FILES[path]
                self._send(HTTPStatus.OK, file.read_bytes(), CONTENT_TYPES[file.suffix])
                return
            if (self.command, path) == ("GET", words.PATH):
                self._send(HTTPStatus.OK, words.phone_words(), CONTENT_TYPES[".js"])
                return
            given = dict(parse_qsl(query)) if self.command == "GET" else self._body(content)
            if (self.command, path) == ("POST", "/enter"):
                code = str(given.get("code", ""))
                token = self.server.setup.door.enter(code, self.client_address[0])
                self._json(HTTPStatus.OK, {}, token)
                return
            self.server.setup.door.check(self._token())
            action = self.server.setup.actions[self.command].get(path)
            if action is None:
                raise RefusedError(HTTPStatus.NOT_FOUND, "There is no such page.")
            self._json(HTTPStatus.OK, action(given))
        except RefusedError as refused:
            self._json(refused.status, {"error": str(refused)})
        except UserError as error:
            self._json(HTTPStatus.UNPROCESSABLE_ENTITY, {"error": str(error)})

    def _check_host(self) -> None:
        """Refuse requests that another site's name or page has led here."""
        here = self.connection.getsockname()
        authority = self.headers.get("Host", "")
        hosts = {f"{name}:{here[1]}" for name in (here[0], *self.server.setup.names)}
        if authority not in hosts:
            raise RefusedError(HTTPStatus.MISDIRECTED_REQUEST, "This is another machine's name.")
        if self.command == "POST" and self.headers.get("Origin") != f"https://{authority}":
            raise RefusedError(HTTPStatus.FORBIDDEN, "Only the set-up page may change anything.")

    def _content(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_BYTES:
            raise RefusedError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is too long.")
        return self.rfile.read(int(length))

    def _body(self, content: bytes) -> Mapping[str, Any]:
        if self.headers.get_content_type() != "application/json":
            raise RefusedError(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "JSON is expected.")
        try:
            body = json.loads(content)
        except (ValueError, RecursionError):
            body = None
        if not isinstance(body, dict):
            raise RefusedError(HTTPStatus.BAD_REQUEST, "JSON is expected.")
        return body

    def _token(self) -> str:
        try:
            cookie = SimpleCookie(self.headers.get("Cookie", "")).get(COOKIE)
        except CookieError:
            cookie = None
        return cookie.value if cookie else ""

    def _json(self, status: HTTPStatus, value: Any, token: str = "") -> None:
        body = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
        self._send(status, body, "application/json; charset=utf-8", token)

    def _send(self, status: HTTPStatus, body: bytes, kind: str, token: str = "") -> None:
        self.send_response(status)
        for name, value in (HEADERS | ALLOWED).items():
            self.send_header(name, value)
        self.send_header("Content-Security-Policy", POLICY)
        if token:
            cookie = f"{COOKIE}={token}; Path=/; Secure; HttpOnly; SameSite=Strict"
            self.send_header("Set-Cookie", cookie)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is logged of who requests what."""
