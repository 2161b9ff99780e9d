"""The protocols on made-up people, and popularity on the real ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from tests.tools.recommendation.made_up import write_lastfm, write_movielens, write_south_tyrol
from tools.recommendation import affinity, biases, hidden_tags, plenty_known, visitors
from tools.recommendation.folds import folds
from tools.recommendation.lastfm import read_lastfm
from tools.recommendation.movielens import Ratings, read_movielens
from tools.recommendation.ranking import Row, ndcg
from tools.recommendation.south_tyrol import read_south_tyrol


@pytest.fixture(scope="module")
def ratings(tmp_path_factory: pytest.TempPathFactory) -> Ratings:
    folder = tmp_path_factory.mktemp("ml")
    write_movielens(folder)
    return read_movielens(folder)


def figures(rows: list[Row], question: str | None = None) -> dict[str, float]:
    return {row.model: row.figure.value for row in rows if question in (None, row.question)}


def test_age_tells_what_an_unknown_visitor_likes(ratings: Ratings) -> None:
    found = figures(visitors.measure_unknown(ratings, with_gender=True))
    assert found["by age"] > found["popularity"] + 0.1
    assert list(found) == ["popularity", "by age group", "by age", "by age and gender"]


def test_gender_is_measured_only_when_asked_for(ratings: Ratings) -> None:
    assert "by age and gender" not in figures(visitors.measure_unknown(ratings, with_gender=False))


def test_nobody_learns_from_the_visitors_who_are_asked() -> None:
    # Everybody likes one film of their own and has an age of their own: whoever learned from the
    # asked visitor would find the film.
    alone = Ratings(5 * np.eye(60, dtype=np.int8), np.arange(15.0, 75.0), np.zeros(60, bool))
    narrow = affinity.Kernel(0.01, 0.1)
    for fold in folds(np.arange(60)):
        asked = visitors.Visitors(alone, fold)
        # Films without a known like are last, behind the 48 films of the others.
        assert (ndcg(asked.by_age(narrow), asked.liked) == 0).all()
        seeing = replace(asked, fold=(np.arange(60), fold[1]))
        assert (ndcg(seeing.by_age(narrow), asked.liked) == 1).all()


def test_likes_help_where_age_does_not(ratings: Ratings) -> None:
    ageless = replace(ratings, ages=np.full(60, 30.0))
    rows = visitors.measure_after_likes(ageless)
    for count in visitors.SHOWN:
        found = figures(rows, visitors.question_after(count))
        assert found["by age, EASE of 50 neighbours"] > found["by age"] + 0.1
    assert {row.question for row in rows} == {visitors.question_after(n) for n in (1, 3, 5)}


def test_item_to_item_regression_beats_popularity_when_plenty_is_known(ratings: Ratings) -> None:
    found = figures(plenty_known.measure(ratings, with_als=False))
    assert found["EASE of all"] > found["popularity"] + 0.05


def test_a_hidden_tag_is_not_shown_and_every_other_is(tmp_path: Path) -> None:
    write_lastfm(tmp_path)
    lists = read_lastfm(tmp_path)
    shown, hidden = hidden_tags.hide(lists)
    assert len(hidden) == len(lists.user)  # every made-up list has three tags
    assert (shown.tags[np.arange(len(hidden)), hidden] == 0).all()
    assert (np.diff(shown.tags.indptr) == 2).all()
    assert (np.diff(lists.tags.indptr) == 3).all()


def test_tags_of_one_style_are_found(tmp_path: Path) -> None:
    write_lastfm(tmp_path)
    found = figures(hidden_tags.measure(read_lastfm(tmp_path), with_word2vec=False))
    assert found["co-occurrence"] > found["most frequent"] + 0.2
    assert found["both"] > found["most frequent"] + 0.2


def test_a_rating_that_depends_on_the_weather_is_told_by_context(tmp_path: Path) -> None:
    write_south_tyrol(tmp_path)
    rows = biases.measure(read_south_tyrol(tmp_path))
    found = figures(rows)
    assert found["with context"] < found["biases"] - 0.2
    assert rows[1].gain is not None
    assert rows[1].gain.high < 0


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:invalid value")
def test_data_without_people_to_ask_is_one_line(ratings: Ratings) -> None:
    with pytest.raises(UserError, match="after 1 like, nDCG@10: the data has nobody to ask"):
        visitors.measure_after_likes(replace(ratings, values=ratings.values // 2))
    few = Ratings(ratings.values[:3], ratings.ages[:3], ratings.female[:3])
    with pytest.raises(UserError, match="3 users or ratings are too few for 5 folds"):
        visitors.measure_unknown(few, with_gender=False)


@pytest.mark.real_data
@pytest.mark.slow
def test_movielens_popularity_is_the_known_figure_and_ours_is_above(wayside_data: Path) -> None:
    ratings = read_movielens(wayside_data / "catalogue" / "ml-100k")
    rows = visitors.measure_unknown(ratings, with_gender=False)
    popularity, _, ours = rows
    assert popularity.figure.value == pytest.approx(0.405, abs=0.01)
    assert ours.figure.value > popularity.figure.value
    assert ours.gain is not None
    assert ours.gain.low > 0
