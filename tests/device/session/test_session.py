from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.audience.group import audience_of
from device.config import SessionConfig
from device.session.session import Session
from device.values import Audience, Context, Request, Screen, Touch, Visitor
from tests.device.audience.people import holds, place_of, suggestions, visitor

CONFIG = SessionConfig()
CARDS = 3
STEP = 1 / 15
FILMS, OTHERS = suggestions("abcdefgh"), suggestions("stuvwxyz")


class Kiosk:
    """A session that is asked fifteen times a second, and what stood on its screen."""

    def __init__(self, config: SessionConfig = CONFIG) -> None:
        self.session = Session(config, CARDS)
        self.context = Context(at=1000.0)
        self.screen = Screen()

    def turn(
        self,
        *visitors: Visitor,
        matched=FILMS,
        touches: tuple[Touch, ...] = (),
        used: bool = False,
        still: tuple[str, ...] = (),
    ) -> Screen:
        at = self.context.at + STEP
        self.context = replace(self.context, at=at, touches=touches, used=used)
        audience = Audience() if self.context.opted_out else audience_of(visitors)
        audience = replace(audience, still=still)
        self.screen = self.session.update(audience, matched, self.context)
        return self.screen

    def for_seconds(self, seconds: float, *visitors: Visitor, matched=FILMS) -> list[Screen]:
        return [self.turn(*visitors, matched=matched) for _ in range(round(seconds / STEP))]

    def walk(self, person: Visitor, *others: Visitor, seconds: float = 1.0, matched=FILMS) -> None:
        """The person steps aside, by two faces a second."""
        place = place_of(person.track_id)
        for turn in range(round(seconds / STEP)):
            on_the_way = replace(place, x=place.x + 2 * place.w * turn * STEP)
            self.turn(replace(person, place=on_the_way), *others, matched=matched)

    def someone(self, name: str = "a", **about) -> Visitor:
        return visitor(name, since=self.context.at + STEP, **about)

    @property
    def cards(self) -> str:
        return "".join(s.item.id for s in self.screen.suggestions)


def test_nobody_there_the_screen_rests() -> None:
    screens = Kiosk().for_seconds(60)
    assert {(s.state, s.suggestions, s.serial) for s in screens} == {("resting", (), 0)}


def test_something_appears_within_two_seconds_of_somebody_coming() -> None:
    kiosk = Kiosk()
    came_at = kiosk.context.at + STEP
    kiosk.for_seconds(2, kiosk.someone())
    assert kiosk.screen.state == "showing"
    assert kiosk.cards == "abc"
    assert CONFIG.settle_s <= kiosk.screen.since - came_at <= CONFIG.settle_s + 2 * STEP


def test_somebody_who_passes_by_changes_nothing() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(CONFIG.settle_s * 0.8, kiosk.someone())
    kiosk.for_seconds(10)
    kiosk.for_seconds(CONFIG.settle_s * 0.8, kiosk.someone("b"))
    assert kiosk.screen.serial == 0


def test_suggestions_stay_to_be_read_whatever_the_mood_does() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(2, person)
    began = kiosk.screen
    while kiosk.context.at + STEP < began.since + CONFIG.hold_s:
        mood = "sad" if int(kiosk.context.at) % 2 else "happy"
        kiosk.turn(replace(person, mood=mood), matched=OTHERS if mood == "sad" else FILMS)
        assert kiosk.screen is began


def test_when_they_have_been_read_and_something_else_fits_better_it_is_shown() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(2, person)
    kiosk.for_seconds(CONFIG.hold_s + 1, person)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)
    kiosk.for_seconds(1, person, matched=OTHERS)
    assert (kiosk.cards, kiosk.screen.serial) == ("stu", 2)
    kiosk.for_seconds(CONFIG.hold_s - 2, person)
    assert kiosk.cards == "stu"


@pytest.mark.parametrize("minutes", [1, None])
def test_an_event_that_ends_on_the_screen_or_without_a_clock_leaves_it_at_once(
    minutes: int | None,
) -> None:
    kiosk, now = Kiosk(), datetime(2026, 12, 1, 20, 59, tzinfo=UTC)
    kiosk.context = replace(kiosk.context, now=now)
    soon, *others = FILMS
    event = replace(soon.item, kind="event", begins=now, ends=now + timedelta(minutes=1))
    matched = (replace(soon, item=event), *others)
    person = kiosk.someone()
    kiosk.for_seconds(2, person, matched=matched)
    assert kiosk.cards == "abc"
    later = None if minutes is None else now + timedelta(minutes=minutes)
    kiosk.context = replace(kiosk.context, now=later)
    kiosk.turn(person, matched=matched)
    assert kiosk.cards == "dbc"


def test_when_somebody_joins_or_leaves_the_suggestions_follow() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(3, person)
    friend = kiosk.someone("b")
    kiosk.for_seconds(2, person, friend, matched=OTHERS)
    assert kiosk.cards == "stu"
    kiosk.walk(person, friend, matched=OTHERS)
    kiosk.for_seconds(2, friend)
    assert kiosk.cards == "abc"


def test_somebody_who_passes_behind_does_not_disturb_the_reader() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(2, person)
    kiosk.for_seconds(5, person, kiosk.someone("far", nearness=0.05), matched=OTHERS)
    kiosk.for_seconds(CONFIG.settle_s / 2, person, kiosk.someone("near"), matched=OTHERS)
    kiosk.for_seconds(2, person)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)


def test_a_person_who_takes_anothers_place_gets_suggestions_of_their_own() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone("a"))
    kiosk.for_seconds(2, kiosk.someone("b"), matched=OTHERS)
    assert kiosk.cards == "stu"


def test_a_reader_who_looks_away_for_a_moment_finds_the_same_cards() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone("a"))
    kiosk.for_seconds(CONFIG.leave_s / 2)
    kiosk.for_seconds(5, kiosk.someone("again", place=place_of("a")), matched=OTHERS)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)


def test_when_a_minor_may_be_among_them_the_cards_do_not_wait_to_be_read() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(3, person)
    kiosk.for_seconds(CONFIG.settle_s + 1, replace(person, may_be_minor=True), matched=OTHERS)
    assert kiosk.cards == "stu"
    kiosk.for_seconds(CONFIG.settle_s + 1, person, matched=FILMS)
    assert kiosk.cards == "stu"


def test_when_they_have_left_the_cards_linger_and_nothing_else_is_kept_of_them() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(5, kiosk.someone("left-visitor"))
    kiosk.turn(kiosk.someone("left-visitor"), touches=(Touch("b", "not_for_me"),))
    assert holds(kiosk.session, "left-visitor")
    kiosk.for_seconds(CONFIG.leave_s + 0.2)
    assert not holds(kiosk.session, "left-visitor")
    assert not holds(kiosk.session, "alone")
    kiosk.for_seconds(CONFIG.linger_s - CONFIG.leave_s - 1)
    assert kiosk.cards == "adc"
    kiosk.for_seconds(1)
    assert (kiosk.screen.state, kiosk.screen.suggestions) == ("resting", ())
    assert not holds(kiosk.session, "comedy")
    kiosk.for_seconds(2, kiosk.someone("b"))
    assert kiosk.cards == "abc"


@pytest.mark.parametrize("linger_s", [0.0, 8.0])
def test_how_long_the_cards_linger_is_configurable(linger_s: float) -> None:
    config = SessionConfig(linger_s=linger_s)
    kiosk = Kiosk(config)
    kiosk.for_seconds(3, kiosk.someone())
    kiosk.for_seconds(config.stay_s - 0.2)
    assert kiosk.screen.state == "showing"
    kiosk.for_seconds(0.4)
    assert kiosk.screen.state == "resting"
    assert config.stay_s == max(linger_s, config.leave_s)


def test_cards_that_linger_do_not_change_under_the_phone_that_reads_them() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone())
    kiosk.for_seconds(CONFIG.linger_s - 1, matched=OTHERS)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)


@pytest.mark.parametrize("seconds", [2, 5, 10, 20])
def test_who_lowers_the_phone_finds_the_cards_and_time_to_read_on(seconds: float) -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone())
    kiosk.for_seconds(seconds, matched=OTHERS)
    lower = replace(place_of("a"), y=place_of("a").y + 0.05)
    back = kiosk.someone("again", place=lower)
    kiosk.for_seconds(CONFIG.hold_s - 1, back, matched=OTHERS)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)
    kiosk.for_seconds(2, back, matched=OTHERS)
    assert kiosk.cards == "stu"


def test_behind_a_phone_beside_a_friend_one_is_still_there() -> None:
    kiosk = Kiosk()
    person, friend = kiosk.someone(), kiosk.someone("b")
    kiosk.for_seconds(3, person, friend)
    kiosk.for_seconds(10, friend, matched=OTHERS)
    again = kiosk.someone("again", place=place_of("a"))
    kiosk.for_seconds(10, again, friend, matched=OTHERS)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)


def test_whoever_does_not_come_back_from_behind_the_phone_has_left_their_friend() -> None:
    kiosk = Kiosk()
    person, friend = kiosk.someone(), kiosk.someone("b")
    kiosk.for_seconds(3, person, friend)
    kiosk.for_seconds(CONFIG.linger_s + CONFIG.settle_s + 1, friend, matched=OTHERS)
    assert kiosk.cards == "stu"


def test_of_a_group_that_left_one_who_comes_back_finds_the_cards() -> None:
    kiosk = Kiosk()
    person, friend = kiosk.someone(), kiosk.someone("b")
    kiosk.for_seconds(3, person, friend)
    kiosk.walk(person, friend)
    kiosk.for_seconds(0.5, friend)
    kiosk.for_seconds(2)
    kiosk.for_seconds(5, kiosk.someone("boomerang", place=place_of("b")), matched=OTHERS)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)


@pytest.mark.parametrize("seconds", [0, 2, 10])
def test_somebody_new_does_not_go_on_with_the_cards_that_linger(seconds: float) -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone())
    kiosk.turn(kiosk.someone(), touches=(Touch("b", "not_for_me"),))
    kiosk.for_seconds(seconds)
    stranger = kiosk.someone("stranger")
    kiosk.for_seconds(0.8, stranger)
    assert kiosk.screen.state == "resting"
    kiosk.for_seconds(0.4, stranger)
    assert kiosk.cards == "abc"  # of their own: nobody has refused anything


def test_a_picture_of_a_face_does_not_make_the_cards_linger() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone("poster"))
    seconds = 0.0
    while kiosk.screen.state == "showing":
        kiosk.turn(still=("poster",))
        seconds += STEP
    assert CONFIG.leave_s <= seconds < CONFIG.leave_s + 1


def test_a_jump_of_the_clock_changes_nothing() -> None:
    # failure 21
    runs = []
    for jumps in (False, True):
        kiosk = Kiosk()
        person = kiosk.someone()
        screens = []
        for turn in range(600):
            now = datetime(2026, 11, 21, 12) + timedelta(seconds=turn * STEP)
            if jumps and turn > 40:
                now += timedelta(hours=9) if turn % 2 else timedelta(days=-4000)
            kiosk.context = replace(kiosk.context, now=None if turn < 20 else now)
            people = (person,) if 5 < turn < 400 else ()
            screens.append(kiosk.turn(*people))
        runs.append([(s.state, s.serial, s.since, s.suggestions) for s in screens])
    assert runs[0] == runs[1]
    assert {state for state, *_ in runs[0]} == {"resting", "showing"}


def test_a_refused_card_is_replaced_at_once_and_stays_away() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(2, person)
    kiosk.turn(person, touches=(Touch("b", "not_for_me"),))
    assert (kiosk.cards, kiosk.screen.serial) == ("adc", 2)
    kiosk.for_seconds(CONFIG.hold_s * 2, person)
    assert set(kiosk.cards) == set("acd")
    for refused in "acdefgh":
        kiosk.turn(person, touches=(Touch(refused, "not_for_me"),))
    assert kiosk.cards == ""


def test_a_chosen_card_stays_longer() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(CONFIG.hold_s, person)
    kiosk.turn(person, matched=OTHERS, touches=(Touch("b", "chosen"),))
    kiosk.for_seconds(CONFIG.hold_s - 1, person, matched=OTHERS)
    assert kiosk.cards == "abc"
    kiosk.for_seconds(2, person, matched=OTHERS)
    assert kiosk.cards == "stu"


def test_a_touch_on_a_card_that_is_not_there_changes_nothing() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.turn(touches=(Touch("a", "not_for_me"),))
    kiosk.for_seconds(2, person)
    kiosk.turn(person, touches=(Touch("z", "not_for_me"), Touch("y", "chosen")))
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)


def test_a_person_who_touches_the_screen_is_there_even_outside_the_picture() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone())
    for _ in range(3):
        kiosk.for_seconds(CONFIG.linger_s - 0.5)
        kiosk.turn(touches=(Touch("a", "liked"),))
    assert kiosk.screen.state == "showing"


def test_whoever_only_moves_the_focus_is_there_too() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, kiosk.someone())
    for _ in range(3):
        kiosk.for_seconds(CONFIG.linger_s - 0.5)
        kiosk.turn(used=True)
    assert kiosk.screen.state == "showing"
    kiosk.for_seconds(CONFIG.linger_s + 0.5)
    assert kiosk.screen.state == "resting"


def test_opted_out_there_are_suggestions_without_anybody_being_looked_at() -> None:
    kiosk = Kiosk()
    person = kiosk.someone("left-visitor")
    kiosk.for_seconds(3, person)
    kiosk.context = replace(kiosk.context, opted_out=True)
    kiosk.turn(person, matched=OTHERS)
    assert (kiosk.screen.state, kiosk.cards) == ("opted_out", "stu")
    assert not holds(kiosk.session, "left-visitor")
    kiosk.for_seconds(50, person, matched=OTHERS)
    assert (kiosk.screen.state, kiosk.screen.serial) == ("opted_out", 2)
    kiosk.turn(matched=OTHERS, touches=(Touch("s", "not_for_me"),))
    assert kiosk.cards == "vtu"


def test_what_was_refused_stays_away_for_whoever_opts_out_then_and_comes_back_after_them() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(2, person)
    kiosk.turn(person, touches=(Touch("b", "not_for_me"),))
    kiosk.context = replace(kiosk.context, opted_out=True)
    kiosk.for_seconds(CONFIG.hold_s * 2)
    assert kiosk.cards == "acd"
    kiosk.context = replace(kiosk.context, opted_out=False)
    kiosk.for_seconds(5, kiosk.someone("b"))
    assert kiosk.cards == "abc"


def test_after_opting_out_the_screen_rests_until_somebody_has_come() -> None:
    kiosk = Kiosk()
    kiosk.context = replace(kiosk.context, opted_out=True)
    kiosk.turn()
    kiosk.context = replace(kiosk.context, opted_out=False)
    assert kiosk.turn().state == "resting"
    kiosk.for_seconds(2, kiosk.someone())
    assert kiosk.screen.state == "showing"


def test_a_screen_that_falls_asleep_rests_and_wakes_without_memory() -> None:
    kiosk = Kiosk()
    person = kiosk.someone()
    kiosk.for_seconds(2, person)
    kiosk.turn(person, touches=(Touch("a", "not_for_me"),))
    kiosk.context = replace(kiosk.context, asleep=True)
    assert {screen.state for screen in kiosk.for_seconds(2, person)} == {"resting"}
    kiosk.context = replace(kiosk.context, asleep=False)
    kiosk.for_seconds(2, kiosk.someone("b"))
    assert kiosk.cards == "abc"


def test_with_nothing_to_suggest_the_screen_rests() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(5, kiosk.someone(), matched=())
    assert kiosk.screen.state == "resting"


@pytest.mark.parametrize("hold_s", [5.0, 40.0])
def test_how_long_they_stay_is_configurable(hold_s: float) -> None:
    kiosk = Kiosk(SessionConfig(hold_s=hold_s))
    person = kiosk.someone()
    kiosk.for_seconds(2, person)
    since = kiosk.screen.since
    while kiosk.cards == "abc":
        kiosk.turn(person, matched=OTHERS)
    assert hold_s <= kiosk.screen.since - since <= hold_s + 2 * STEP


EVENTS = st.tuples(
    st.sets(st.sampled_from("abc")),
    st.booleans(),
    st.sampled_from([FILMS, OTHERS, ()]),
    st.sampled_from([(), (Touch("a", "not_for_me"),), (Touch("t", "chosen"),)]),
    st.floats(0.02, 10),
)


@settings(deadline=None)
@given(st.lists(EVENTS, max_size=60))
def test_the_serial_changes_with_every_change_of_the_screen(events) -> None:
    session, at = Session(CONFIG, CARDS), 0.0
    last = session.update(Audience(), (), Context(at=at))
    for there, opted_out, matched, touches, step in events:
        at += step
        audience = Audience() if opted_out else audience_of(tuple(map(visitor, sorted(there))))
        context = Context(at=at, opted_out=opted_out, touches=touches)
        screen = session.update(audience, matched, context)
        assert screen.serial >= last.serial
        if screen.serial == last.serial:
            assert screen is last
        assert (screen.state == "opted_out") is opted_out
        assert len(screen.suggestions) <= CARDS
        assert screen.state != "resting" or screen.suggestions == ()
        last = screen


COMING_AND_GOING = st.lists(
    st.tuples(st.sets(st.sampled_from("abc"), max_size=2), st.floats(0.1, 6)), max_size=12
)


@settings(deadline=None, max_examples=40)
@given(COMING_AND_GOING)
def test_whoever_is_new_is_never_left_with_the_cards_of_others_for_a_second(stays) -> None:
    kiosk, owners, alone_s, serial = Kiosk(), set[str](), 0.0, 0
    there: dict[str, Visitor] = {}
    for number, (who, seconds) in enumerate(stays):
        arrive = {n: kiosk.someone(f"{n}{number}") for n in who - there.keys()}
        there = {name: visitor for name, visitor in (there | arrive).items() if name in who}
        for _ in range(round(seconds / STEP)):
            screen = kiosk.turn(*there.values())
            if screen.serial != serial:
                owners, serial = set(there), screen.serial
            with_owners = bool(owners & there.keys())
            owners |= there.keys() if with_owners else set()
            alone_s = 0.0 if with_owners or not there else alone_s + STEP
            assert alone_s <= 1 or screen.state == "resting"


@settings(deadline=None, max_examples=20)
@given(st.lists(st.tuples(st.floats(0.6, 9), st.floats(0.1, CONFIG.linger_s - 0.5)), max_size=4))
def test_whoever_stays_in_place_keeps_the_cards_however_often_the_phone_is_raised(turns) -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(2, kiosk.someone())
    for number, (seen_s, covered_s) in enumerate(turns):
        kiosk.for_seconds(covered_s, matched=OTHERS)
        back = kiosk.someone(f"a{number}", place=place_of("a"))
        kiosk.for_seconds(seen_s, back, matched=OTHERS)
    assert (kiosk.cards, kiosk.screen.serial) == ("abc", 1)


MUSIC = Request("music", ("song",))


def test_what_is_asked_for_aloud_comes_at_once_and_stays_as_long_as_any_cards() -> None:
    kiosk = Kiosk()
    kiosk.for_seconds(3, person := kiosk.someone())
    kiosk.context = replace(kiosk.context, request=MUSIC)
    kiosk.turn(person, matched=OTHERS)
    assert kiosk.cards == "stu"
    kiosk.context = replace(kiosk.context, request=None)
    kiosk.turn(person)
    assert kiosk.cards == "abc"


def test_somebody_whom_no_camera_sees_may_ask_too_and_then_the_screen_rests_again() -> None:
    kiosk = Kiosk()
    kiosk.context = replace(kiosk.context, request=MUSIC)
    kiosk.turn(matched=OTHERS)
    assert (kiosk.screen.state, kiosk.cards) == ("showing", "stu")
    kiosk.for_seconds(CONFIG.linger_s - 1, matched=OTHERS)
    assert kiosk.cards == "stu"
    kiosk.for_seconds(2, matched=OTHERS)
    assert kiosk.screen.state == "resting"


def test_opting_out_keeps_what_was_asked_for() -> None:
    kiosk = Kiosk()
    kiosk.context = replace(kiosk.context, request=MUSIC)
    kiosk.turn(matched=OTHERS)
    kiosk.context = replace(kiosk.context, opted_out=True)
    kiosk.turn(matched=OTHERS)
    assert (kiosk.screen.state, kiosk.cards) == ("opted_out", "stu")
