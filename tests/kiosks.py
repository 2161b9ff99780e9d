"""A whole kiosk for tests: it runs on a thread, with a client that acts as the page.

with running(config) as kiosk:
    kiosk.says("suggestions", lambda said: said["items"])
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from device.app import Kiosk
from device.camera.capture import Camera, FakeCamera
from device.camera.demo import Demo
from device.camera.files import Paced
from device.camera.images import frame_of
from device.config import Config
from device.upkeep.notify import Notifier
from device.upkeep.watchdog import Watchdog
from device.values import Frame
from tests.brokers import Listener


def changed(config: Config, **changes: Any) -> Config:
    """A configuration with other values; `part__key=value` reaches one level down."""
    for path, value in changes.items():
        part, _, key = path.partition("__")
        section = getattr(config, part).model_copy(update={key: value}) if key else value
        config = config.model_copy(update={part: section})
    return config


def wall(at: float) -> Frame:
    """A picture with nobody in it."""
    return frame_of(np.full((480, 640, 3), 150, np.uint8), at)


def nobody() -> Camera:
    """A camera that sees a wall at 15 frames a second, for ever."""
    return Paced(FakeCamera(wall(number / 15) for number in itertools.count()))


def somebody(config: Config) -> Camera:
    """A camera that sees one person at 15 frames a second, for ever."""
    return Paced(FakeCamera(person(config)))


def person(config: Config) -> Iterator[Frame]:
    """One person at 15 frames a second, for ever: eight seconds of the demo, again and again."""
    demo = Demo(config.camera)
    for number in itertools.count():
        yield frame_of(demo.view(2 + number % 120 / 15), number / 15)


class RunningKiosk:
    """A kiosk whose loop turns, and a client of its broker."""

    def __init__(self, config: Config, camera: Camera, **options: Any) -> None:
        self.watchdog = Watchdog(Notifier(None))
        self.lines: list[str] = []
        self.kiosk = Kiosk(config, camera, self.watchdog, announce=self.lines.append, **options)
        self._root = f"wayside/v1/{config.site}/{config.kiosk}"
        assert self.kiosk.broker
        self.heard: Listener = Listener(self.kiosk.broker.port, "wayside/#")
        self._ending = threading.Event()
        self._loop = threading.Thread(target=self._turn, name="corridor")
        self._loop.start()

    def says(self, name: str, wanted: Callable[[Any], Any] = lambda payload: True) -> Any:
        """The first payload of this name that is wanted, said already or still to come."""
        return self.heard.wait(lambda m: m.name == name and wanted(m.json())).json()

    def newest(self, name: str) -> Any:
        """The last payload of this name so far; None before the first."""
        said = [message.json() for message in self.heard.messages if message.name == name]
        return said[-1] if said else None

    def page_shows(self, notice: bool) -> None:
        """Report as the page does, once; a kiosk that says `online` has subscribed before."""
        self.says("status")
        beat = {"state": "resting", "serial": 0, "shows_notice": notice}
        self.heard.say(f"{self._root}/display", beat, qos=0)

    def touch(self, verdict: str, item_id: str | None = None, at: str = "") -> None:
        """Touch the page, as soon as the kiosk listens."""
        self.says("status")
        touch = {"item_id": item_id, "verdict": verdict, "at": at}
        self.heard.say(f"{self._root}/feedback", touch)

    def ask(self, action: str, press: str, *, shows_notice: bool = False) -> None:
        """Do something with the button to ask aloud by."""
        self.says("status")
        asked = {"action": action, "press": press, "shows_notice": shows_notice, "at": press}
        self.heard.say(f"{self._root}/ask", asked)

    def stop(self) -> None:
        """A clean stop; harmless when stopped already."""
        if not self._ending.is_set():
            self._ending.set()
            self._loop.join()
            self.kiosk.stop()

    def _turn(self) -> None:
        while not self._ending.is_set():
            self.kiosk.turn()


@contextmanager
def running(
    config: Config, camera: Camera, *, live: bool = False, **options: Any
) -> Iterator[RunningKiosk]:
    """A kiosk that runs until the block ends; `options` as `Kiosk` takes them."""
    kiosk = RunningKiosk(config, camera, live=live, **options)
    try:
        yield kiosk
    finally:
        kiosk.heard.close()  # first: a client whose broker has gone waits a second to reconnect
        kiosk.stop()
