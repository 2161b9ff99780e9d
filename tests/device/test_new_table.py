"""A kiosk takes a new table of items without a restart, and does not wait for quiet for ever."""

# failure 52

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import wait
from dataclasses import replace
from pathlib import Path

import pytest

from device.audience.group import audience_of
from device.catalogue.build import write
from device.commands.check import PARTS
from device.config import Config, SessionConfig
from device.corridor import LONGEST_WAIT_S, Corridor
from device.errors import UserError
from device.session.replaced import LOOK_EVERY_S
from device.session.world import World
from device.upkeep.clock import WallClock
from device.values import Audience, Item, Tried
from tests.device.audience.people import visitor
from tests.kiosks import changed

WALKS = [Item(f"walk-{n}", "activity", f"Walk {n}", "walking", source="us") for n in range(4)]
SONGS = [Item(f"song-{n}", "song", f"Song {n}", "pop", source="us") for n in range(4)]


class Kiosk:
    """A corridor and its world, with a clock that a test sets."""

    def __init__(self, config: Config) -> None:
        self.at = 1000.0
        wall = WallClock(0, ask=lambda: True)
        self.world = World(config, clock=lambda: self.at, wall=wall)
        self.corridor = Corridor(config)

    def turn(self, seconds: float, audience: Audience | None = None) -> set[str]:
        """The kinds on the screen after some seconds, in steps of one."""
        for _ in range(round(seconds)):
            self.at += 1
            context = self.world.context()
            screen = self.corridor.show(audience or Audience(), context)
            self.world.shown(screen, self.at)
            if self.corridor.opening is not None:
                wait([self.corridor.opening])
        return {suggestion.item.kind for suggestion in screen.suggestions}

    def somebody(self, seconds: float) -> set[str]:
        return self.turn(seconds, audience_of((visitor("a", since=self.at),)))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    write(WALKS, tmp_path / "town.sqlite")
    return tmp_path / "town.sqlite"


@pytest.fixture
def kiosk(config: Config, table: Path) -> Iterator[Kiosk]:
    made = Kiosk(changed(config, matching__catalogue=table))
    yield made
    made.corridor.close()


def test_a_new_table_is_taken_when_everybody_has_left(kiosk: Kiosk, table: Path) -> None:
    assert kiosk.somebody(5) == {"activity"}
    write(SONGS, table)
    assert kiosk.somebody(2 * LOOK_EVERY_S) == {"activity"}
    kiosk.turn(SessionConfig().linger_s + 10)
    assert kiosk.somebody(5) == {"song"}


def test_where_somebody_is_always_there_it_is_taken_after_ten_minutes_when_the_screen_changes(
    kiosk: Kiosk, table: Path
) -> None:
    assert kiosk.somebody(5) == {"activity"}
    write(SONGS, table)
    assert kiosk.somebody(LONGEST_WAIT_S) == {"activity"}
    shown = {"activity"}
    for _ in range(round(3 * LOOK_EVERY_S)):
        serial, kinds = kiosk.corridor.session.screen.serial, shown
        shown = kiosk.somebody(1)
        changed_now = kiosk.corridor.session.screen.serial != serial
        assert shown == kinds or changed_now  # never under the eyes of who reads
    assert shown == {"song"}


def test_a_broken_table_is_said_while_somebody_is_there(
    kiosk: Kiosk, table: Path, caplog: pytest.LogCaptureFixture
) -> None:
    kiosk.somebody(5)
    table.with_name("new").write_bytes(b"no table")
    table.with_name("new").replace(table)
    assert kiosk.somebody(LOOK_EVERY_S + 1) == {"activity"}
    assert "the present one stays in use" in caplog.text


def test_it_is_looked_for_twice_a_minute(kiosk: Kiosk, table: Path) -> None:
    write(SONGS, table)
    matcher = kiosk.corridor.matcher
    kiosk.turn(LOOK_EVERY_S - 2)
    assert kiosk.corridor.matcher is matcher
    kiosk.turn(3)
    taken = kiosk.corridor.matcher
    assert taken is not matcher
    kiosk.turn(3 * LOOK_EVERY_S)
    assert kiosk.corridor.matcher is taken


@pytest.mark.parametrize("trouble", ["broken", "away"])
def test_a_broken_table_leaves_the_present_one_in_use_and_is_said(
    kiosk: Kiosk, table: Path, config: Config, caplog: pytest.LogCaptureFixture, trouble: str
) -> None:
    if trouble == "broken":
        table.with_name("new").write_bytes(b"no table")
        table.with_name("new").replace(table)
    else:
        table.unlink()
    kiosk.turn(3 * LOOK_EVERY_S)
    said = [record.getMessage() for record in caplog.records if "new table" in record.getMessage()]
    assert len(said) == (trouble == "broken")
    assert kiosk.somebody(5) == {"activity"}
    with pytest.raises(UserError, match=r"town\.sqlite"):
        PARTS["catalogue"](changed(config, matching__catalogue=table))
    kiosk.turn(10)
    table.unlink(missing_ok=True)
    write(SONGS, table)
    kiosk.turn(2 * LOOK_EVERY_S)
    assert kiosk.somebody(5) == {"song"}


def test_what_was_shown_and_touched_survives(kiosk: Kiosk, table: Path) -> None:
    kiosk.somebody(70)
    before = kiosk.world.context().recent
    assert before
    write([*WALKS, *SONGS], table)
    kiosk.turn(2 * LOOK_EVERY_S)
    after = kiosk.world.context()
    assert {name for name, _ in before} <= {name for name, _ in after.recent}
    tried = {"walk-0": Tried(shown=200, liked=150), "walk-1": Tried(shown=200, liked=1)}
    found = kiosk.corridor.matcher.match(Audience(), replace(after, tried=tried, draw=1))
    touches = {
        suggestion.item.id: term.value
        for suggestion in found
        for term in suggestion.trace
        if term.name == "touches"
    }
    assert touches["walk-0"] > 0.5
    assert touches.get("walk-1", -1.0) < 0
