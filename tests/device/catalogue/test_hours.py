"""Opening hours are read rightly, or not at all."""

# failure 42

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.catalogue.hours import DAY, UNKNOWN_LEFT, Timetable, lacking, parse_hours
from device.config import PlaceConfig

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
        ("Mo-Fr 09:00-17:00; Sa, Su 09:00-16:00", SATURDAY, "08:00", 0),
        ("Sa, Su, PH 09:00-16:00", SUNDAY, "15:00", 60),
    ],
)
def test_minutes_until_a_place_closes(text: str, day: datetime, clock: str, minutes: int) -> None:
    hours = parse_hours(text)
    assert hours is not None
    assert hours.minutes_left(at(day, clock)) == minutes


@pytest.mark.parametrize(
    ("text", "clock", "minutes"),
    [
        ("Mo-Th 16:00-02:00; Fr 16:00-04:00; Sa 14:00-04:00; Su 14:00-02:00", "00:30", 90),
        ("Mo-Th 16:00-02:00; Fr 16:00-04:00; Sa 14:00-04:00; Su 14:00-02:00; PH off", "00:30", 90),
        ("Apr-Nov Su 18:00-03:00; Apr-Nov Mo 18:00-23:00", "02:00", 60),
        ("Sa-Su 20:00-02:00; Mo closed", "01:00", 60),
        ("Mo 10:00-18:00; Su 20:00-02:00; Mo 12:00-13:00", "12:30", 30),
    ],
)
def test_a_bar_stays_open_past_midnight_although_the_next_day_has_a_rule_of_its_own(
    text: str, clock: str, minutes: int
) -> None:
    hours = parse_hours(text)
    assert hours is not None
    assert hours.minutes_left(at(MONDAY, clock)) == minutes


@pytest.mark.parametrize("text", ["", "  ", "PH off", "PH,SH 10:00-14:00", "SH Mo-Fr 10:00-14:00"])
def test_hours_of_holidays_only_are_not_known(text: str) -> None:
    assert parse_hours(text) is None


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ('"by appointment"', UNKNOWN_LEFT),
        ('Mo-Fr 09:00-17:00 "ring; then wait"', UNKNOWN_LEFT),
        ('Mo-Fr 09:00-17:00 "5th floor"', UNKNOWN_LEFT),
        ("Mo-Fr 09:00-17:00 unknown", UNKNOWN_LEFT),
        ("10:00+", 12 * 60),
        ("week 47 Mo 09:00-17:00", 300),
        ("Mo[3] 10:00-13:00", 60),
        ("Mo-Fr 09:00-17:00, Sa 10:00-12:00", 300),
        ("Mo-Fr 10:00-18:00; Dec 25-26 off", 360),
        ("Mo-Fr", DAY),
    ],
)
def test_the_whole_syntax_of_openstreetmap_is_read_and_a_condition_is_not_known(
    text: str, minutes: int
) -> None:
    hours = parse_hours(text)
    assert hours is not None
    assert hours.minutes_left(at(MONDAY, "12:00")) == minutes


def test_hours_by_the_sun_are_known_where_the_kiosk_knows_its_place() -> None:
    helsinki = PlaceConfig(latitude=60.17, longitude=24.94, timezone="Europe/Helsinki")
    dark = datetime(2026, 12, 21, 16, 0)
    hours = parse_hours("sunrise-sunset", helsinki)
    assert hours is not None
    assert hours.minutes_left(dark) == 0
    assert 60 < hours.minutes_left(dark.replace(month=6)) < 8 * 60
    assert parse_hours("sunrise-sunset") is None


FINLAND = PlaceConfig(latitude=60.17, longitude=24.94, timezone="Europe/Helsinki", country="FI")
CHINA = PlaceConfig(country="CN")


def left(text: str, now: datetime, place: PlaceConfig | None = None) -> int | None:
    hours = parse_hours(text, place)
    return None if hours is None else hours.minutes_left(now)


@pytest.mark.parametrize(
    "text",
    [
        "Mo-Fr 10:00-18:00, Dec 25-26 off",
        "Mo-Fr 10:00-18:00; Dec 25-26 off",
        "Mo-Fr 10:00-18:00; Dec 25, 26 off",
        "Mo-Fr 10:00-18:00; Dec 25,26 off",
        "Mo-Fr 10:00-18:00; Dec 25,Dec 26 off",
        "Mo-Fr 10:00-18:00; Dec 25, Dec 26 off",
        "Mo-Fr 10:00-18:00; Dec 25, Dec 26, Jan 1 off",
        "Mo-Fr 10:00-18:00; PH, Dec 25-26 off",
        "Mo-Fr 10:00-18:00; Dec 25-26, PH off",
        "Mo-Fr 10:00-18:00,Dec 25-26 off",
        "Mo-Fr 10:00-18:00; Sa, Su, Dec 25-26 off",
        "Mo–Fr 10:00 – 18:00; Dec 25 – 26 off",
        "Mo‐Fr 10:00‑18:00; Dec 25‒26 off",
        "Mo—Fr 10:00−18:00; Dec 25-26 off",
    ],
)
def test_lists_of_dates_are_read_however_they_are_joined(text: str) -> None:
    for day, minutes in ((23, 360), (24, 360), (25, 0), (28, 360)):
        assert left(text, datetime(2026, 12, day, 12)) == minutes, day


@pytest.mark.parametrize(
    "text",
    [
        "Mo-Fr 10:00-18:00, Sa 10:00-14:00, Su off",
        "Mo-Fr 10:00-18:00,Sa 10:00-14:00,Su off",
        "Mo-Fr 10:00-18:00 , Sa 10:00-14:00",
        "Mo, Tu, We, Th, Fr 10:00-18:00, Sa 10:00-14:00",
        "Mo-Fr 10:00-12:00, 12:00-18:00, Sa 10:00-14:00",
    ],
)
def test_rules_may_be_joined_by_commas(text: str) -> None:
    noon = "12:00"
    found = [left(text, at(day, noon)) for day in (MONDAY, FRIDAY, SATURDAY, SUNDAY)]
    assert found == [360, 360, 120, 0]


@pytest.mark.parametrize(
    "text",
    [
        "week 47,49 Mo-Fr 10:00-12:00",
        "week 47, 49 Mo-Fr 10:00-12:00",
        "week 47,49-51 Mo-Fr 10:00-12:00; Dec 25, 26 off",
        "week 47-51/2, 52 Mo-Fr 10:00-12:00",
        "Mo-Fr 10:00-12:00; week 1-46, 48, 53 off",
    ],
)
def test_lists_of_weeks_are_read_however_they_are_joined(text: str) -> None:
    found = [left(text, datetime(2026, 11, day, 11)) for day in (16, 20, 23, 30)]
    assert found == [60, 60, 0, 60]  # weeks 47, 47, 48 and 49


@pytest.mark.parametrize("spelled", [str.lower, str.upper, str.title])
def test_words_may_have_capitals_or_none(spelled: Callable[[str], str]) -> None:
    text = spelled("Fr 18:00-02:00; Sa 10:00-12:00; Dec 25, 26 off; PH off; week 1 Mo off")
    assert left(text, at(SATURDAY, "01:00"), FINLAND) == 60
    assert left(text, datetime(2026, 12, 25, 19), FINLAND) == 0
    assert left("Mo-Fr 09:00-17:00; " + spelled("PH off"), datetime(2026, 12, 25, 12), FINLAND) == 0
    assert lacking([spelled("PH off")], PlaceConfig()) == ["place.country"]


def test_a_comma_joined_bar_stays_open_past_midnight() -> None:
    text = "Fr 18:00-02:00, Sa 18:00-02:00; Su off, Mo 18:00-22:00"
    assert left(text, at(SUNDAY, "01:00")) == 60
    assert left("Mo-Su 18:00-22:00, Su off", at(SUNDAY, "19:00")) == 0


@pytest.mark.parametrize(
    "text",
    [
        "Mo-Fr 09:00-17:00; PH off",
        "Mo-Fr 09:00-17:00, PH off",
        "Mo-Fr 09:00-17:00; PH closed",
        "Mo-Fr 09:00-17:00; PH,SH off",
        "Mo-Fr 09:00-17:00; SH, PH off",
        "Mo-Fr 09:00-17:00; Sa 10:00-14:00; PH off",
    ],
)
def test_public_holidays_are_those_of_the_kiosks_country(text: str) -> None:
    christmas, national_day = datetime(2026, 12, 25, 12), datetime(2026, 10, 1, 12)
    assert left(text, christmas) == 300
    assert left(text, christmas, FINLAND) == 0
    assert left(text, christmas, CHINA) == 300
    assert left(text, national_day, FINLAND) == 300
    assert left(text, national_day, CHINA) == 0
    assert left(text, datetime(2026, 12, 22, 12), FINLAND) == 300


def test_a_holiday_may_have_hours_of_its_own() -> None:
    text = "Mo-Fr 09:00-17:00; PH 12:00-14:00"
    assert left(text, datetime(2026, 12, 25, 13), FINLAND) == 60
    assert left("Mo-Sa,PH 09:00-17:00", datetime(2026, 12, 6, 13), FINLAND) == 240  # a Sunday
    assert left("Mo-Sa,PH 09:00-17:00", datetime(2026, 12, 13, 13), FINLAND) == 0


@pytest.mark.parametrize(
    "rules",
    ["PH off", "Dec 25-26 off", "Dec 24, 25 off; PH off", "PH off; Dec 31 18:00-24:00",
     "week 1 off", "Su[1] off", "Jan-Feb off", "week 1 Mo off", "Dec Su 20:00-01:00"],
)  # fmt: skip
def test_a_bar_that_closes_on_some_dates_stays_open_past_midnight(rules: str) -> None:
    text = f"Fr 18:00-02:00; Sa 10:00-12:00; Su off; {rules}"
    assert left(text, at(SATURDAY, "01:00"), FINLAND) == 60
    assert left(text, at(SATURDAY, "11:00"), FINLAND) == 60
    assert left(text, at(SUNDAY, "11:00"), FINLAND) == 0


@pytest.mark.parametrize(
    "text", ["PH off", "SH off", "PH,SH off", "PH 10:00-14:00", "PH off, SH off"]
)
def test_hours_of_holidays_only_are_not_known_with_a_country_either(text: str) -> None:
    assert parse_hours(text, FINLAND) is None


@pytest.mark.parametrize(
    "rule",
    ["PH Mo-Fr 10:00-12:00", "PH Mo-Sa off", "PH,SH Mo 10:00-12:00", "SH,PH Fr 10:00-12:00"],
)
def test_hours_of_holidays_on_some_weekdays_are_not_known_on_a_holiday(rule: str) -> None:
    text = f"Mo-Sa 09:00-17:00; {rule}"
    assert left(text, datetime(2026, 12, 25, 11), FINLAND) == UNKNOWN_LEFT
    assert left(text, datetime(2026, 12, 23, 11), FINLAND) == 360
    assert left(text, datetime(2026, 12, 25, 11)) == 360
    assert parse_hours(rule, FINLAND) is None


def test_a_day_that_is_closed_with_a_comment_is_closed() -> None:
    text = 'Mo-Fr 09:00-17:00; Nov 16 off "inventory"; Nov 17 closed "a party"'
    assert [left(text, at(day, "12:00")) for day in (MONDAY, TUESDAY, FRIDAY)] == [0, 0, 300]


@pytest.mark.parametrize("text", ["Mo-Fr 09:00-17:00; PH 9:00-25:99", "PH nonsense", "SH 10-12"])
def test_a_holiday_rule_is_checked_although_no_calendar_is_known(text: str) -> None:
    with pytest.raises(ValueError, match="not understood"):
        parse_hours(text)


@pytest.mark.parametrize(
    ("text", "opens", "closes"),
    [
        ("sunrise-sunset", "09:24", "15:13"),
        ("Sunrise-Sunset", "09:24", "15:13"),
        ("(sunrise+01:00)-(sunset-01:00)", "10:24", "14:13"),
        ("10:00-sunset", "10:00", "15:13"),
        ("Mo-Fr sunrise-sunset, Sa 10:00-sunset", "09:24", "15:13"),
        ("sunrise-12:00, 13:00-sunset; Dec 25-26 off", "09:24", "12:00"),
        ("dawn-dusk; PH off", "08:28", "16:08"),
    ],
)
def test_hours_by_the_sun_are_those_of_the_place_and_the_day(
    text: str, opens: str, closes: str
) -> None:
    monday = datetime(2026, 12, 21)
    hours = parse_hours(text, FINLAND)
    assert hours is not None
    minutes = [hours.minutes_left(monday + timedelta(minutes=m)) for m in range(DAY)]
    first = next(m for m, left in enumerate(minutes) if left)
    almanac = at(monday, opens) - monday, at(monday, closes) - monday
    assert abs(first - almanac[0].total_seconds() / 60) <= 3
    assert abs(first + minutes[first] - almanac[1].total_seconds() / 60) <= 3
    assert parse_hours(text) is None


def test_it_says_what_the_place_lacks_for_some_hours() -> None:
    texts = ["Mo-Fr 09:00-17:00; PH off", "sunrise-sunset", "24/7"]
    assert lacking(texts, FINLAND) == []
    assert lacking(texts[2:], PlaceConfig()) == []
    assert lacking(texts, CHINA) == ["place.latitude and place.longitude"]
    assert lacking(texts[:1], PlaceConfig()) == ["place.country"]


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("Mo-Fr 09:00-17:00 || on appointment", "'on appointment'"),
        ("09:00-17:61", "'61'"),
        ("25:00-26:00", "not understood"),
        ("09:00-49:00", "'49:00'"),
        ("Nov 32 off", "'2 off'"),
        ("Mo-Fr 09:00-17:00; Dec 24th off", "'24th off' on"),
        ("Jan 1ST off", "'1ST off' on"),
        ("nine to five", "not understood"),
    ],
)
def test_text_that_is_not_in_the_syntax_is_refused(text: str, rest: str) -> None:
    with pytest.raises(ValueError, match=rest):
        parse_hours(text)


PIECES = ["Mo", "Tu", "Sa", "Su", "PH", "SH", "Jan", "Dec", "Dec 25", "week 3", "easter", "10:00",
          "18:00", "02:00", "sunrise", "sunset", "off", "closed", "open", "unknown", "24/7", "25",
          "-", " - ", "–", ",", ", ", ";", "; ", " ", " ", "+", "[1,2]", "(", ")", '"a, b; c"',
          '"', "||", "x"]  # fmt: skip


@given(
    st.text(alphabet='MoTuWeThFrSaSuPHJanDec0123456789:-,; /off+"', max_size=40)
    | st.lists(st.sampled_from(PIECES), max_size=12).map("".join),
    st.sampled_from([None, FINLAND]),
)
def test_any_text_is_hours_or_unknown_or_a_value_error(
    text: str, place: PlaceConfig | None
) -> None:
    try:
        hours = parse_hours(text, place)
    except ValueError:
        return
    assert hours is None or UNKNOWN_LEFT <= hours.minutes_left(MONDAY) <= DAY
    parse_hours(text)  # what a kiosk reads, the builder accepts


def test_hours_that_never_change_are_answered_at_once() -> None:
    hours = parse_hours("Mo,Tu,We,Th,Fr,Sa,Su 00:00-00:00")
    assert hours is not None
    assert hours.look(MONDAY) == (DAY, DAY)


TEXTS = (
    "Mo-Fr 09:00-17:00",
    "Fr 18:00-02:00; Sa 10:00-12:00",
    "24/7",
    "Mo-Su 00:00-24:00; Tu off",
    "PH off",
    'Mo "by bell"',
    "",
)


@given(st.lists(st.integers(-3 * DAY, 10 * DAY), max_size=12))
def test_a_timetable_says_what_each_text_says_whatever_the_clock_does(minutes: list[int]) -> None:
    table = Timetable(TEXTS)
    for minute in minutes:
        now = MONDAY + timedelta(minutes=minute)
        each = [UNKNOWN_LEFT if h is None else h.minutes_left(now) for h in map(parse_hours, TEXTS)]
        assert table.minutes_left(now).tolist() == each


CLOCKS = st.integers(0, DAY - 1)


@given(
    st.lists(st.none() | st.tuples(CLOCKS, CLOCKS), min_size=7, max_size=7),
    st.integers(0, 7 * DAY - 1),
)
def test_a_place_closes_when_walking_through_the_minutes_says_so(
    week: list[tuple[int, int] | None], start: int
) -> None:
    """Each day of the week has hours of its own, or none."""
    names = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")

    def clock(minutes: int) -> str:
        return f"{minutes // 60:02}:{minutes % 60:02}"

    text = "; ".join(
        f"{name} off" if hours is None else f"{name} {clock(hours[0])}-{clock(hours[1])}"
        for name, hours in zip(names, week, strict=True)
    )
    hours = parse_hours(text)
    assert hours is not None

    def is_open(minute: int) -> bool:
        for day in (minute // DAY - 1, minute // DAY):
            if (span := week[day % 7]) is not None:
                opens, closes = span
                closes += DAY if closes <= opens else 0
                if day * DAY + opens <= minute < day * DAY + closes:
                    return True
        return False

    expected = 0
    while expected < DAY and is_open(start + expected):
        expected += 1
    assert hours.minutes_left(MONDAY + timedelta(minutes=start)) == expected


@pytest.mark.parametrize(
    ("text", "clock", "spans"),
    [
        ("Mo-Fr 09:00-12:00,14:00-18:00", "15:00", ("09:00-12:00", "14:00-18:00")),
        ("Mo-Su 18:00-03:00", "20:00", ("18:00-03:00",)),
        ("Mo-Su 18:00-03:00", "01:00", ("00:00-03:00", "18:00-03:00")),
        ("Mo-Su 09:00-24:00", "10:00", ("09:00-00:00",)),
        ("24/7", "10:00", ("00:00-00:00",)),
        ("Fr 18:00-48:00", "20:00", ("18:00-00:00",)),
        ("Mo off", "10:00", ()),
        ("Fr 10:00-18:00; Sa off", "10:00", ("10:00-18:00",)),
        ('Mo-Su 10:00-18:00 "by appointment"', "10:00", None),
    ],
)
def test_the_hours_of_a_day_are_said_from_opening_to_closing(
    text: str, clock: str, spans: tuple[str, ...] | None
) -> None:
    assert Timetable([text]).on_day(0, at(FRIDAY, clock)) == spans


def test_hours_that_cannot_be_read_are_not_known_on_any_day() -> None:
    assert Timetable(["when we like"]).on_day(0, MONDAY) is None
