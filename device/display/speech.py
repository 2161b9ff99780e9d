"""The sounds of the page's texts, on loopback: `/<language>/<text>` is a WAV file.

A server of its own, beside the one that serves the page, since on an installed kiosk a broker does
that. Guarantees: only a page of this machine may ask or listen; a text is neither logged nor kept;
a newer text ends the synthesis of an older one.
"""

from __future__ import annotations

import logging
from email.message import Message

from device.display.loopback import HEADERS, LoopbackServer, Response
from device.errors import UserError
from device.speech.speaker import Speaker
from device.speech.voices import VOICES

log = logging.getLogger(__name__)


class SpeechServer(LoopbackServer):
    """Sounds on loopback."""

    policy = "default-src 'none'; frame-ancestors 'none'"
    headers = HEADERS | {"Cross-Origin-Resource-Policy": "same-site"}  # the page is on another port

    def __init__(self, port: int, speaker: Speaker) -> None:
        super().__init__("speech.port", port)
        self._speaker = speaker

    def admits(self, headers: Message) -> bool:
        """Nobody but a page of this machine: a browser says whether it is one of another site."""
        return headers.get("Sec-Fetch-Site") != "cross-site"

    def respond(self, path: str) -> Response | None:
        """The sound of a text; None: a language without a voice, no text, or no sound of it."""
        _, language, text = (*path.split("/", 2), "", "")[:3]
        if language not in VOICES or not text.strip():
            return None
        try:
            sound = self._speaker.speak(text, language)
        except UserError as error:
            log.warning("speech: %s", error)
            return None
        return None if sound is None else Response("audio/wav", sound)

    def stop(self) -> None:
        """Close the port, and end what is being said."""
        self._speaker.stop()
        super().stop()
