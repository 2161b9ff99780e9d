"""Opening hours are read rightly, or not at all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.catalogue.hours import DAY, parse_hours

MONDAY, TUESDAY, FRIDAY, SATURDAY, SUNDAY = (
    datetime(2026, 11, day) for day in (16, 17, 20, 21, 22)
)


def at(day: datetime, clock: str) -> datetime:
    hour, minute = clock.split(":")
    return day.replace(hour=int(hour), minute=int(minute))


@pytest.mark.parametrize(
    ("text", "day", "clock", "minutes"),
    [
        ("Mo-Su 09:00-17:00", MONDAY, "09:00", 480),
        ("Mo-Su 09:00-17:00", MONDAY, "16:59", 1),
        ("Mo-Su 09:00-17:00", MONDAY, "17:00", 0),
        ("Mo-Su 09:00-17:00", MONDAY, "08:59", 0),
        ("9:00-17:00", SUNDAY, "12:00", 300),
        ("Mo-Su 09:00-17:00; Tu off", TUESDAY, "12:00", 0),
        ("Mo-Su 09:00-17:00; Tu off", MONDAY, "12:00", 300),
        ("Tu off; Mo-Su 09:00-17:00", TUESDAY, "12:00", 300),
        ("Tu-Su 09:00-17:00; Mo 12:00-17:00", MONDAY, "10:00", 0),
        ("Tu-Su 09:00-17:00; Mo 12:00-17:00", MONDAY, "13:00", 240),
        ("Mo-Fr 09:00-12:00,13:00-17:00", FRIDAY, "12:30", 0),
        ("Mo-Fr 09:00-12:00, 13:00-17:00", FRIDAY, "16:00", 60),
        ("Mo-Fr 09:00-13:00,13:00-17:00", FRIDAY, "12:00", 300),
        ("Mo-Fr 09:00-17:00", SATURDAY, "12:00", 0),
        ("Sa-Mo 10:00-18:00", SUNDAY, "12:00", 360),
        ("Sa-Mo 10:00-18:00", TUESDAY, "12:00", 0),
        ("Mo,Fr-Su 10:00-18:00", SATURDAY, "12:00", 360),
        ("Fr-Sa 20:00-02:00", FRIDAY, "23:00", 180),
        ("Fr-Sa 20:00-02:00", SATURDAY, "01:30", 30),
        ("Fr-Sa 20:00-02:00", SUNDAY, "01:30", 30),
        ("Fr-Sa 20:00-02:00", SUNDAY, "20:30", 0),
        ("Fr 20:00-26:00", SATURDAY, "01:00", 60),
        ("Fr 20:00-02:00; Sa off", SATURDAY, "01:00", 60),
        ("00:00-24:00", MONDAY, "23:59", DAY),
        ("24/7", SUNDAY, "03:00", DAY),
        ("24/7; Mo off", SUNDAY, "23:00", 60),
        ("Apr-Oct 07:00-18:00; Nov-Mar 07:30-17:30", MONDAY, "17:45", 0),
        ("Apr-Oct 07:00-18:00; Nov-Mar 07:30-17:30", MONDAY, "07:30", 600),
        ("Mar 15-Nov 15 08:00-20:30; Nov 16-Mar 14 08:00-17:30", MONDAY, "18:00", 0),
        ("Mar 15-Nov 16 08:00-20:30", MONDAY, "18:00", 150),
        ("10:00-18:00; Nov 16 off", MONDAY, "12:00", 0),
        ("Mo-Fr 09:00-17:00; PH off", MONDAY, "10:00", 420),
        ("Mo-Su,PH 09:00-17:00", SUNDAY, "10:00", 420),
        ("Mo-Fr 09:00-17:00; Sa closed;", MONDAY, "16:00", 60),
    ],
)
def test_minutes_until_a_place_closes(text: str, day: datetime, clock: str, minutes: int) -> None:
    hours = parse_hours(text)
    assert hours is not None
    assert hours.minutes_left(at(day, clock)) == minutes


@pytest.mark.parametrize("text", ["", "  ", "PH off", "PH,SH 10:00-14:00"])
def test_what_speaks_of_holidays_only_is_not_known(text: str) -> None:
    assert parse_hours(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "sunrise-sunset",
        "Mo-Fr",
        "10:00+",
        "Mo-Fr 09:00-17:00 || on appointment",
        'Mo-Fr 09:00-17:00 "by bell"',
        "week 10 Mo 09:00-17:00",
        "Mo[1] 10:00-12:00",
        "easter 10:00-12:00",
        "09:00-17:61",
        "25:00-26:00",
        "09:00-49:00",
        "Nov 32 off",
        "Mo-Fr 09:00-17:00, Sa 10:00-12:00",
        "open",
        "nine to five",
    ],
)
def test_what_is_beyond_the_subset_is_refused_rather_than_guessed(text: str) -> None:
    with pytest.raises(ValueError, match=r"not understood|no time|starts after|no date"):
        parse_hours(text)


@given(st.text(alphabet="MoTuWeThFrSaSuPHJanDec0123456789:-,; /off+", max_size=40))
def test_any_text_is_hours_or_unknown_or_a_value_error(text: str) -> None:
    try:
        hours = parse_hours(text)
    except ValueError:
        return
    assert hours is None or 0 <= hours.minutes_left(MONDAY) <= DAY


CLOCKS = st.integers(0, DAY - 1)


@given(
    st.lists(st.tuples(st.sets(st.integers(0, 6), min_size=1), CLOCKS, CLOCKS), max_size=4),
    st.integers(0, 7 * DAY - 1),
)
def test_a_place_closes_when_walking_through_the_minutes_says_so(
    written: list[tuple[set[int], int, int]], start: int
) -> None:
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

    def clock(minutes: int) -> str:
        return f"{minutes // 60:02}:{minutes % 60:02}"

    text = "; ".join(
        f"{','.join(names[day] for day in sorted(days))} {clock(opens)}-{clock(closes)}"
        for days, opens, closes in written
    )
    hours = parse_hours(text)
    if hours is None:
        assert not written
        return

    def is_open(minute: int) -> bool:
        for day in (minute // DAY - 1, minute // DAY):
            spans = [(opens, closes) for days, opens, closes in written if day % 7 in days]
            if spans:
                opens, closes = spans[-1]
                closes += DAY if closes <= opens else 0
                if day * DAY + opens <= minute < day * DAY + closes:
                    return True
        return False

    expected = 0
    while expected < DAY and is_open(start + expected):
        expected += 1
    assert hours.minutes_left(MONDAY + timedelta(minutes=start)) == expected
