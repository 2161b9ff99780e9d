"""What a calendar says of its events becomes items, and what it says wrongly is counted."""

# failure 50

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

import pytest

from device.catalogue.imports.fetch import Answer
from device.catalogue.imports.ical import Calendars, Defaults
from device.catalogue.imports.imported import Imported, LeftOut
from device.catalogue.imports.meanings import meanings
from device.catalogue.imports.occurrences import MOST_DATES, occurrences, parse
from device.catalogue.store import Catalogue
from device.errors import UserError
from device.values import Item
from device.words.words import load_words
from tests.device.catalogue.imports.calendars import ics, vevent

HELSINKI = ZoneInfo("Europe/Helsinki")
NOW = datetime(2026, 11, 30, 12, tzinfo=UTC)


HOUR = "DURATION:PT1H"
AT_SEVEN = "DTSTART:20261201T170000Z"
TOO_OFTEN = "repeats hourly or oftener, or more than 24 times a day"
UNREADABLE = "repeats by a rule that cannot be read"


def imported(content: bytes, now: datetime = NOW, kind: str = "", **defaults: object) -> Imported:
    calendars = Calendars(HELSINKI, now, Defaults(**defaults))  # type: ignore[arg-type]
    return calendars.events(Answer(content, kind), "town.ics", lambda d, t: None)


def items(*parts: str, now: datetime = NOW, **defaults: object) -> list[Item]:
    return imported(ics(*parts), now, **defaults).items


def only(*lines: str, summary: str = "A Concert", **defaults: object) -> Item:
    (item,) = items(vevent(*lines, summary=summary), **defaults)
    assert list(Catalogue.of([item])) == [item]
    return item


def local(day: int, hour: int = 0, minute: int = 0, month: int = 12) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=HELSINKI)


def test_an_event_says_what_when_and_where_it_is() -> None:
    item = only(
        r"LOCATION:Musiikkitalo\, Mannerheimintie 13", "GEO:60.1738;24.9350",
        "URL:https://example.org/concert", "CATEGORIES:Concert,Live Music,Klassik",
    )  # fmt: skip
    assert (item.kind, item.title, item.category) == ("event", "A Concert", "concert")
    assert item.tags == ("live-music", "concert", "klassik")
    assert (item.begins, item.ends) == (local(1, 19), local(1, 21))
    assert (item.address, item.latitude) == ("Musiikkitalo, Mannerheimintie 13", 60.1738)
    assert (item.longitude, item.link) == (24.935, "https://example.org/concert")
    assert (item.valence, item.minimum_age, item.source) == (0.5, 0, "iCal town.ics")


@pytest.mark.parametrize(
    ("lines", "begins", "ends"),
    [
        (["DTSTART:20261201T170000Z", "DURATION:PT90M"], local(1, 19), local(1, 20, 30)),
        (["DTSTART:20261201T190000", "DTEND:20261201T210000"], local(1, 19), local(1, 21)),
        (["DTSTART;VALUE=DATE:20261205"], local(5), local(6)),
        (["DTSTART;VALUE=DATE:20261205", "DTEND;VALUE=DATE:20261208"], local(5), local(8)),
        (["DTSTART;VALUE=DATE:20261205", "DURATION:P2D"], local(5), local(7)),
        (["DTSTART;TZID=America/New_York:20261201T120000", HOUR], local(1, 19), local(1, 20)),
        (["DTSTART;TZID=FLE Standard Time:20261201T190000", HOUR], local(1, 19), local(1, 20)),
        (["DTSTART;TZID=W. Europe Standard Time:20261201T180000", HOUR],
         local(1, 19), local(1, 20)),
    ],
)  # fmt: skip
def test_times_are_of_the_zone_they_name_or_of_the_place(
    lines: list[str], begins: datetime, ends: datetime
) -> None:
    item = only(*lines)
    assert (item.begins, item.ends) == (begins, ends)


def test_a_zone_of_the_calendars_own_is_understood() -> None:
    zone = "\r\n".join([
        "BEGIN:VTIMEZONE", "TZID:Our Zone", "BEGIN:STANDARD", "DTSTART:19700101T000000",
        "TZOFFSETFROM:+0500", "TZOFFSETTO:+0500", "END:STANDARD", "END:VTIMEZONE",
    ])  # fmt: skip
    (item,) = items(zone, vevent("DTSTART;TZID=Our Zone:20261201T220000", "DURATION:PT1H"))
    assert item.begins == local(1, 19)


def test_what_is_assumed_is_counted() -> None:
    found = imported(
        ics(
            vevent("DTSTART:20261201T170000Z"),
            vevent("DTSTART;TZID=Atlantis/Town:20261201T190000", "DURATION:PT1H", uid="two"),
            vevent("GEO:0;0", uid="three"),
            vevent("GEO:nowhere", uid="four"),
            vevent("URL:ftp://example.org/", uid="five"),
        )
    )
    assert [(item.begins, item.ends) for item in found.items[:2]] == [
        (local(1, 19), local(1, 21)), (local(1, 19), local(1, 20))
    ]  # fmt: skip
    assert found.cells.counts == {
        "ends: not given, taken as two hours after it begins": 1,
        "begins: its zone is not known, taken as local": 1,
        "geo: not understood": 2,
        "link: not understood": 1,
    }


def test_the_link_is_the_address_or_the_first_of_the_description() -> None:
    said = r"DESCRIPTION:Tickets (https://example.org/a?b=1&c=2)\, more: http://x.org/."
    assert only(said).link == "https://example.org/a?b=1&c=2"
    assert only('DESCRIPTION:<a href="https://example.org/t">Tickets</a>').link == (
        "https://example.org/t"
    )
    assert only(said, "URL:https://example.org/own").link == "https://example.org/own"
    assert only("DESCRIPTION:come along").link == ""


@pytest.mark.parametrize(
    "title",
    ['Say "Hi" <b>now</b>', "🎻 & 🎺", "حفلة موسيقية", "Ääni; yö, \\ \\n", "&lt;script&gt;"],
)
def test_titles_stay_the_text_they_are(title: str) -> None:
    escaped = title.replace("\\", "\\\\").replace(";", r"\;").replace(",", r"\,")
    assert only(summary=escaped).title == title


def test_a_long_title_is_cut_and_an_unseen_one_left_out() -> None:
    assert only(summary="x" * 300).title == "x" * 119 + "…"
    found = imported(ics(vevent(summary=""), vevent(summary="\u200b", uid="b")))
    assert (found.items, found.rows.counts) == ([], {"no title that can be shown": 2})


def test_an_id_is_the_same_in_every_import_and_of_every_date() -> None:
    weekly = vevent("DTSTART:20261201T170000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=4")
    first, *rest = items(weekly)
    assert len({item.id for item in [first, *rest]}) == 4
    assert {item.series for item in [first, *rest]} == {first.series}
    assert first.series
    other = vevent("DTSTART:20261220T170000Z", "DURATION:PT1H", uid="new")
    again = items(weekly, other, now=NOW + timedelta(days=3))
    assert [item.id for item in rest] == [item.id for item in again[:3]]
    assert again[3].series == ""
    moved = vevent("RECURRENCE-ID:20261208T170000Z", "DTSTART:20261209T120000Z", "DURATION:PT1H")
    changed = items(weekly, moved)
    assert {item.id for item in changed} == {item.id for item in [first, *rest]}
    assert local(9, 14) in [item.begins for item in changed]
    renamed = items(vevent(uid="once", summary="Old")), items(vevent(uid="once", summary="New"))
    assert renamed[0][0].id == renamed[1][0].id


def test_a_repeating_event_leaves_out_what_its_calendar_takes_back() -> None:
    weekly = vevent(
        "DTSTART:20261201T170000Z", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=4",
        "EXDATE:20261208T170000Z",
    )  # fmt: skip
    off = vevent("RECURRENCE-ID:20261215T170000Z", "DTSTART:20261215T170000Z", "STATUS:CANCELLED")
    assert [item.begins for item in items(weekly, off)] == [local(1, 19), local(22, 19)]


def test_a_date_that_was_moved_or_cancelled_stands_for_itself_without_its_series() -> None:
    moved = vevent("RECURRENCE-ID:20261208T170000Z", "DTSTART:20261209T120000Z", HOUR)
    (item,) = items(moved)
    weekly = vevent(AT_SEVEN, HOUR, "RRULE:FREQ=WEEKLY;COUNT=4")
    assert item.id in {each.id for each in items(weekly, moved)}
    off = vevent("RECURRENCE-ID:20261208T170000Z", "DTSTART:20261208T170000Z", "STATUS:CANCELLED")
    found = imported(ics(off))
    assert (found.items, found.rows.counts) == ([], {"cancelled": 1})


def test_daylight_saving_keeps_the_hour_of_a_repeating_event() -> None:
    weekly = vevent(
        "DTSTART;TZID=Europe/Helsinki:20261018T190000", "DURATION:PT1H", "RRULE:FREQ=WEEKLY;COUNT=3"
    )
    found = items(weekly, now=datetime(2026, 10, 17, tzinfo=UTC))
    assert [item.begins for item in found] == [
        local(18, 19, month=10), local(25, 19, month=10), local(1, 19, month=11)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        (["STATUS:CANCELLED"], "cancelled"),
        (["DTSTART:20261101T170000Z", "DURATION:PT1H"], "over already"),
        (["DTSTART:20270601T170000Z", "DURATION:PT1H"], "later than what is looked at"),
        (["DTSTART:2026120"], "a time that cannot be read"),
        (["DTSTART:20261201T170000Z", "DTSTART:20261202T170000Z"], "a time that cannot be read"),
        (["DTSTART:20261201T170000Z", "DURATION:long"], "a time that cannot be read"),
        (["DTSTART:00010101T170000Z", "RRULE:FREQ=DAILY"], "begins before 1970 or after 2200"),
        (["DTSTART:20261201T170000Z", "DTEND:20261130T170000Z"], "ends before it begins"),
        ([AT_SEVEN, "RRULE:FREQ=SECONDLY"], TOO_OFTEN),
        ([AT_SEVEN, "RRULE:FREQ=DAILY;BYHOUR=1,2,3,4,5;BYMINUTE=0,10,20,30,40"], TOO_OFTEN),
        ([AT_SEVEN, "RRULE:FREQ=NEVER"], UNREADABLE),
        ([AT_SEVEN, "RRULE:COUNT=1"], UNREADABLE),
        ([AT_SEVEN, "RRULE:FREQ=WEEKLY;UNTIL=soon"], UNREADABLE),
        ([AT_SEVEN, "RRULE:FREQ=WEEKLY;INTERVAL=0"], UNREADABLE),
    ],
)  # fmt: skip
def test_an_event_that_cannot_be_shown_is_counted_and_the_others_stay(
    lines: list[str], why: str
) -> None:
    found = imported(ics(vevent(*lines, uid="bad"), vevent(uid="good", summary="Good")))
    assert [item.title for item in found.items] == ["Good"]
    assert found.rows.counts == {why: 1}


def test_an_event_without_a_beginning_is_counted() -> None:
    lines = "BEGIN:VEVENT\r\nUID:x\r\nSUMMARY:X\r\nDTEND:20261201T170000Z\r\nEND:VEVENT"
    assert imported(ics(lines)).rows.counts == {"without a beginning": 1}


def test_a_repeating_event_has_a_bounded_number_of_dates() -> None:
    rule = "RRULE:FREQ=DAILY;BYHOUR=0,6,12,18"
    found = imported(ics(vevent("DTSTART:20200101T000000Z", "DURATION:PT1H", rule)))
    assert len(found.items) == MOST_DATES
    assert min(item.begins for item in found.items if item.begins) >= local(30, month=11)
    assert set(found.rows.counts) == {f"more than {MOST_DATES} dates of one event"}


def test_repeating_events_take_bounded_time() -> None:
    never = "RRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30"
    events = [vevent("DTSTART:20261201T170000Z", never, uid=f"n{n}") for n in range(3)]
    (calendar,), left_out, hours = parse(ics(*events)), LeftOut(), count(step=15)
    found = occurrences(
        calendar, HELSINKI, NOW, NOW + timedelta(days=9), left_out, lambda: next(hours)
    )
    assert len(list(found)) == 1
    assert left_out.counts == {"repeats: not worked out within 20 s": 2}


@pytest.mark.parametrize(
    ("content", "kind", "says"),
    [
        (b"", "", "town.ics: is empty, takes iCal"),
        (b"<html><body>Sign in</body></html>", "text/html", "33 bytes, of type text/html, takes"),
        (b'{"events": []}', "application/json", "of type application/json, takes iCal"),
        (bytes(range(256)) * 40, "application/octet-stream", "takes iCal"),
        (ics(vevent())[:150], "text/calendar", "takes iCal: it holds no calendar, or a cut one"),
        (b"BEGIN:VCALENDAR\r\n" * 2000, "", "takes iCal"),
        (b"BEGIN:VEVENT\r\nEND:VEVENT\r\n", "", "takes iCal: it holds no calendar"),
    ],
)
def test_what_is_no_calendar_is_one_line(content: bytes, kind: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        imported(content, kind=kind)
    assert says in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_calendar_is_taken_whatever_type_its_server_gives_it() -> None:
    assert len(imported(ics(vevent()), kind="text/html").items) == 1
    latin = ics(vevent(summary="Café")).decode().encode("latin-1")
    assert imported(latin).items[0].title == "Caf\ufffd"


@pytest.mark.parametrize(
    ("lines", "summary", "years"),
    [
        (["CATEGORIES:Nightlife"], "A Night", 18),
        ([], "Wine tasting", 18),
        (["DESCRIPTION:Entrance K-18"], "Club", 18),
        (["DESCRIPTION:For over 18 only"], "Club", 18),
        ([], "18+ show", 18),
        (["CATEGORIES:Family"], "Puppets", 0),
        (["DESCRIPTION:open until 18"], "Talk", 0),
    ],
)
def test_who_may_be_a_minor_is_shown_nothing_for_adults(
    lines: list[str], summary: str, years: int
) -> None:
    assert only(*lines, summary=summary).minimum_age == years


def test_what_holds_for_a_calendar_holds_for_each_of_its_events() -> None:
    known = only(category="exhibition", credit="© Town", minimum_age=7)
    assert (known.category, known.tags, known.credit) == ("exhibition", ("art",), "© Town")
    assert known.minimum_age == 7
    assert only("CATEGORIES:Markt", category="exhibition").category == "market"
    assert only(category="choir singing").category == "choir singing"
    assert only().category == "event"


def test_every_kind_of_event_has_words_for_a_card() -> None:
    vocabulary = load_words("en").tags
    for kind in meanings("events").rows:
        assert kind.category in kind.words
        assert {kind.category, *kind.tags} & vocabulary.keys(), kind.category
