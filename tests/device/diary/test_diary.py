"""The days of a diary: what is kept, struck, due and exported."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from device.diary.diary import Day, Diary, weeks
from device.diary.diary_page import line, page
from device.errors import UserError

DAY = date(2026, 11, 2)  # a Monday

answers = st.none() | st.floats(1, 5)
days = st.builds(
    Day, said=answers, read=answers, who5=st.none() | st.tuples(*[st.integers(0, 5)] * 5)
)


@given(st.dictionaries(st.dates(), days.filter(lambda day: day != Day())))
def test_what_is_written_is_read_again(kept: dict[date, Day]) -> None:
    assert Diary.of(Diary(kept).content()).days == kept


def test_a_day_has_one_answer_which_can_be_corrected_and_struck() -> None:
    diary = Diary()
    diary.note(DAY, said=2)
    diary.note(DAY, said=4)
    diary.note(DAY, read=3.5)
    assert diary.days == {DAY: Day(said=4, read=3.5)}
    diary.note(DAY, said=None, read=None, who5=None)
    assert diary.days == {}


@pytest.mark.parametrize(
    "wrong", [{"said": 6}, {"read": 0}, {"who5": (1, 2, 3, 4)}, {"who5": (6,) * 5}]
)
def test_no_other_answer_is_kept(wrong: dict[str, object]) -> None:
    diary = Diary()
    with pytest.raises(ValidationError):
        diary.note(DAY, **wrong)
    assert diary.days == {}


def test_the_who5_is_a_sum_times_four_and_due_every_two_weeks() -> None:
    diary = Diary()
    assert diary.who5_is_due(DAY)
    diary.note(DAY, who5=(5, 4, 3, 2, 1))
    assert diary.days[DAY].score == 60
    assert not diary.who5_is_due(DAY + timedelta(days=13))
    assert diary.who5_is_due(DAY + timedelta(days=14))


def test_a_diary_of_a_newer_program_is_one_line() -> None:
    with pytest.raises(UserError, match="newer Wayside"):
        Diary.of(b'{"2026-11-02":{"weight":70}}')


def test_a_week_is_the_mean_of_its_days_and_one_without_any_is_a_gap() -> None:
    diary = Diary()
    for after, said in ((0, 1), (6, 4), (14, 5)):
        diary.note(DAY + timedelta(days=after), said=said)
    diary.note(DAY, read=3)
    later = [DAY + timedelta(days=7 * n) for n in range(3)]
    assert list(weeks(diary.days)) == [
        (later[0], 2.5, 3.0), (later[1], None, None), (later[2], 5.0, None)
    ]  # fmt: skip
    assert line([2.5, None, 5.0], 1, 5) == "▄ █"


def test_the_table_has_a_line_for_each_day() -> None:
    diary = Diary()
    diary.note(DAY, said=4, who5=(5, 4, 3, 2, 1))
    assert diary.table().splitlines() == [
        "date,said,read,who5_1,who5_2,who5_3,who5_4,who5_5", "2026-11-02,4.0,,5,4,3,2,1"
    ]  # fmt: skip


VERDICTS = ("depress", "low", "poor", "normal", "risk", "threshold", "50 or")


def test_the_page_judges_nothing_and_fetches_nothing() -> None:
    diary = Diary()
    for week in range(10):
        diary.note(DAY + timedelta(days=7 * week), said=1, read=1.5)
    diary.note(DAY, who5=(0, 0, 0, 0, 0))
    html = page(diary, DAY, "Help is at <hand>")
    assert not [word for word in VERDICTS if word in html.lower().replace("below", "")]
    assert "Help is at &lt;hand&gt;" in html
    assert "CC BY-NC-SA 3.0 IGO" in html
    assert "<script" not in html
    assert "http" not in html


def test_an_empty_diary_has_a_page_too() -> None:
    assert "There is no day yet" in page(Diary(), DAY)
