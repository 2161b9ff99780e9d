"""A simulated day at a kiosk: cards take turns, and nothing wrong comes on the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from device.camera.images import load_picture
from device.catalogue.build import write
from device.config import Config
from device.values import KINDS, Item
from tests.kiosks import changed
from tools.evaluation.day import Card, Day, simulate
from tools.evaluation.day_plot import draw

ITEM = Item("tea", "place", "Tea", "cafe", minimum_age=18)


def test_the_shares_are_those_of_the_cards() -> None:
    card = Card(0.0, ITEM, years=30, open_then=True, reasoned=True)
    cards = (
        card,
        replace(card, at=3599.0, years=0),
        replace(card, at=7199.0),
        replace(card, item=replace(ITEM, id="bar"), open_then=False, reasoned=False),
    )
    assert Day(cards, items=8).shares() == {
        "items ever shown": 0.25,
        "cards of the ten most shown": 1.0,
        "cards shown within the hour before": 0.25,
        "cards of closed places": 0.25,
        "cards under age": 0.25,
        "cards without a reason of their own": 0.25,
    }


@pytest.fixture(scope="module")
def town(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A kiosk in a town of 200 places, some of them for adults, some closed at times."""
    path = tmp_path_factory.mktemp("town") / "town.sqlite"
    hours = ("", "Mo-Su 09:00-17:00", "Mo-Fr 08:00-20:00", "Mo-Su 18:00-02:00")
    items = [
        Item(
            id=f"place{n}",
            kind="place",
            title=f"Place {n}",
            category=("parks", "cafe", "clubs and bars", "temple")[n % 4],
            tags=("quiet", "tea", "lively", "garden")[n % 3 : n % 3 + 2],
            hours=hours[n % 7] if n % 7 < 4 else "",
            minimum_age=18 if n % 4 == 2 else 0,
        )
        for n in range(200)
    ]
    write(items, path)
    return changed(config, matching__catalogue=path)


def test_cards_take_turns_and_none_is_closed_or_under_age(town: Config) -> None:
    shares = simulate(town, audiences=60).shares()
    assert shares["items ever shown"] > 0.5
    assert shares["cards of the ten most shown"] < 0.2
    assert shares["cards of closed places"] == 0
    assert shares["cards under age"] == 0
    assert shares["cards without a reason of their own"] == 0


def test_the_same_seed_gives_the_same_day_and_a_plot(town: Config, tmp_path: Path) -> None:
    day = simulate(town, audiences=5, seed=3)
    assert [card.item.id for card in day.cards] == [
        card.item.id for card in simulate(town, audiences=5, seed=3).cards
    ]
    draw(day, tmp_path / "day.png", "a $day$")
    assert load_picture(tmp_path / "day.png").shape[1] > 1_000


def test_titles_of_every_kind_are_drawn_as_they_are(tmp_path: Path) -> None:
    titles = ("$5 & $6 menu", "\\frac{1}{0}", "جامع", "西湖", "x" * 200, "")
    cards = [
        Card(60.0 * n, Item(str(n), KINDS[n % len(KINDS)], title, "any"), 30, True, True)
        for n, title in enumerate(titles)
    ]
    draw(Day(tuple(cards), 10), tmp_path / "day.png", "$x$")
    draw(Day((), 10), tmp_path / "empty.png", "nothing")
    assert (tmp_path / "empty.png").is_file()


def test_an_event_is_shown_on_its_day_and_on_no_other(config: Config, tmp_path: Path) -> None:
    begins = datetime(2026, 12, 5, 19, tzinfo=UTC)
    concert = Item(
        "concert", "event", "Concert", "concert", begins=begins, ends=begins + timedelta(hours=2)
    )
    write([concert, Item("walk", "activity", "Walk", "walking")], tmp_path / "town.sqlite")
    town = changed(config, matching__catalogue=tmp_path / "town.sqlite",
                   matching__kinds=("event", "activity"))  # fmt: skip
    shown = {
        on: {card.item.id for card in simulate(town, audiences=3, on=on).cards}
        for on in (date(2026, 12, 5), date(2026, 12, 7))
    }
    assert list(shown.values()) == [{"concert", "walk"}, {"walk"}]
