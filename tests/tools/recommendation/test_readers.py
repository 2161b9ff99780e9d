"""The public sets are read as they are laid out, and each mistake is one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from tests.tools.recommendation.made_up import write, write_lastfm, write_movielens
from tools.recommendation.lastfm import read_lastfm
from tools.recommendation.movielens import read_movielens
from tools.recommendation.south_tyrol import indicators


def test_ratings_of_movielens_stand_at_their_user_and_film(tmp_path: Path) -> None:
    write_movielens(tmp_path)
    ratings = read_movielens(tmp_path)
    assert ratings.values.shape == (60, 60)
    assert ratings.female.tolist() == [False, True] * 30
    young = ratings.ages < 40
    assert (ratings.likes[young][:, 30:] == 0).all()
    assert (ratings.likes[young].sum(axis=1) == 20).all()


def test_a_tag_that_a_user_gave_an_artist_twice_is_one_tag(tmp_path: Path) -> None:
    write_lastfm(tmp_path)
    header = ("userID", "artistID", "tagID", "day", "month", "year")
    twice = [(7, 3, 2, 1, 1, 2009), (7, 3, 2, 5, 1, 2009), (7, 3, 9, 1, 1, 2009)]
    write(tmp_path / "user_taggedartists.dat", "\t", [header, *twice])
    lists = read_lastfm(tmp_path)
    assert lists.tags.toarray().tolist() == [[1, 1]]
    assert (lists.names, lists.titles) == (["tag 1", "tag 8"], ["Artist 3"])


def test_what_is_not_known_of_a_situation_has_no_column() -> None:
    assert indicators(["2", "NULL", "1"]).tolist() == [[0, 1], [0, 0], [1, 0]]


def test_quotation_marks_and_empty_lines_are_harmless(tmp_path: Path) -> None:
    write_movielens(tmp_path)
    with (tmp_path / "u.data").open("a") as file:
        file.write("\n\n")
    assert np.count_nonzero(read_movielens(tmp_path).values) == 60 * 24


@pytest.mark.parametrize(
    ("file", "text", "complaint"),
    [
        ("u.user", None, "u.user: no such file"),
        ("u.user", "user|gender\n1|M\n", "u.user: no column 'age' in the first line"),
        ("u.user", "", "u.user: no column 'user' in the first line"),
        ("u.data", "user|item|rating\n", "u.data: no rows below the column names"),
        ("u.data", "user|item|rating\n1|1\n", "u.data, line 2: 2 cells under 3 column names"),
        ("u.data", "user|item|rating\n1|1|good\n", "line 2: rating is 'good', not a number"),
        ("u.data", "user|item|rating\n1|1|9\n", "line 2: user '1', item '1', rating 9"),
        ("u.data", "user|item|rating\n1|1|3\n999|1|3\n", "line 3: user '999'"),
        ("u.item", "item\n\x00\n", "u.data, line 2: user '1', item"),
    ],
)
def test_each_mistake_in_a_file_is_one_line(
    tmp_path: Path, file: str, text: str | None, complaint: str
) -> None:
    write_movielens(tmp_path)
    if text is None:
        (tmp_path / file).unlink()
    else:
        (tmp_path / file).write_text(text)
    with pytest.raises(UserError) as caught:
        read_movielens(tmp_path)
    assert complaint in str(caught.value)  # failure 49
    assert "\n" not in str(caught.value)


def test_a_file_that_is_no_text_is_one_line(tmp_path: Path) -> None:
    write_movielens(tmp_path)
    (tmp_path / "u.user").write_bytes(b"user|age|gender\n\xff\xfe\n")
    with pytest.raises(UserError, match="not a text file in utf-8"):
        read_movielens(tmp_path)
