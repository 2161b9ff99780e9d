"""The kiosk's server of sounds, as the page asks it."""

from __future__ import annotations

from device.display.loopback import Response
from device.display.speech import SpeechServer
from device.speech.speaker import Speaker
from tests.brokers import wait_until
from tests.needs import tool


class Sounds(SpeechServer):
    """The kiosk's server of sounds, which remembers what it was asked for."""

    def __init__(self) -> None:
        super().__init__(0, Speaker(tool("espeak-ng")))
        self.asked: list[tuple[str, str]] = []
        self.made: list[bytes] = []

    def respond(self, path: str) -> Response | None:
        _, language, text = path.split("/", 2)
        self.asked.append((language, text))
        answer = super().respond(path)
        if answer is not None and isinstance(answer.body, bytes):
            self.made.append(answer.body)
        return answer

    def wait(self, *wanted: tuple[str, str]) -> None:
        """Wait until these were asked for, in this order and next to each other."""

        def there() -> bool:
            starts = range(len(self.asked))
            return any(tuple(self.asked[at : at + len(wanted)]) == wanted for at in starts)

        wait_until(there, f"the page asks for {wanted}, after {self.asked}")
