"""`wayside preview`: the camera's view and what the models predict, for mounting a kiosk.

Pages on loopback: the mounting guide (`device/mounting`), and what the models predict, with boxes,
key points and states, and the suggestions term by term.
Guarantees: it is served on loopback only, and no other site can embed it; the camera is open, and a
picture is encoded, only while somebody watches, and only in memory.
"""

from __future__ import annotations

import argparse
import json
import re
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import cv2
import numpy as np

from device.addresses import shown
from device.camera.capture import Camera, Capture
from device.camera.sources import open_source, resolve_source
from device.commands.analysis import audience_line, suggestion_lines, trust_text, visitor_line
from device.commands.command_line import INTERRUPTED, SubParsers, add_config, stop_event
from device.config import Config
from device.corridor import Corridor, Seen
from device.display.loopback import HOST, TEXT, LoopbackServer, Response
from device.errors import UserError
from device.mounting.guide import FILES, PAGE, Guide
from device.mounting.optics import DEFAULT_FOV, STANDING_M
from device.overlay import load_running
from device.setting_types import Area
from device.values import Context, Frame, Image

PORT = 8090
WAIT_S = 0.5
"""Longest wait for a frame or a watcher; then the picture shows that the camera is lost."""

BOUNDARY = "frame"
GREEN, YELLOW, WHITE = (80, 220, 80), (250, 220, 60), (255, 255, 255)
RED, GREY = (230, 60, 60), (170, 170, 170)


class Preview:
    """A camera and a corridor, and the newest annotated picture for those who watch."""

    def __init__(self, config: Config, camera: Camera, guide: Guide | None = None) -> None:
        """Load the models; the camera stays closed. guide: to the mounting, by default for a camera
        of the usual width.

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
        self._report = ""
        self._guide = guide or Guide(config.camera)
        self._guided: dict[str, Any] | None = None

    @property
    def report(self) -> str:
        """What the models predict, and the suggestions term by term; empty: nobody watches."""
        return self._report

    @property
    def guide(self) -> dict[str, Any]:
        """The mounting guide's newest values; `guide` is None without a picture."""
        return {"camera": self._camera_line(), "guide": self._guided}

    def turn(self) -> None:
        """Process one frame if somebody watches; else wait a moment for somebody."""
        with self._changed:
            watched = self._changed.wait_for(lambda: self._watchers, WAIT_S)
        if not watched:
            self._capture.pause()
            self._picture, self._report, self._guided = None, "", None
            self._corridor.forget()
            return
        self._capture.allow()
        frame = self._capture.take(WAIT_S)
        if frame is None:
            self._guided = None
            self._show(self._no_picture(), self._camera_line())
        else:
            seen = self._corridor.see(frame)
            self._guided = self._guide.look(frame, [track.face for track in seen.tracks])
            picture = annotated(frame, seen, self._config.vision.ignore)
            self._show(picture, self._describe(seen))

    def close(self) -> None:
        """Close the camera and the models."""
        self._capture.close()
        self._corridor.close()

    @contextmanager
    def pictures(self) -> Iterator[Callable[[], bytes | None]]:
        """Watch: a function that waits for a newer JPEG than its last one; None: there is none."""
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

    def _show(self, picture: Image, report: str) -> None:
        done, jpeg = cv2.imencode(".jpg", cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
        with self._changed:
            self._picture = jpeg.tobytes() if done else None
            self._report = report
            self._number += 1
            self._changed.notify_all()

    def _describe(self, seen: Seen) -> str:
        audience = seen.audience
        lines = [self._camera_line(), *(visitor_line(visitor) for visitor in seen.visitors)]
        if audience.size:
            now = datetime.now(ZoneInfo(self._config.place.timezone))
            suggestions = self._corridor.matcher.match(audience, Context(0.0, now))
            cards = suggestions[: self._config.matching.count]
            lines += [audience_line(audience), *suggestion_lines(cards, self._corridor.words, now)]
        return "\n".join(lines)

    def _camera_line(self) -> str:
        state = self._capture.state
        reason = f": {state.reason}" if state.reason else ""
        return f"camera {state.name} for {time.monotonic() - state.since:.0f} s{reason}"

    def _no_picture(self) -> Image:
        picture = np.zeros((self._config.camera.height, self._config.camera.width, 3), np.uint8)
        _write(picture, self._camera_line(), 10, picture.shape[0] // 2)
        return picture


def annotated(frame: Frame, seen: Seen, ignore: Sequence[Area] = ()) -> Image:
    """A copy of the frame's picture with boxes, key points and states drawn on it.

    ignore: the areas of `vision.ignore`, which are drawn too.
    """
    picture = frame.rgb.copy()
    height, width = picture.shape[:2]
    for x, y, w, h in ignore:
        left, top = round(x * width), round(y * height)
        right, bottom = round((x + w) * width) - 1, round((y + h) * height) - 1
        cv2.rectangle(picture, (left, top), (right, bottom), RED)
        _write(picture, "ignored", left + 4, top + 16)
    for track in seen.still:
        box = track.face.box
        left, top = round(box.x), round(box.y)
        cv2.rectangle(picture, (left, top), (round(box.x + box.w), round(box.y + box.h)), GREY)
        _write(picture, "still: not a visitor", left, round(box.y + box.h) + 16)
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
            f"trust {trust_text(visitor.trust)}, {box.h:.0f} px",
        )
        for number, line in enumerate(lines):
            _write(picture, line, left, round(box.y + box.h) + 16 + 18 * number)
    return picture


def _write(picture: Image, text: str, left: int, bottom: int) -> None:
    for colour, thickness in (((0, 0, 0), 3), (WHITE, 1)):
        cv2.putText(picture, text, (left, bottom), cv2.FONT_HERSHEY_SIMPLEX, 0.5, colour, thickness)


class PreviewServer(LoopbackServer):
    """Serves a preview on loopback."""

    policy = (
        "default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src 'self' "
        "'unsafe-inline'; script-src 'self' 'unsafe-inline'; frame-ancestors 'none'"
    )

    def __init__(self, preview: Preview, port: int, shown_by: str = "") -> None:
        """port: 0: any free one. shown_by: the address of a page on loopback that may embed it."""
        super().__init__("--port", port)
        self._preview = preview
        if shown_by:
            _check_loopback(shown_by)
            self.policy = self.policy.replace("ancestors 'none'", f"ancestors {shown_by}")

    def respond(self, path: str) -> Response | None:
        """The pages, what they show, or the stream of pictures."""
        if path in FILES:
            name, content_type = FILES[path]
            return Response(content_type, (PAGE / name).read_bytes())
        if path == "/guide.json":
            return Response("application/json", json.dumps(self._preview.guide).encode())
        if path == "/report":
            return Response(TEXT, self._preview.report.encode())
        if path == "/stream":
            return Response(f"multipart/x-mixed-replace; boundary={BOUNDARY}", self._stream())
        return None

    def _stream(self) -> Generator[bytes, None, None]:
        """Motion JPEG."""
        with self._preview.pictures() as next_picture:
            while (jpeg := next_picture()) is not None:
                head = f"--{BOUNDARY}\r\nContent-Type: image/jpeg\r\nContent-Length: {len(jpeg)}"
                yield head.encode() + b"\r\n\r\n" + jpeg + b"\r\n"


def _check_loopback(address: str) -> None:
    if not re.fullmatch(rf"http://{re.escape(HOST)}:\d+", address):
        raise UserError(
            f"--shown-by: got {address!r}, takes a page of this machine, such as http://{HOST}:8099"
        )


def add_parser(verbs: SubParsers) -> None:
    """Add `preview` to the command line."""
    parser = verbs.add_parser(
        "preview",
        help="the camera's view with boxes and states, on loopback",
        description="Show on pages that only this machine can open whether the camera hangs well, "
        "with the field of view drawn, and what the models predict of whom it sees. Stop the kiosk "
        "first: only one program can use a camera.",
        epilog="example: wayside preview --source usb:0, and from a laptop "
        f"ssh -L {PORT}:{HOST}:{PORT} KIOSK",
    )
    add_config(parser)
    parser.add_argument("--source", help="instead of camera.source")
    parser.add_argument("--port", type=int, default=PORT, help=f"on loopback ({PORT}); 0: any")
    parser.add_argument(
        "--fov", type=_between(20, 150), default=DEFAULT_FOV, metavar="DEGREES",
        help="that the camera sees from left to right, before camera.rotate: 62 (Camera Module 2, "
        "most webcams; the default), 52 (Camera Module 3, of which a picture of 4:3 has no sides), "
        "86 (its Wide)",
    )  # fmt: skip
    parser.add_argument(
        "--eyes", type=_between(0.5, 2.2), default=STANDING_M, metavar="METRES",
        help=f"above the floor, of the person who stands on the mark (default: {STANDING_M})",
    )  # fmt: skip
    parser.add_argument(
        "--shown-by",
        default="",
        metavar="ADDRESS",
        help="a page on loopback that may embed this one",
    )
    parser.set_defaults(run=run)


def _between(least: float, most: float) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(
                f"got {text}, takes a number from {least:g} to {most:g}"
            )
        return number

    return read


def run(arguments: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM.

    Raises:
        UserError: a source, a model or a port that cannot be used.
    """
    stop = stop_event()
    config = load_running(arguments.config)
    spec = resolve_source(arguments.source or config.camera.source)
    guide = Guide(config.camera, arguments.fov, arguments.eyes)
    preview = Preview(config, open_source(spec, config.camera), guide)
    with closing(preview):
        server = PreviewServer(preview, arguments.port, arguments.shown_by)
        server.start()
        port = urlsplit(server.address).port
        print(
            f"camera: {shown(spec)}\npreview: {server.address}\n"
            f"from a laptop: ssh -L {port}:{HOST}:{port} THIS-MACHINE, then open the same address",
            flush=True,
        )
        try:
            while not stop.is_set():
                preview.turn()
        finally:
            server.stop()
    return INTERRUPTED
