"""Serves the page on loopback, for a kiosk whose broker serves no files.

It serves the files of `page/`, those made for it (`device.display.made`), `settings.js`, the
catalogue's pictures and the operator's photographs, and nothing else: a path is looked up in a
table made at the start, so that none leads out of it. `settings.js` says where the page's broker
is, which must be on this kiosk: the page connects to no other machine.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any
from unicodedata import normalize

from device.addresses import Address, shown
from device.catalogue.pictures import PICTURE_TYPES, picture_files
from device.config import Config
from device.display.loopback import HOST, NAMES, LoopbackServer, Response
from device.display.photographs import FOLDER as PHOTOGRAPHS
from device.display.photographs import doubts, photographs
from device.display.sizes import page_sizes
from device.errors import UserError
from device.hearing.microphone import deaf_because
from device.messaging.topics import Topics
from device.release import running
from device.setting_types import EMBEDDED
from device.speech.output import silent_because
from device.speech.voices import VOICES

log = logging.getLogger(__name__)

PAGE = Path(__file__).parent / "page"
HYPHENS = PAGE / "vendor" / "hyphens"
"""Patterns by which words are divided, a file a language."""

SETTINGS = "settings.js"
PICTURES = "pictures"
"""Where the page looks for the catalogue's pictures, beside its own files."""

GREETING = "greeting.json"
"""The curve of the guide's greeting, beside the page's own files, where there is one."""

LEAST_FPS = 30
"""Frames a second below which the guide is not shown."""

CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
"""Of the page's own files, by the end of a name."""

MADE_TYPES = CONTENT_TYPES | {".json": "application/json; charset=utf-8"}
"""And of those made for it."""


def settings_script(
    config: Config,
    websocket_port: int | None = None,
    speech_port: int | None = None,
    *,
    ask: bool | None = None,
) -> str:
    """The text of `settings.js`: the page's broker, its root topic and its login, the release,
    where texts become sounds, the guide, whether one can ask aloud and is guessed from by voice,
    what is guessed, who answers for the kiosk, for how long cards stay, the time zone, the
    photographs, and the sizes of texts and codes.

    websocket_port: of an embedded broker, and speech_port: of the sounds, where the configuration
    says 0. ask: whether one can ask aloud; None: by the configuration.

    Raises:
        UserError: the page's broker is not on this kiosk, or its address is missing.
    """
    display, mqtt = config.display, config.mqtt
    url = display.websocket_url
    if url is not None:
        _check_ours(url)
    elif mqtt.broker in (EMBEDDED, *NAMES):
        url = f"ws://{HOST}:{websocket_port or mqtt.websocket_port}"
    else:
        raise UserError(
            "display.websocket_url: missing; where mqtt.broker is on another machine, the page "
            "needs the WebSocket address of one on this kiosk, such as ws://127.0.0.1:8083"
        )
    password = display.password.get_secret_value() if display.password else None
    settings = {
        "url": url,
        "root": Topics(config.site, config.kiosk).root,
        "username": display.username,
        "password": password,
        "release": running().name,
        "speech": _speech(config, speech_port or config.speech.port),
        "guide": _guide(config),
        "ask": deaf_because(config.hearing) is None if ask is None else ask,
        "tone": config.hears_tone,
        "keys": config.display.keys.model_dump(exclude_none=True),
        "buttons": list(config.buttons),
        "guesses": list(config.recognise.guesses),
        "operator": ", ".join(filter(None, (config.operator.name, config.operator.contact))),
        "stay_s": config.session.stay_s,
        "timezone": config.place.timezone,
        "photographs": [
            {"path": photograph.path, "credit": photograph.credit}
            for photograph in photographs(config.display.photographs)
        ],
        "sizes": page_sizes(config),
    }
    return f"window.WAYSIDE = {json.dumps(settings)};\n"


def _speech(config: Config, port: int) -> dict[str, Any] | None:
    """Where the page finds sounds, and of which languages; None: nowhere."""
    if port == 0 or silent_because(config.speech) is not None:
        return None
    return {"port": port, "languages": list(VOICES)}


def _guide(config: Config) -> dict[str, Any] | None:
    """How the guide is shown; None: there is none."""
    guide = config.display.guide
    greeting = GREETING if isinstance(guide, Path) else None
    return {"least_fps": LEAST_FPS, "greeting": greeting} if guide else None


def broker_page(config: Config) -> str:
    """Where the page is that the kiosk's broker serves (`display.port: null`)."""
    address = Address.parse(config.display.websocket_url) if config.display.websocket_url else None
    port = (address and address.port) or config.mqtt.websocket_port
    return f"http://{HOST}:{port}/"


def _check_ours(url: str) -> None:
    with suppress(ValueError):
        address = Address.parse(url)
        if address.scheme in ("ws", "wss") and address.host.lower() in NAMES:
            return
    raise UserError(
        f"display.websocket_url: got {shown(url)!r}, takes the WebSocket address of a broker on "
        "this kiosk, such as ws://127.0.0.1:8083"
    )


class PageServer(LoopbackServer):
    """The page on loopback."""

    policy = "frame-ancestors 'none'"  # the rest is in the page itself

    def __init__(
        self,
        port: int,
        settings: str,
        made: Mapping[str, str],
        pictures: Path | None = None,
        photographed: Path | None = None,
    ) -> None:
        """settings: text of `settings.js`. made: of the other files that the kiosk makes, by path
        (`device.display.made`). pictures, photographed: folders of the catalogue's pictures and of
        photographs."""
        super().__init__("display.port", port)
        texts = {SETTINGS: settings, **made}
        self._made = {f"/{name}": text.encode() for name, text in texts.items()}
        self._files = {
            **page_files(),
            **{f"/{PICTURES}/{name}": file for name, file in picture_files(pictures).items()},
            **{f"/{PHOTOGRAPHS}/{one.path}": one.file for one in photographs(photographed)},
        }
        for doubt in doubts(photographed):
            log.warning(doubt)

    def respond(self, path: str) -> Response | None:
        """One of the page's files, of those made for it, or a picture."""
        if path in self._made:
            return Response(MADE_TYPES[PurePosixPath(path).suffix], self._made[path])
        file = self._files.get(normalize("NFC", path))
        if file is None:
            return None
        try:
            body = file.read_bytes()
        except OSError:  # removed while the server runs
            return None
        return Response((MADE_TYPES | PICTURE_TYPES)[file.suffix.lower()], body)


def page_files() -> dict[str, Path]:
    """The page's own paths, and the file of each."""
    patterns = set(HYPHENS.glob("*.json"))
    files = {
        f"/{path.relative_to(PAGE).as_posix()}": path
        for path in PAGE.rglob("*")
        if path.is_file() and (path.suffix.lower() in CONTENT_TYPES or path in patterns)
    }
    return files | {"/": PAGE / "index.html"}
