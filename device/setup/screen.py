"""What the kiosk's own screen shows while it is set up: address, code and fingerprint, then who is
setting it up, then the camera test or that all is saved. It turns through the site's languages, or
through all while nobody has chosen any. On loopback, as everything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from device.display.loopback import LoopbackServer, Response
from device.display.server import CONTENT_TYPES
from device.display.server import PAGE as VISITORS_PAGE
from device.setup import words

PORT = 8099

PAGE = Path(__file__).parent / "page"
FILES = {
    "/": PAGE / "screen.html",
    "/screen.css": PAGE / "screen.css",
    "/screen.js": PAGE / "screen.js",
    "/qrcode.js": VISITORS_PAGE / "vendor" / "qrcode.js",
    **words.FILES,
}


class ScreenServer(LoopbackServer):
    """The screen's page on loopback."""

    def __init__(self, state: Callable[[], Mapping[str, Any]], port: int = PORT) -> None:
        """state: what the page shows now, asked for each second."""
        super().__init__("the set-up's screen", port)
        self._state = state

    policy = (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "
        "frame-src http://127.0.0.1:*; img-src data:; frame-ancestors 'none'"
    )

    def respond(self, path: str) -> Response | None:
        """One of the files, or the state as JSON."""
        if path == "/state":
            return Response("application/json", json.dumps(self._state()).encode())
        if path == words.PATH:
            return Response(CONTENT_TYPES[".js"], words.screen_words())
        if path not in FILES:
            return None
        file = FILES[path]
        return Response(CONTENT_TYPES[file.suffix], file.read_bytes())
