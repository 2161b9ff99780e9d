"""Asking aloud, from the button on the page to what the suggestions are asked with.

Guarantees: the microphone is open only while the page says that the button is held and that it
shows the notice of it, and never while the page is silent or the screen is off; what was understood
counts only once it is confirmed, and until the cards leave; nothing of it is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from device.config import Config
from device.hearing.listening import Listening, State
from device.hearing.microphone import Arecord, Microphone, deaf_because
from device.hearing.recogniser import Recogniser
from device.hearing.tone import ToneReader, Voice
from device.hearing.vocabulary import LANGUAGE
from device.messaging.messages import Ask, Heard, RequestMessage
from device.messaging.payloads import iso
from device.messaging.queues import Inbox
from device.values import Context, Observation, Request, Screen
from device.words.words import load_words

SHOWN_S = 20.0
"""What was understood waits so long to be confirmed."""

Stage: TypeAlias = State | Literal["asked"]


class Asking:
    """Takes the page's messages, and tells it what has become of them."""

    def __init__(self, listening: Listening, voice: Voice | None = None) -> None:
        """voice: that hears what `listening` does."""
        self._listening, self._voice = listening, voice
        self._allowed = False
        self._offered_at: float | None = None
        self._told: tuple[Stage, Request | None] = ("closed", None)
        self.request: Request | None = None
        """What was asked for, and confirmed; None: nothing."""

    @classmethod
    def open(
        cls, config: Config, askable: Callable[[], Mapping[str, int]], microphone: Microphone | None
    ) -> Asking | None:
        """None: nobody can ask aloud here. askable: as `counts` of a `Recogniser`. microphone: None
        takes the configuration's.

        Raises:
            UserError: the recogniser's or the voice's model is missing.
        """
        if microphone is None:
            if deaf_because(config.hearing) is not None:
                return None
            microphone = Arecord(config.hearing.microphone)
        recogniser = Recogniser(askable, load_words(LANGUAGE, config.matching.catalogue).tags)
        if not config.hears_tone:
            return cls(Listening(microphone, recogniser.recognise))
        voice = Voice(ToneReader(config.models).read)

        def heard(sound: bytes) -> Request | None:
            voice.hear(sound)
            return recogniser.recognise(sound)

        return cls(Listening(microphone, heard), voice)

    def listen(self, inbox: Inbox) -> None:
        """Register for the page's messages."""
        inbox.route(Ask, self.take)

    def take(self, ask: Ask, at: float) -> None:
        """Take a message of the page, received at monotonic seconds."""
        match ask.action:
            case "hold" if ask.shows_notice and self._allowed:
                self._listening.hold(ask.press)
            case "hold" | "no":
                self._forget()
            case "release":
                self._listening.release()
            case "yes" if self._listening.state == "understood":
                self.request = self._listening.request
                self._listening.cancel()

    def turn(self, context: Context) -> None:
        """Once in a turn: close a microphone that may not be open, and forget what nobody confirms.
        A press is heeded from the turn on in which the page lives."""
        self._allowed = context.page_alive and not context.asleep
        if not self._allowed:
            self._listening.cancel()
        self._listening.turn()
        if self._listening.state not in ("understood", "nothing"):
            self._offered_at = None
        elif self._offered_at is None:
            self._offered_at = context.at
        elif context.at - self._offered_at >= SHOWN_S:
            self._listening.cancel()

    def overheard(self, people: int, at: float) -> tuple[Observation, ...]:
        """What the voice of the one person who held the button says of the mood; to be called for
        each frame, and when everybody is forgotten. people: faces in the frame before. at:
        monotonic seconds."""
        if self._voice is None:
            return ()
        return self._voice.turn(self._listening.state == "listening", people, at)

    def shown(self, screen: Screen) -> None:
        """What was asked for goes with the cards."""
        if screen.state == "resting":
            self.request = None

    def news(self) -> Heard | None:
        """What the page must be told; None: nothing new."""
        now: tuple[Stage, Request | None] = (self._listening.state, self._listening.request)
        if now[0] == "closed" and self.request is not None:
            now = ("asked", self.request)
        if now == self._told:
            return None
        self._told = now
        stage, request = now
        message = None if request is None else _message(request)
        return {"state": stage, "request": message, "at": iso(datetime.now(UTC))}

    def stop(self) -> None:
        """Close the microphone, and wait until nothing runs any more."""
        self._listening.stop()

    def _forget(self) -> None:
        self._listening.cancel()
        self.request = None


def _message(request: Request) -> RequestMessage:
    return {
        "thing": request.thing,
        "features": list(request.features),
        "open_now": request.open_now,
        "near": request.near,
        "quiet": request.quiet,
        "children": request.children,
    }
