from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from device.audience.group import audience_of
from device.config import PrivacyConfig
from device.session.counts import HOUR_S, WORKS_S, Counts
from device.session.ledger import suppress
from device.values import Audience, Context, Touch, Tried, Visitor
from tests.device.audience.people import holds, visitor

SMALLEST = PrivacyConfig().smallest_cell
BEGAN = datetime(2026, 11, 21, 12, tzinfo=UTC)


class Hour:
    """An hour at a kiosk, in turns of a second."""

    def __init__(self, **privacy: object) -> None:
        self.counts = Counts(PrivacyConfig(**privacy))
        self.at = 0.0
        self.turn()

    def turn(
        self,
        *there: Visitor,
        opted_out: bool = False,
        touches: tuple[Touch, ...] = (),
        still: tuple[str, ...] = (),
    ) -> None:
        context = Context(at=self.at, opted_out=opted_out, touches=touches)
        audience = Audience() if opted_out else replace(audience_of(there), still=still)
        self.counts.update(audience, context)
        self.at += 1

    def visit(self, *there: Visitor, seconds: int = 5, opt_out: bool = False) -> None:
        for _ in range(seconds):
            self.turn(*there)
        if opt_out:
            self.turn(opted_out=True)
        for _ in range(3):
            self.turn()

    def published(self) -> dict:
        now = BEGAN + timedelta(hours=1)
        return self.counts.due(Context(at=HOUR_S, now=now)) or {}


def many(hour: Hour, count: int, **about) -> None:
    for number in range(count):
        hour.visit(visitor(f"{about}{number}", **about))


def test_an_hour_of_visitors_is_published_once() -> None:
    hour = Hour()
    many(hour, 30, mood="happy", band="adult")
    many(hour, 15, mood="sad", band="senior")
    many(hour, 12, mood="bored", band="young")
    assert hour.counts.due(Context(at=HOUR_S - 1)) is None
    published = hour.published()
    assert published["hour"] == "2026-11-21T12:00:00+00:00"
    assert published["visitors"] == 57
    assert hour.counts.due(Context(at=HOUR_S + 1)) is None
    again = hour.counts.due(Context(at=2 * HOUR_S, now=BEGAN + timedelta(hours=2)))
    assert again is not None
    assert again["visitors"] is None
    assert again["hour"] == "2026-11-21T13:00:00+00:00"


def test_a_count_below_the_smallest_cell_is_null() -> None:
    hour = Hour()
    many(hour, SMALLEST - 1)
    published = hour.published()
    assert published["visitors"] is None
    for name in ("by_mood", "by_age_band", "by_company", "touches"):
        assert set(published[name].values()) == {None}


def test_a_face_that_turns_out_to_be_a_picture_is_not_counted() -> None:
    hour = Hour()
    many(hour, 20)
    for number in range(20):
        poster = visitor(f"poster{number}")
        for _ in range(12):
            hour.turn(poster)
        hour.turn(still=(poster.track_id,))
        hour.visit()
    assert hour.published()["visitors"] == 20


def test_nobody_is_counted_twice_or_for_passing_by() -> None:
    hour = Hour()
    many(hour, 20)
    for number in range(20):
        hour.visit(visitor(f"passer-by {number}"), seconds=1)
    blinking = visitor("seen on and off")
    for _ in range(20):
        hour.turn(blinking)
        hour.turn(blinking)
        hour.turn()
    hour.visit()
    assert hour.published()["visitors"] == 21


def test_who_stays_for_longer_than_a_visitor_does_is_not_counted() -> None:
    hour = Hour()
    many(hour, 20)
    hour.visit(visitor("reads all of it"), seconds=int(WORKS_S))
    hour.visit(visitor("works there"), seconds=int(WORKS_S) + 2)
    assert hour.published()["visitors"] == 21


def opened(privacy: PrivacyConfig, open_at: Callable[[datetime], bool] = lambda now: True) -> bool:
    """Whether an hour of many people becomes part of the trend."""
    counts = Counts(privacy, open_at=open_at)
    counts.update(Audience(), Context(at=0.0))
    for number in range(120):
        there = visitor(f"{number}", mood="happy" if number % 2 else "sad", band="adult")
        for second in range(4):
            at = number * 8.0 + second
            counts.update(audience_of((there,)), Context(at=at))
        counts.update(Audience(), Context(at=number * 8.0 + 6))
    ended = BEGAN + timedelta(hours=1)
    assert counts.due(Context(at=HOUR_S, now=ended)) is not None
    span = counts.span_due(Context(at=HOUR_S, now=ended + timedelta(days=1)))
    return span is not None and (span.came, span.pleasant) == (120, 60)


def test_the_trend_is_of_whole_hours_within_its_hours_and_only_where_it_is_switched_on() -> None:
    assert opened(PrivacyConfig(trend=True))
    assert not opened(PrivacyConfig())
    assert not opened(PrivacyConfig(trend=True), lambda now: now > BEGAN)
    assert not opened(PrivacyConfig(trend=True), lambda now: now <= BEGAN)


def test_a_visitor_who_may_be_a_minor_is_in_no_count_of_visitors_and_a_touch_is_nobodys_age() -> (
    None
):
    hour = Hour()
    many(hour, 40, band="child", age=8.0, minor=True)
    many(hour, 40, band="teen", age=16.0, minor=True)
    many(hour, 40, band="young", age=19.0, minor=True)
    many(hour, 40, band="unknown", age=None, minor=True)
    child = visitor("child", band="child", age=8.0, minor=True)
    touches = (Touch("a", "chosen"), Touch("b", "liked"), Touch("c", "not_for_me"))
    for _ in range(30):
        hour.turn(child, touches=touches)
        hour.turn(touches=touches)
    published = hour.published()
    assert published["visitors"] is None
    sums = [published[name] for name in ("by_mood", "by_age_band", "by_company")]
    assert {number for cells in sums for number in cells.values()} == {None}
    assert published["touches"]["liked"] == 60
    assert not {"child", "teen"} & set(published["by_age_band"])


def test_an_adult_beside_a_child_is_counted_and_the_child_is_not() -> None:
    hour = Hour()
    for number in range(25):
        child = visitor(f"child {number}", band="child", age=8.0, minor=True)
        hour.visit(visitor(f"adult {number}"), child)
    assert hour.published()["visitors"] == 25


def test_a_visitor_who_has_opted_out_is_in_no_count() -> None:
    hour = Hour()
    for number in range(40):
        hour.visit(visitor(f"{number}"), opt_out=True)
    touches = (Touch("a", "chosen"), Touch("b", "liked"), Touch("c", "not_for_me"))
    for _ in range(20):
        hour.turn(opted_out=True, touches=touches)
    published = hour.published()
    assert published["visitors"] is None
    assert set(published["touches"].values()) == {None}
    assert not holds(hour.counts, "happy")


def test_touches_are_counted_by_verdict() -> None:
    hour = Hour()
    person = visitor("a")
    for _ in range(14):
        hour.turn(person, touches=(Touch("x", "chosen"), Touch("y", "liked")))
    for _ in range(12):
        hour.turn(person, touches=(Touch("z", "not_for_me"), Touch("z", "scanned")))
    touches = {"chosen": 14, "liked": 14, "not_for_me": 12, "scanned": 12}
    assert hour.published()["touches"] == touches


def test_a_screen_counts_where_somebody_was_whoever_it_was_or_touched_it() -> None:
    hour = Hour()
    child = visitor("child", band="child", age=8.0, minor=True)
    for people, shown in (
        ((child,), ()),
        ((), ("x",)),  # the child has left, and its screen counts
        ((), ("y",)),  # nobody was there
        ((visitor("grown"),), ()),
        ((), ("z",)),
    ):
        hour.counts.update(audience_of(people), Context(at=hour.at), shown)
        hour.at += 1
    assert dict(hour.counts.tried) == {"x": Tried(1, 0), "z": Tried(1, 0)}
    hour.turn(touches=(Touch("w", "liked"),))  # by a hand whose face is not seen
    hour.counts.update(Audience(), Context(at=hour.at), ("w",))
    assert hour.counts.tried["w"] == Tried(1, 1)


def test_a_screen_of_somebody_who_has_opted_out_teaches_nothing() -> None:
    hour = Hour()
    hour.turn(visitor("grown"))
    hour.turn(opted_out=True)
    hour.counts.update(Audience(), Context(at=hour.at), ("x",))  # opting out is over
    assert dict(hour.counts.tried) == {}


def test_of_a_visitor_who_has_left_only_numbers_remain() -> None:
    hour = Hour()
    hour.visit(visitor("left-visitor"))
    assert not holds(hour.counts, "left-visitor")


def test_switched_off_nothing_is_counted() -> None:
    hour = Hour(counts=False)
    many(hour, 40)
    assert hour.published() == {}
    assert not holds(hour.counts, "happy")


def test_a_jump_of_the_clock_neither_ends_an_hour_nor_begins_one() -> None:
    # failure 21
    hour = Hour()
    many(hour, 20)
    for jump in (-5000, 5000, 1):
        now = BEGAN + timedelta(hours=jump)
        assert hour.counts.due(Context(at=HOUR_S - 1, now=now)) is None
    assert hour.counts.due(Context(at=HOUR_S)) is not None


def test_where_the_clock_is_not_known_the_hour_is_null() -> None:
    hour = Hour()
    published = hour.counts.due(Context(at=HOUR_S))
    assert published is not None
    assert published["hour"] is None


@given(st.dictionaries(st.sampled_from("abcdefghi"), st.integers(0, 60), min_size=2))
def test_a_hidden_cell_cannot_be_derived_from_the_total(cells: dict[str, int]) -> None:
    published = suppress(cells, SMALLEST)
    assert all(
        value is None or value == cells[name] >= SMALLEST for name, value in published.items()
    )
    hidden = [name for name, value in published.items() if value is None]
    left_over = sum(cells.values()) - sum(value or 0 for value in published.values())
    if hidden and len(hidden) < len(cells):
        assert len(hidden) >= 2
        assert left_over >= SMALLEST


def test_no_more_cells_are_hidden_than_needed() -> None:
    assert suppress({"a": 30, "b": 20, "c": 15}, 11) == {"a": 30, "b": 20, "c": 15}
    assert suppress({"a": 30, "b": 20, "c": 4}, 11) == {"a": 30, "b": None, "c": None}
    assert suppress({"a": 30, "b": 20, "c": 4, "d": 9}, 11) == {
        "a": 30,
        "b": 20,
        "c": None,
        "d": None,
    }
