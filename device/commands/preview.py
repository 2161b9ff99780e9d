"""`wayside preview`: what the camera sees and the models tell, for whoever mounts the kiosk.

A page on loopback with the picture, boxes, keypoints and states, and the suggestions term by term.
Promises: nothing but loopback is served, and no other site's page can show it; the camera is open,
and a picture is encoded, only while somebody watches, and then in memory alone.
"""

from __future__ import annotations

import argparse
import errno
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import ThreadingTCPServer
from typing import Any
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from device.camera.capture import Camera, Capture
from device.camera.sources import open_source, resolve_source, without_password
from device.commands.analysis import audience_line, suggestion_lines, visitor_line
from device.commands.command_line import INTERRUPTED, SubParsers, add_config, stop_event
from device.config import Config, load_config
from device.corridor import Corridor, Seen
from device.errors import UserError
from device.values import Context, Frame, Image

HOST = "127.0.0.1"
LOOPBACK = ("127.0.0.1", "localhost")
PORT = 8090
WAIT_S = 0.5
"""Longest wait for a frame or a watcher: so soon the picture says that the camera is lost."""

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Wayside preview</title>
<style>body{margin:1rem;background:#222;color:#eee;font:14px monospace}img{max-width:100%}
pre{white-space:pre-wrap}</style>
<img src="/stream" alt="the camera's view"><pre id="told"></pre>
<script>
setInterval(async () => {
  try { told.textContent = await (await fetch("/told")).text(); }
  catch { told.textContent = "the preview has ended"; }
}, 500);
</script></html>
"""
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; img-src 'self'; connect-src 'self'; "
    "style-src 'unsafe-inline'; script-src 'unsafe-inline'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
BOUNDARY = "frame"
GREEN, YELLOW, WHITE = (80, 220, 80), (250, 220, 60), (255, 255, 255)


class Preview:
    """A camera before a corridor, and the newest picture of it for whoever watches."""

    def __init__(self, config: Config, camera: Camera) -> None:
        """Load the models; the camera stays closed.

        Raises:
            UserError: a model or table is missing or broken.
        """
        self._config = config
        self._corridor = Corridor(config)
        self._capture = Capture(camera, config.camera)
        self._changed = threading.Condition()
        self._watchers = 0
        self._picture: bytes | None = None
        self._number = 0
        self._told = ""

    @property
    def told(self) -> str:
        """What the models tell, and the suggestions term by term."""
        return self._told

    def turn(self) -> None:
        """Look once, if anybody watches; else wait a moment for somebody."""
        with self._changed:
            watched = self._changed.wait_for(lambda: self._watchers, WAIT_S)
        if not watched:
            self._capture.pause()
            self._picture, self._told = None, ""
            self._corridor.forget()
            return
        self._capture.allow()
        frame = self._capture.take(WAIT_S)
        if frame is None:
            self._show(self._no_picture(), self._camera_line())
        else:
            seen = self._corridor.see(frame)
            self._show(annotated(frame, seen), self._tell(seen))

    def close(self) -> None:
        """Close the camera and the models."""
        self._capture.close()
        self._corridor.close()

    @contextmanager
    def pictures(self) -> Iterator[Callable[[], bytes | None]]:
        """Watch: gives a function that waits for a picture newer than its last, JPEG, or None."""
        last = -1

        def wait() -> bytes | None:
            nonlocal last
            with self._changed:
                self._changed.wait_for(lambda: self._number != last and self._picture, 5)
                last = self._number
                return self._picture

        with self._changed:
            self._watchers += 1
            self._changed.notify_all()
        try:
            yield wait
        finally:
            with self._changed:
                self._watchers -= 1

    def _show(self, picture: Image, told: str) -> None:
        done, jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        with self._changed:
            self._picture = jpeg.tobytes() if done else None
            self._told = told
            self._number += 1
            self._changed.notify_all()

    def _tell(self, seen: Seen) -> str:
        audience = seen.audience
        lines = [self._camera_line(), *(visitor_line(visitor) for visitor in seen.visitors)]
        if audience.size:
            now = datetime.now(ZoneInfo(self._config.place.timezone))
            suggestions = self._corridor.matcher.match(audience, Context(0.0, now))
            cards = suggestions[: self._config.matching.count]
            lines += [audience_line(audience), *suggestion_lines(cards)]
        return "\n".join(lines)

    def _camera_line(self) -> str:
        state = self._capture.state
        reason = f": {without_password(state.reason)}" if state.reason else ""
        return f"camera {state.name} for {time.monotonic() - state.since:.0f} s{reason}"

    def _no_picture(self) -> Image:
        picture = np.zeros((self._config.camera.height, self._config.camera.width, 3), np.uint8)
        _write(picture, self._camera_line(), 10, picture.shape[0] // 2)
        return picture


def annotated(frame: Frame, seen: Seen) -> Image:
    """A copy of the frame's picture with boxes, keypoints and states drawn on it."""
    picture = frame.rgb.copy()
    for track, visitor in zip(seen.tracks, seen.visitors, strict=True):
        box = track.face.box
        left, top = round(box.x), round(box.y)
        colour = GREEN if track.fresh else YELLOW
        cv2.rectangle(picture, (left, top), (round(box.x + box.w), round(box.y + box.h)), colour)
        for x, y in track.face.keypoints.tolist():
            cv2.circle(picture, (round(x), round(y)), 2, colour, -1)
        lines = (
            f"{visitor.emotion}, {visitor.mood}",
            f"{visitor.age_band}, {visitor.gender}",
            f"trust {visitor.trust:.2f}, {box.h:.0f} px",
        )
        for number, line in enumerate(lines):
            _write(picture, line, left, round(box.y + box.h) + 16 + 18 * number)
    return picture


def _write(picture: Image, text: str, left: int, bottom: int) -> None:
    for colour, thickness in (((0, 0, 0), 3), (WHITE, 1)):
        cv2.putText(picture, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness)


class Server(ThreadingTCPServer):
    """Serves a preview on loopback; `address` is where."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, preview: Preview, port: int) -> None:
        """port: 0 lets the system choose one.

        Raises:
            UserError: the port is taken or may not be opened.
        """
        self.preview = preview
        try:
            super().__init__((HOST, port), _Handler)
        except OSError as error:
            taken = error.errno == errno.EADDRINUSE
            reason = "is taken on this machine" if taken else f"cannot be opened ({error.strerror})"
            raise UserError(f"--port: {port} {reason}; choose another, or 0 for any") from None
        self.address = f"http://{HOST}:{self.server_address[1]}/"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Whoever watched has gone."""


class _Handler(BaseHTTPRequestHandler):
    server: Server
    server_version = "wayside"
    sys_version = ""
    timeout = 10

    def do_GET(self) -> None:
        if self.headers.get("Host", "").partition(":")[0] not in LOOPBACK:
            # Another site's name that was pointed at this machine.
            self._answer(HTTPStatus.MISDIRECTED_REQUEST, "text/plain", b"only for loopback\n")
        elif self.path == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", PAGE.encode())
        elif self.path == "/told":
            told = self.server.preview.told.encode()
            self._answer(HTTPStatus.OK, "text/plain; charset=utf-8", told)
        elif self.path == "/stream":
            self._stream()
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such page\n")

    def _stream(self) -> None:
        """Motion JPEG until the other side has gone."""
        self._begin(HTTPStatus.OK, f"multipart/x-mixed-replace; boundary={BOUNDARY}")
        with self.server.preview.pictures() as next_picture:
            while (jpeg := next_picture()) is not None:
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                self.wfile.write(head.encode() + b"\r\n\r\n" + jpeg + b"\r\n")

    def _answer(self, status: HTTPStatus, content_type: str, body: bytes) -> None:
        self._begin(status, content_type, len(body))
        self.wfile.write(body)

    def _begin(self, status: HTTPStatus, content_type: str, length: int | None = None) -> None:
        self.send_response(status)
        for name, value in HEADERS.items():
            self.send_header(name, value)
        self.send_header("Content-Type", content_type)
        if length is not None:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is kept of who watched."""


def add_parser(verbs: SubParsers) -> None:
    """Add `preview` to the command line."""
    parser = verbs.add_parser(
        "preview",
        help="the camera's view with boxes and states, on loopback",
        description="Show what the camera sees and the models tell, on a page that only this "
        "machine can open. Stop the kiosk first: a camera serves one program.",
        epilog="example: wayside preview --source usb:0, and from a laptop "
        f"ssh -L {PORT}:{HOST}:{PORT} KIOSK",
    )
    add_config(parser)
    parser.add_argument("--source", help="instead of camera.source")
    parser.add_argument("--port", type=int, default=PORT, help=f"on loopback ({PORT}); 0: any")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM.

    Raises:
        UserError: a source, a model or a port that cannot be had.
    """
    stop = stop_event()
    config = load_config(arguments.config)
    spec = resolve_source(arguments.source or config.camera.source)
    preview = Preview(config, open_source(spec, config.camera))
    server = Server(preview, arguments.port)
    threading.Thread(target=server.serve_forever, name="preview", daemon=True).start()
    port = server.server_address[1]
    print(
        f"camera: {without_password(spec)}\npreview: {server.address}\n"
        f"from a laptop: ssh -L {port}:{HOST}:{port} THIS-MACHINE, then open the same address",
        flush=True,
    )
    try:
        while not stop.is_set():
            preview.turn()
    finally:
        server.shutdown()
        server.server_close()
        preview.close()
    return INTERRUPTED
