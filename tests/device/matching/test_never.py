"""Items that nobody is ever shown at a kiosk, by reason."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from device.catalogue.hand import Hand
from device.catalogue.store import Catalogue
from device.config import MatchingConfig, PlaceConfig
from device.matching.match import Matcher
from device.matching.never import never_shown
from device.matching.rules import Rules
from device.values import Item

HERE = PlaceConfig(latitude=60.17, longitude=24.94, timezone="Europe/Helsinki", country="FI")
HOUR = timedelta(hours=1)
PLACES = {
    "always": "24/7",
    "unknown": "",
    "shut": "off",
    "briefly": "Mo-Su 12:00-12:20",
    "summer": "Jun-Sep 10:00-18:00",
    "night": "Fr-Sa 20:00-02:00",
    "asked": 'Mo-Su 12:00-12:20 "by appointment"',
}
FARTHEST = dict.fromkeys(("alone", "couple", "family", "friends"), 5000.0)


def never(**rules: object) -> dict[str, list[str]]:
    places = [
        Item(name, "place", name, "sights", latitude=60.171, longitude=24.94, hours=hours)
        for name, hours in PLACES.items()
    ]
    items = [
        *places,
        Item("far", "place", "Far", "sights", latitude=61.0, longitude=24.94, hours="off"),
        Item("old", "film", "Old", "drama", minimum_age=99),
        Item("hidden", "film", "Hidden", "drama"),
        Item("song", "song", "Song", "pop"),
        *(
            Item(f"concert{day}", "event", "Concert", "concert", begins=begins, ends=begins + HOUR)
            for day in (4, 5)
            for begins in (datetime(2026, 1, day, 19, tzinfo=UTC),)
        ),
    ]
    given = {"presets": {"repair": {"about": "x", "towards": {}}}, "closing_min": 45} | rules
    matcher = Matcher(
        Catalogue.of(items),
        Rules.model_validate(given),
        MatchingConfig(kinds=("place", "film", "event")),
        HERE,
        hand=Hand(hide=("hidden",)),
    )
    found = never_shown(matcher, HERE, date(2026, 1, 5))
    return {reason: [items[row].id for row in rows] for reason, rows in found.items()}


def test_each_item_that_nobody_is_shown_is_in_one_reason() -> None:
    assert never(farthest_m=FARTHEST) == {
        "hidden, or of a kind that is not suggested": ["hidden", "song"],
        "for an age that is never certain": ["old"],
        "too far for every company": ["far"],
        "an event that is over": ["concert4"],
        "never open for long enough": ["shut", "briefly"],
    }


def test_without_a_limit_for_some_company_nothing_is_too_far() -> None:
    found = never(farthest_m={"family": 5000.0})
    assert found["too far for every company"] == []
    assert found["never open for long enough"] == ["shut", "briefly", "far"]


def test_a_short_opening_is_enough_where_a_stay_is_short() -> None:
    assert never(closing_min=0)["never open for long enough"] == ["shut", "far"]
