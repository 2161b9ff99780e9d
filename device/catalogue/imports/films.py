"""MovieLens: the films of the layouts of 1998 (`u.item`), 2003 (`movies.dat`) and today
(`movies.csv`), with their genres, and their fame where the folder has the ratings too.

The operator fetches the data (https://grouplens.org/datasets/movielens/), which is for research:
docs/catalogue.md tells its terms. What genres mean here is in `films.csv`. No set says for which
age a film is, so one that is not for children counts as one for grown-ups.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from device.catalogue.columns import TITLE
from device.catalogue.imports.delimited import (
    Layout,
    columns_of,
    count,
    each_row,
    encoding_of,
)
from device.catalogue.imports.imported import (
    Cells,
    Imported,
    LeftOut,
    Progress,
    is_number,
    popularity,
)
from device.catalogue.imports.meanings import category_of, meanings, tags_of
from device.errors import UserError
from device.values import Item

TAKES = "MovieLens (a folder with u.item, movies.dat or movies.csv)"

GENRES = (
    "unknown", "Action", "Adventure", "Animation", "Children's", "Comedy", "Crime", "Documentary",
    "Drama", "Fantasy", "Film-Noir", "Horror", "Musical", "Mystery", "Romance", "Sci-Fi",
    "Thriller", "War", "Western",
)  # fmt: skip
"""Columns of `u.item`, 1 where the film is of the genre."""

NO_GENRE = ("unknown", "(no genres listed)", "imax", "")
"""What the sets write where they know none; IMAX is a screen."""

OTHER = "other films"
"""Category of a film of no genre that is known."""

FOR_GROWN_UPS = 16
"""Years, of a film of which no genre tells."""

ITEM = Layout(("|",), ("item", "title", "date", "video", "url", *GENRES))
RATING = Layout(("\t", "|"), ("user", "item", "rating", "timestamp"))
DAT = Layout(("::",), ("item", "title", "genres"))
DAT_RATING = Layout(("::",), ("user", "item", "rating", "timestamp"))
CSV = Layout((",",), (), quoted=True)

_ARTICLES = (
    "The|A|An|Les|Le|La|L'|Il|Lo|Los|Las|El|Das|Der|Die|Den|Det|Un|Une|Una|Ein|Eine|De|Het|Os|As"
)
_TURNED = re.compile(rf"(?P<rest>.+), (?P<article>{_ARTICLES})", re.IGNORECASE)
_YEAR = re.compile(r"\s*\((?P<year>[12][0-9]{3})(?:[-–][0-9]{0,4})?\)(?:\s*\([^)]*\))*$")
_OTHER_NAME = re.compile(r"\s*\([^()]*(?:\([^()]*\)[^()]*)*\)$")


@dataclass(frozen=True, slots=True)
class Film:
    """A row of a set. number: the set's own. name: with its year, as the set writes it."""

    number: str
    name: str
    genres: Sequence[str]


def recognises(path: Path) -> bool:
    """Whether it is a folder of MovieLens, whole or not, or its file of films."""
    if path.is_file():
        named = path.name == "movies.csv" and "movieId" in columns_of(path, CSV)
        return named or path.name in ("u.item", "movies.dat")
    return any((path / name).is_file() for name in ("u.item", "u.data", "movies.dat", "movies.csv"))


def read(path: Path, progress: Progress) -> Imported:
    """The films of a folder, and what its other files say of them.

    Raises:
        UserError: it has no films, or a file cannot be read.
    """
    path = path.parent if path.is_file() else path
    rows, cells = LeftOut(), LeftOut()
    if (path / "movies.csv").is_file():
        prefix, films = "movielens", list(_today(path / "movies.csv", rows))
        ratings, layout, column = path / "ratings.csv", CSV, "movieId"
    elif (path / "movies.dat").is_file():
        prefix, films = "movielens", list(_of_2003(path / "movies.dat", rows))
        ratings, layout, column = path / "ratings.dat", DAT_RATING, "item"
    else:
        prefix, films = "ml100k", list(_of_1998(path / "u.item", rows))
        ratings, layout, column = path / "u.data", RATING, "item"
    counts: Counter[str] = Counter()
    if ratings.is_file():
        found = each_row(ratings, [column], layout, count(ratings, rows), progress=progress)
        counts.update(number for _, (number,) in found)
    links = _links(path / "links.csv", rows) if (path / "links.csv").is_file() else {}
    items = list(_items(films, prefix, counts, links, rows, cells))
    rated = (
        f"{counts.total()} ratings" if counts else f"no {ratings.name}, so nothing of their fame"
    )
    return Imported(items, f"MovieLens, {rated}", rows, cells)


def titled(name: str) -> tuple[str, int | None]:
    """The title as people say it, and the year, of `Usual Suspects, The (1995)`."""
    name = " ".join(name.split())
    year = _YEAR.search(name)
    if year is not None:
        name = name[: year.start()]
    while (other := _OTHER_NAME.search(name)) is not None and other.start():
        name = name[: other.start()]  # in its own language, or another one
    if (turned := _TURNED.fullmatch(name)) is not None:
        article = turned["article"]
        name = f"{article}{'' if article.endswith(chr(39)) else ' '}{turned['rest']}"
    return name, None if year is None else int(year["year"])


def _of_1998(path: Path, rows: LeftOut) -> Iterator[Film]:
    if not path.is_file():
        raise UserError(f"{path}: no such file; MovieLens has its films there")
    wanted = ("item", "title", *GENRES)
    encoding = encoding_of(path)
    for _, cells in each_row(path, wanted, ITEM, count(path, rows), encoding=encoding):
        number, name, *flags = cells
        genres = [genre for genre, flag in zip(GENRES, flags, strict=True) if flag == "1"]
        yield Film(number, name, genres)


def _of_2003(path: Path, rows: LeftOut) -> Iterator[Film]:
    wanted, encoding = ("item", "title", "genres"), encoding_of(path)
    for _, cells in each_row(path, wanted, DAT, count(path, rows), encoding=encoding):
        yield Film(cells[0], cells[1], cells[2].split("|"))


def _today(path: Path, rows: LeftOut) -> Iterator[Film]:
    wanted = ("movieId", "title", "genres")
    for _, cells in each_row(path, wanted, CSV, count(path, rows)):
        yield Film(cells[0], cells[1], cells[2].split("|"))


def _links(path: Path, rows: LeftOut) -> dict[str, str]:
    """Pages of the films: of The Movie Database, else of the IMDb."""
    links = {}
    wanted = ("movieId", "imdbId", "tmdbId")
    for _, (number, imdb, tmdb) in each_row(path, wanted, CSV, count(path, rows)):
        if tmdb.isdecimal():
            links[number] = f"https://www.themoviedb.org/movie/{tmdb}"
        elif imdb.isdecimal():
            links[number] = f"https://www.imdb.com/title/tt{imdb:0>7}/"
    return links


def _items(
    films: Sequence[Film],
    prefix: str,
    counts: Counter[str],
    links: dict[str, str],
    rows: LeftOut,
    cells: LeftOut,
) -> Iterator[Item]:
    known, read = meanings("films"), Cells(cells)
    most = max(counts.values(), default=0)
    seen: set[tuple[str, int | None]] = set()
    for film in films:
        item_id = f"{prefix}-{film.number}"
        title, year = titled(film.name)
        if not is_number(film.number):
            rows.add("no number", film.name)
            continue
        if title.lower() == "unknown":
            rows.add("no title", item_id)
            continue
        try:
            title = str(TITLE.value(title))
        except ValueError as error:
            rows.add("no title that can be shown", f"{item_id}: {error}")
            continue
        if (title, year) in seen:
            rows.add("twice in the list", f"{title}, {year}")
            continue
        seen.add((title, year))
        genres = [genre for genre in film.genres if genre.lower().strip() not in NO_GENRE]
        found = known.of(genres)
        if len(found) < len(genres):
            for genre in genres:
                if not known.of([genre]):
                    cells.add("genre: not known", genre)
        found.sort(key=lambda row: row.order)
        category = category_of(found) or OTHER
        names = [row.category for row in found[1:] if row.category != category]
        yield Item(
            id=item_id,
            kind="film",
            title=title,
            category=category,
            tags=tuple(dict.fromkeys((*tags_of(found), *names))),
            year=year if year is not None and 1000 <= year <= 2100 else None,
            minimum_age=_minimum_age([row.minimum_age for row in found]),
            popularity=popularity(counts[film.number], most) if counts else None,
            link=str(read.first(item_id, "link", links.get(film.number) or _search(title, year))),
            source="MovieLens",
        )


def _minimum_age(ages: Sequence[int]) -> int:
    """Of a film's genres: what is for children is for all, unless it is horror too."""
    strictest = max(ages, default=FOR_GROWN_UPS)
    return 0 if 0 in ages and strictest <= FOR_GROWN_UPS else strictest


def _search(title: str, year: int | None) -> str:
    """A search in the IMDb: the addresses in `u.item` are those of 1998."""
    text = title if year is None else f"{title} {year}"
    return f"https://www.imdb.com/find/?q={quote(text)}"
