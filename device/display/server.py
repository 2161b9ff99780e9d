"""Serves the page on loopback, for a kiosk whose broker serves no files.

It answers GET and HEAD for the files of `page/`, `settings.js` and the catalogue's pictures, and
nothing else: a path is looked up in a table made at the start, so none can lead out of it. The page
is told here where its broker is, and a broker that is not on this kiosk is refused: the page asks
nothing of anyone else.
"""

from __future__ import annotations

import errno
import json
import logging
import socketserver
import threading
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from device.config import Config
from device.errors import UserError
from device.messaging.topics import Topics

log = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"
SETTINGS = "settings.js"
PICTURES = "pictures"
"""Where the page looks for the catalogue's pictures, beside its own files."""

HOST = "127.0.0.1"
LOOPBACK = ("127.0.0.1", "localhost")
"""Names of this machine that the page's content security policy allows too."""

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
PICTURE_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".webp": "image/webp",
}
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "frame-ancestors 'none'",  # the rest is in the page itself
    "Cross-Origin-Resource-Policy": "same-origin",  # settings.js may hold a password
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def settings_script(config: Config, websocket_port: int | None = None) -> str:
    """The text of `settings.js`: where the page's broker is, its root topic and its name there.

    Args:
        config: the kiosk's configuration.
        websocket_port: the port that an embedded broker chose, where the configuration leaves it
            the choice.

    Raises:
        UserError: the broker for the page is not on this kiosk, or its address is not given.
    """
    display, mqtt = config.display, config.mqtt
    url = display.websocket_url
    if url is None:
        if mqtt.broker not in ("embedded", *LOOPBACK):
            raise UserError(
                "display.websocket_url: missing; with a broker elsewhere the page needs the "
                "WebSocket address of one on this kiosk, such as ws://127.0.0.1:8083"
            )
        url = f"ws://{HOST}:{websocket_port or mqtt.websocket_port}"
    parts = urlsplit(url)
    if parts.scheme not in ("ws", "wss") or parts.hostname not in LOOPBACK:
        raise UserError(
            f"display.websocket_url: got {url!r}, takes the WebSocket address of a broker on this "
            "kiosk, such as ws://127.0.0.1:8083"
        )
    password = display.password.get_secret_value() if display.password else None
    settings = {
        "url": url,
        "root": Topics(config.site, config.kiosk).root,
        "username": display.username,
        "password": password,
    }
    return f"window.WAYSIDE = {json.dumps(settings)};\n"


class PageServer:
    """The page on loopback.

    Args:
        port: 0 to 65535; 0 lets the system choose one.
        settings: the text of `settings.js`, as `settings_script` makes it.
        pictures: the folder that the catalogue's pictures lie in; None: there are none.
    """

    def __init__(self, port: int, settings: str, pictures: Path | None = None) -> None:
        self._port = port
        self._pictures = pictures
        self._settings = settings.encode()
        self._server: _Server | None = None

    def start(self) -> None:
        """Listen, and answer on a thread of its own.

        Raises:
            UserError: the port is taken or may not be opened.
        """
        try:
            self._server = _Server((HOST, self._port), _Handler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                reason = "is taken on this machine; choose another, or 0 for any free one"
            else:
                reason = f"cannot be opened ({error.strerror}); choose one above 1023"
            raise UserError(f"display.port: {self._port} {reason}") from None
        self._server.files = page_files() | {
            f"/{PICTURES}/{name}": file for name, file in picture_files(self._pictures).items()
        }
        self._server.settings = self._settings
        threading.Thread(target=self._server.serve_forever, name="page", daemon=True).start()

    def stop(self) -> None:
        """Close the port; without effect where the server does not run."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    @property
    def address(self) -> str:
        """Where to point a browser, such as `http://127.0.0.1:8080/`; only while it runs."""
        if self._server is None:
            raise RuntimeError("the page's server does not run")
        return f"http://{HOST}:{self._server.server_address[1]}/"


def page_files() -> dict[str, Path]:
    """Every path of the page's own, and its file."""
    files = {f"/{name}": file for name, file in _files(PAGE, CONTENT_TYPES).items()}
    return files | {"/": PAGE / "index.html"}


def picture_files(folder: Path | None) -> dict[str, Path]:
    """The pictures in a folder and below it, by their relative paths.

    A folder that is not there is a warning and no picture: the cards do without.
    """
    if folder is None:
        return {}
    if not folder.is_dir():
        log.warning("display.pictures: %s: no such folder; cards show no pictures", folder)
    return _files(folder, PICTURE_TYPES)


def _files(folder: Path, types: Mapping[str, str]) -> dict[str, Path]:
    return {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and path.suffix.lower() in types
    }


class _Server(socketserver.ThreadingTCPServer):
    """`http.server.HTTPServer` asks the name service for the host's name; this one need not."""

    allow_reuse_address = True
    daemon_threads = True
    files: dict[str, Path]
    settings: bytes

    def handle_error(self, request: Any, client_address: Any) -> None:
        log.debug("a request ended early", exc_info=True)


class _Handler(BaseHTTPRequestHandler):
    """One request."""

    server: _Server
    server_version = "wayside"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        host = self.headers.get("Host", HOST).partition(":")[0]
        path = unquote(self.path.partition("?")[0])
        if host not in LOOPBACK:  # another site's name that was pointed at this machine
            self._answer(HTTPStatus.MISDIRECTED_REQUEST)
        elif path == f"/{SETTINGS}":
            self._answer(HTTPStatus.OK, self.server.settings, CONTENT_TYPES[".js"])
        elif path in self.server.files:
            file = self.server.files[path]
            content_type = (CONTENT_TYPES | PICTURE_TYPES)[file.suffix.lower()]
            try:
                body = file.read_bytes()
            except OSError:  # a picture that was taken away since
                self._answer(HTTPStatus.NOT_FOUND)
            else:
                self._answer(HTTPStatus.OK, body, content_type)
        else:
            self._answer(HTTPStatus.NOT_FOUND)

    do_HEAD = do_GET  # noqa: N815 (the names that http.server looks for)

    def _refuse(self) -> None:
        self._answer(HTTPStatus.METHOD_NOT_ALLOWED)

    do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = _refuse  # noqa: N815

    def _answer(self, status: HTTPStatus, body: bytes = b"", content_type: str = "") -> None:
        if not body:
            body, content_type = f"{status.phrase}\n".encode(), "text/plain; charset=utf-8"
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        if status is HTTPStatus.METHOD_NOT_ALLOWED:
            self.send_header("Allow", "GET, HEAD")
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        log.debug(format, *args)
