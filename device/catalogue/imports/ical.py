"""iCal: the events of `.ics` files and of addresses that answer with one (RFC 5545).

An event becomes an item for each of its dates in the next `HORIZON` days. Guarantees: an event has
the same id in every import; whatever a calendar holds becomes text, or is counted and left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, tzinfo
from hashlib import sha256
from pathlib import Path

from icalendar import Event

from device.addresses import shown
from device.catalogue.columns import TITLE
from device.catalogue.imports.adult import ADULT, AGE_LIMIT
from device.catalogue.imports.fetch import Answer, fetch
from device.catalogue.imports.imported import Cells, Imported, LeftOut, Progress, slug
from device.catalogue.imports.meanings import category_of, meanings, tags_of
from device.catalogue.imports.occurrences import (
    Occurrence,
    occurrences,
    parse,
    text_of,
    title_of,
)
from device.errors import UserError
from device.values import ADULT_AT, Item

HORIZON = timedelta(days=60)
"""From the beginning of today on; a table is made anew long before."""

MOST_EVENTS = 5000
"""Of one calendar, dates of repeating events included."""

LONGEST_TITLE, LONGEST_ADDRESS, LONGEST_SOURCE = 120, 200, 300

MOST_TAGS = 3
"""Of an event's own categories, beside those of `events.csv`."""

_ADDRESS = re.compile(r"https?://[^\s<>\"'\\]+")
_AFTER = ".,;:!?)]}»”’"
"""What ends a sentence or a bracket behind an address, and is no part of it."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What holds for every event of a calendar. category: where an event names none that is known.
    credit: what must be shown beside each. minimum_age: years, at least."""

    category: str = ""
    credit: str = ""
    minimum_age: int = 0


@dataclass(frozen=True, slots=True)
class Calendars:
    """Reads iCal. zone: of days, and of times without one; None: not known. now: an aware time."""

    zone: tzinfo | None = None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    defaults: Defaults = field(default_factory=Defaults)

    TAKES = "iCal files (.ics) and addresses of them (https://...)"

    def recognises(self, path: Path) -> bool:
        """Whether a file is for this importer, by its name."""
        return path.suffix.lower() in (".ics", ".ical", ".ifb")

    def read(self, path: Path, progress: Progress) -> Imported:
        """The events of a file.

        Raises:
            UserError: it cannot be read, or is no calendar.
        """
        try:
            content = path.read_bytes()
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        return self.events(Answer(content, ""), str(path), progress)

    def fetch(self, address: str, progress: Progress) -> Imported:
        """The events of a web address.

        Raises:
            UserError: it does not answer, or with something else than a calendar.
        """
        return self.events(fetch(address), shown(address), progress)

    def events(self, answer: Answer, where: str, progress: Progress) -> Imported:
        """The events of a calendar. where: its address or file, as it may be shown.

        Raises:
            UserError: it is no calendar, or no zone is known.
        """
        if self.zone is None:
            raise UserError(
                f"{where}: its times need place.timezone; --config names a configuration"
            )
        try:
            calendars = parse(answer.content)
        except ValueError as error:
            kind = f", of type {answer.type}" if answer.type not in ("", "text/calendar") else ""
            size = len(answer.content)
            raise UserError(
                f"{where}: got {size} bytes{kind}, takes iCal: it {error}"
                if size
                else f"{where}: is empty, takes iCal"
            ) from None
        today = datetime.combine(self.now.astimezone(self.zone).date(), time(), self.zone)
        source = f"iCal {where.partition('://')[2] or Path(where).name}"[:LONGEST_SOURCE]
        rows, cells = LeftOut(), LeftOut()
        items: list[Item] = []
        for calendar in calendars:
            for each in occurrences(calendar, self.zone, today, today + HORIZON, rows):
                progress(len(items), None)
                if len(items) == MOST_EVENTS:
                    rows.add(f"more than {MOST_EVENTS} events", title_of(each.event))
                    continue
                try:
                    items.append(self._item(each, source, cells))
                except ValueError as error:
                    rows.add("no title that can be shown", str(error))
        about = f"iCal, events of the {HORIZON.days} days from {today:%Y-%m-%d} on"
        return Imported(items, about, rows, cells)

    def _item(self, occurrence: Occurrence, source: str, left_out: LeftOut) -> Item:
        """The item of one date.

        Raises:
            ValueError: it has no title that can be shown.
        """
        event, defaults = occurrence.event, self.defaults
        item_id = f"event-{_hash(f'{occurrence.uid} {occurrence.date}')}"
        if occurrence.assumed:
            left_out.add("ends: not given, taken as two hours after it begins", title_of(event))
        if occurrence.floating:
            left_out.add("begins: its zone is not known, taken as local", occurrence.floating)
        cells = Cells(left_out)
        title = str(TITLE.value(_cut(text_of(event, "SUMMARY"), LONGEST_TITLE)))
        description, categories = text_of(event, "DESCRIPTION"), _categories(event)
        table = meanings("events")
        kinds = [kind for name in categories for kind in table.within(name)]
        kinds = kinds or table.of([defaults.category])
        own = [slug(each) for each in categories][:MOST_TAGS]
        ages = [defaults.minimum_age, *(kind.minimum_age for kind in kinds)]
        if ADULT.search(";".join([*categories, title]).lower()) or AGE_LIMIT.search(
            f"{title} {description}".lower()
        ):
            ages.append(ADULT_AT)
        latitude, longitude = _point(event, item_id, cells)
        address = cells.first(item_id, "address", _cut(text_of(event, "LOCATION"), LONGEST_ADDRESS))
        return Item(
            id=item_id,
            kind="event",
            title=title,
            category=category_of(kinds) or defaults.category or "event",
            tags=tuple(dict.fromkeys(filter(None, [*tags_of(kinds), *own]))),
            latitude=latitude,
            longitude=longitude,
            address=str(address),
            minimum_age=max(ages),
            link=str(cells.first(item_id, "link", text_of(event, "URL"), *_addresses(description))),
            begins=occurrence.begins,
            ends=occurrence.ends,
            series=f"series-{_hash(occurrence.uid)}" if occurrence.date else "",
            suits=kinds[0].suits if kinds else (),
            valence=kinds[0].valence if kinds else None,
            arousal=kinds[0].arousal if kinds else None,
            source=source,
            credit=defaults.credit,
        )


def _hash(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:16]


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def _categories(event: Event) -> list[str]:
    """The categories of an event, each in its own words."""
    given = event.get("CATEGORIES", [])
    listed = given if isinstance(given, list) else [given]
    named = (str(name).strip() for one in listed for name in getattr(one, "cats", [one]))
    return [name for name in named if name]


def _addresses(description: str) -> Iterator[str]:
    """The web addresses in a description, of plain text or HTML."""
    for match in _ADDRESS.findall(description):
        yield match.rstrip(_AFTER)


def _point(event: Event, item_id: str, cells: Cells) -> tuple[float | None, float | None]:
    """Latitude and longitude; 0, 0 is what programs write that know none."""
    geo = event.get("GEO")
    try:
        latitude, longitude = float(geo.latitude), float(geo.longitude)
    except (AttributeError, TypeError, ValueError):
        if geo is not None:
            cells.drop(item_id, "geo", str(geo))
        return None, None
    if not (abs(latitude) <= 90 and abs(longitude) <= 180) or latitude == longitude == 0:
        cells.drop(item_id, "geo", f"{latitude};{longitude}")
        return None, None
    return round(latitude, 6), round(longitude, 6)
