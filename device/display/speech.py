"""The sounds of the page's texts, on loopback: `/<language>/<text>` is a WAV file, and
`/visemes/<language>/<text>` a text track of what the lips do to it.

A server of its own, beside the one that serves the page, since on an installed kiosk a broker does
that. Guarantees: only a page of this machine may ask or listen; a text is neither logged nor kept;
a newer text ends the synthesis of an older one.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from email.message import Message

from device.display.loopback import NAMES, LoopbackServer, Response
from device.errors import UserError
from device.speech.speaker import Speaker
from device.speech.visemes import visemes, webvtt
from device.speech.voices import VOICES

OURS = re.compile(rf"https?://({'|'.join(map(re.escape, NAMES))})(:\d+)?")
"""Origins of pages of this machine."""

TRACKS = "visemes"
"""Where the text tracks are."""

log = logging.getLogger(__name__)


class SpeechServer(LoopbackServer):
    """Sounds on loopback."""

    policy = "default-src 'none'; frame-ancestors 'none'"

    def __init__(self, port: int, speaker: Speaker) -> None:
        super().__init__("speech.port", port)
        self._speaker = speaker

    def admits(self, headers: Message) -> Mapping[str, str] | None:
        """A page of this machine, whose browser sends its origin, and lets no other page read."""
        origin = headers.get("Origin", "")
        if not OURS.fullmatch(origin):
            return None
        return {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}

    def respond(self, path: str) -> Response | None:
        """The sound of a text, or its track; None: a language without a voice, no text, or nothing
        can be said of it."""
        tracked = path.startswith(f"/{TRACKS}/")
        asked = path.removeprefix(f"/{TRACKS}")
        _, language, text = (*asked.split("/", 2), "", "")[:3]
        if language not in VOICES or not text.strip():
            return None
        try:
            return self._track(text, language) if tracked else self._sound(text, language)
        except UserError as error:
            log.warning("speech: %s", error)
            return None

    def _sound(self, text: str, language: str) -> Response | None:
        sound = self._speaker.speak(text, language)
        return None if sound is None else Response("audio/wav", sound)

    def _track(self, text: str, language: str) -> Response:
        return Response("text/vtt; charset=utf-8", webvtt(visemes(text, language)).encode())

    def stop(self) -> None:
        """Close the port, and end what is being said."""
        self._speaker.stop()
        super().stop()
