"""Which items the first screens of the demo show: the whole corridor, frame by frame.

Protocol: the demo's two people come in turn (`device/camera/demo.py`), and the detector, the
models, the matching, the session and what was shown lately run as on a kiosk, on a clock that
begins at noon of a Saturday. A screen counts when its cards have changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from tqdm import tqdm

from device.camera.demo import Demo
from device.camera.images import frame_of
from device.config import Config
from device.corridor import Corridor
from device.session.recent import Recent
from device.values import Audience, Context

SCREENS = 40
FPS = 5
"""Frames a second: as often as faces are detected."""

NOON = datetime(2026, 5, 9, 12)
"""A Saturday."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The cards of each screen, as titles, and the seconds of the demo that they took."""

    screens: tuple[tuple[str, ...], ...]
    seconds: float

    @property
    def titles(self) -> int:
        """Different titles."""
        return len({title for screen in self.screens for title in screen})

    @property
    def most(self) -> tuple[str, int]:
        """The title that is on most screens, and on how many."""
        return Counter(title for screen in self.screens for title in screen).most_common(1)[0]


def turns(config: Config, screens: int = SCREENS) -> Turns:
    """The first screens of the demo at the kiosk of this configuration.

    Raises:
        UserError: a model or table is missing or broken.
    """
    demo, recent, zone = Demo(config.camera), Recent(), ZoneInfo(config.place.timezone)
    found: list[tuple[str, ...]] = []
    frames = 0
    with closing(Corridor(config)) as corridor, tqdm(total=screens, disable=None) as progress:
        while len(found) < screens:
            at = frames / FPS
            frames += 1
            audience: Audience = corridor.see(frame_of(demo.view(at), at)).audience
            now = (NOON + timedelta(seconds=at)).replace(tzinfo=zone)
            context = Context(at=at, now=now, recent=recent.discounts, draw=recent.draw)
            screen = corridor.show(audience, context)
            recent.update(screen, at)
            cards = tuple(one.item.title for one in screen.suggestions)
            if cards and (not found or cards != found[-1]):
                found.append(cards)
                progress.update()
    return Turns(tuple(found), frames / FPS)


def report(found: Turns) -> Iterator[str]:
    """A line for each figure."""
    title, times = found.most
    yield f"{len(found.screens)} screens in {found.seconds / 60:.1f} minutes of the demo"
    yield f"{found.titles} titles; {title}, the most shown, is on {times} of them"
