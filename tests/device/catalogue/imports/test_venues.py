"""An event that names a place of the table stands where that place is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from device.catalogue.imports.imported import Imported, LeftOut
from device.catalogue.imports.venues import locate
from device.values import Item

BEGINS = datetime(2026, 12, 1, 17, tzinfo=UTC)
HALL = Item("hall", "place", "Finlandia-talo", "theatre", latitude=60.17, longitude=24.93,
            titles={"sv": "Finlandiahuset", "en": "Finlandia Hall"})  # fmt: skip
KIOSKS = [Item(f"k{n}", "place", "R-kioski", "shop", latitude=60.0 + n, longitude=24.9)
          for n in range(2)]  # fmt: skip
NOWHERE = Item("film", "film", "Elsewhere", "drama")


def located(address: str, **known: float) -> tuple[Item, dict[str, int]]:
    event = Item("e", "event", "E", "concert", address=address, begins=BEGINS,
                 ends=BEGINS + timedelta(hours=1), **known)  # type: ignore[arg-type]  # fmt: skip
    places = Imported([HALL, *KIOSKS, NOWHERE], "", LeftOut(), LeftOut())
    calendar = Imported([event], "", LeftOut(), LeftOut())
    locate([calendar, places])
    return calendar.items[0], dict(calendar.cells.counts)


@pytest.mark.parametrize(
    "address",
    ["Finlandia-talo", "finlandia talo, Mannerheimintie 13", "Finlandiahuset (stora salen)",
     "Finlandia Hall - Helsinki", "FINLANDIA HALL; Piazza"],
)  # fmt: skip
def test_a_place_of_the_table_gives_its_coordinates(address: str) -> None:
    event, counts = located(address)
    assert (event.latitude, event.longitude, event.address) == (60.17, 24.93, address)
    assert counts == {}


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("R-kioski", "coordinates: is several places"),
        ("Elsewhere", "coordinates: no place of this name"),
        ("Talo", "coordinates: no place of this name"),
        ("???", "coordinates: no place of this name"),
    ],
)
def test_a_place_that_is_not_one_of_the_table_gives_none(address: str, why: str) -> None:
    event, counts = located(address)
    assert event.latitude is None
    assert counts == {why: 1}


def test_what_a_calendar_says_of_the_place_stays() -> None:
    event, counts = located("Finlandia-talo", latitude=1.0, longitude=2.0)
    assert (event.latitude, counts) == (1.0, {})
    assert located("")[1] == {}
