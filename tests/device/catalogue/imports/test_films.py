"""Films of MovieLens in each of its layouts: titles as people say them, genres, fame, links."""

# failure 49

from __future__ import annotations

from pathlib import Path

import pytest

from device.catalogue.imports import films
from device.catalogue.imports.films import GENRES, titled
from device.catalogue.imports.imported import Imported
from device.catalogue.imports.importers import read
from device.errors import UserError
from device.values import Item


def imported(path: Path) -> Imported:
    return read(path, lambda done, total: None)


def by_title(found: Imported) -> dict[str, Item]:
    return {item.title: item for item in found.items}


def old_row(number: object, name: str, *genres: str) -> str:
    flags = "|".join(str(int(genre in genres)) for genre in GENRES)
    return f"{number}|{name}|01-Jan-1995||http://us.imdb.com/M/title-exact|{flags}\n"


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """As GroupLens has it: no names of columns, Latin-1, ratings between tabs."""
    rows = [
        old_row(1, "Toy Story (1995)", "Animation", "Children's", "Comedy"),
        old_row(2, "Misérables, Les (1995)", "Drama"),
        old_row(3, "Seven (a.k.a. Se7en) (1995)", "Crime", "Thriller"),
        old_row(4, "unknown", "unknown"),
        old_row(5, "Toy Story (1995)", "Animation"),
        "6|cut\n",
        old_row(7, "Gremlins (1984)", "Children's", "Horror"),
    ]
    folder = tmp_path / "ml-100k"
    folder.mkdir()
    (folder / "u.item").write_text("".join(rows), encoding="latin-1")
    ratings = "".join(f"{user}\t1\t5\t0\n" for user in range(99)) + "7\t2\t3\t0\n"
    (folder / "u.data").write_text(ratings)
    return folder


@pytest.fixture
def new(tmp_path: Path) -> Path:
    folder = tmp_path / "ml-latest"
    folder.mkdir()
    (folder / "movies.csv").write_text(
        "movieId,title,genres\n"
        '11,"American President, The (1995)",Comedy|Romance\n'
        '29,"City of Lost Children, The (Cité des enfants perdus, La) (1995)",Sci-Fi|IMAX\n'
        "30,(500) Days of Summer,(no genres listed)\n"
        "31,Babylon 5,Space-Opera\n",
        encoding="utf-8",
    )
    (folder / "ratings.csv").write_text("userId,movieId,rating,timestamp\n1,11,4.0,0\n")
    (folder / "links.csv").write_text("movieId,imdbId,tmdbId\n11,0112346,9087\n29,0112682,\n")
    return folder


@pytest.mark.parametrize(
    ("name", "title", "year"),
    [
        ("Usual Suspects, The (1995)", "The Usual Suspects", 1995),
        ("Atalante, L' (1934)", "L'Atalante", 1934),
        ("Corrina, Corrina (1994)", "Corrina, Corrina", 1994),
        ("Land Before Time III (1995) (V)", "Land Before Time III", 1995),
        ("Heidi Fleiss: Hollywood Madam (1995) ", "Heidi Fleiss: Hollywood Madam", 1995),
        ("Yojimbo (Yojimbo (The Bodyguard)) (1961)", "Yojimbo", 1961),
        ("Fawlty Towers (1975–1979)", "Fawlty Towers", 1975),
        ("(500) Days of Summer (2009)", "(500) Days of Summer", 2009),
        ("2001: A Space Odyssey", "2001: A Space Odyssey", None),
        ("(1941)", "", 1941),
    ],
)
def test_a_title_is_as_people_say_it(name: str, title: str, year: int | None) -> None:
    assert titled(name) == (title, year)


def test_the_old_layout_gives_titles_genres_and_fame(old: Path) -> None:
    found = by_title(imported(old))
    assert set(found) == {"Toy Story", "Les Misérables", "Seven", "Gremlins"}
    toys = found["Toy Story"]
    assert (toys.id, toys.kind, toys.category, toys.year) == ("ml100k-1", "film", "family", 1995)
    assert toys.tags == ("family", "animated", "funny", "animation", "comedy")
    assert toys.popularity == 1
    assert toys.link == "https://www.imdb.com/find/?q=Toy%20Story%201995"
    assert found["Les Misérables"].popularity == pytest.approx(0.15, abs=0.01)
    assert found["Seven"].popularity == 0
    assert found["Seven"].category == "thriller"


def test_only_what_is_for_children_is_for_all_ages(old: Path) -> None:
    ages = {title: item.minimum_age for title, item in by_title(imported(old)).items()}
    assert ages == {"Toy Story": 0, "Les Misérables": 16, "Seven": 16, "Gremlins": 18}


def test_what_cannot_be_taken_is_left_out_and_counted(old: Path) -> None:
    found = imported(old)
    assert found.rows.counts == {
        "broken row of u.item": 1,
        "no title": 1,
        "twice in the list": 1,
    }
    assert found.rows.examples["broken row of u.item"] == "line 6: 2 cells under 24 column names"


def test_the_layout_of_today_links_each_film_to_its_page(new: Path) -> None:
    found = by_title(imported(new))
    assert set(found) == {
        "The American President", "The City of Lost Children", "(500) Days of Summer", "Babylon 5",
    }  # fmt: skip
    president = found["The American President"]
    assert president.link == "https://www.themoviedb.org/movie/9087"
    assert (president.category, president.popularity) == ("comedy", 1)
    assert found["The City of Lost Children"].link == "https://www.imdb.com/title/tt0112682/"
    assert found["The City of Lost Children"].category == "sci-fi"
    assert found["(500) Days of Summer"].category == "other films"


def test_a_genre_that_is_not_known_is_counted(new: Path) -> None:
    assert imported(new).cells.counts == {"genre: not known": 1}
    assert imported(new).cells.examples == {"genre: not known": "Space-Opera"}


def test_without_ratings_nothing_is_known_of_fame(new: Path) -> None:
    (new / "ratings.csv").unlink()
    found = imported(new)
    assert {item.popularity for item in found.items} == {None}
    assert "no ratings.csv, so nothing of their fame" in found.about


def test_the_layout_of_2003_is_read_too(tmp_path: Path) -> None:
    (tmp_path / "movies.dat").write_text(
        "1::Toy Story (1995)::Animation|Children's\n2::Amélie::Comedy\n", encoding="latin-1"
    )
    (tmp_path / "ratings.dat").write_text("1::2::5::978300760\n")
    found = by_title(imported(tmp_path))
    assert (found["Toy Story"].category, found["Toy Story"].id) == ("family", "movielens-1")
    assert (found["Amélie"].popularity, found["Toy Story"].popularity) == (1, 0)


def test_the_file_of_films_stands_for_its_folder(new: Path) -> None:
    assert imported(new / "movies.csv").items == imported(new).items


@pytest.mark.parametrize(
    ("file", "text", "says"),
    [
        ("movies.csv", "id,name\n1,x\n", "movies.csv: no column 'movieId' in the first line"),
        ("movies.csv", 'movieId,title,genres\n1,"open\n', "movies.csv: not a text file in utf-8"),
        ("ratings.csv", "user,film\n1,2\n", "ratings.csv: no column 'movieId' in the first line"),
        ("links.csv", "", "links.csv: no column 'movieId' in the first line"),
    ],
)
def test_a_file_of_another_layout_is_one_line(new: Path, file: str, text: str, says: str) -> None:
    (new / file).write_text(text)
    with pytest.raises(UserError, match=says) as caught:
        imported(new)
    assert "\n" not in str(caught.value)


def test_ratings_without_films_are_one_line(old: Path) -> None:
    (old / "u.item").unlink()
    with pytest.raises(UserError, match=r"u\.item: no such file; MovieLens has its films there"):
        imported(old)


def test_a_table_of_ones_own_may_be_called_movies(tmp_path: Path) -> None:
    path = tmp_path / "movies.csv"
    path.write_text("id,kind,title,category,source\nmine,film,Mine,drama,me\n")
    assert not films.recognises(path)
    assert [item.id for item in imported(path).items] == ["mine"]


@pytest.mark.real_data
def test_movielens_100k_goes_in(wayside_data: Path) -> None:
    found = imported(wayside_data / "catalogue" / "ml-100k")
    assert len(found.items) == 1663
    assert found.rows.counts == {"twice in the list": 18, "no title": 1}
    assert not found.cells
    assert by_title(found)["The Usual Suspects"].year == 1995
