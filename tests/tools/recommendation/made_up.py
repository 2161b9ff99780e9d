"""Made-up data in the layout of the public sets, small enough for a test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tools.recommendation.south_tyrol import SITUATION


def write(path: Path, separator: str, rows: Sequence[Sequence[object]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(separator.join(map(str, row)) + "\r\n" for row in rows)
    path.write_text(text, encoding="utf-8", newline="")


def write_movielens(folder: Path, users: int = 60, films: int = 60) -> None:
    """Users below 40 like films of the first half, the others those of the second."""
    rng = np.random.default_rng(0)
    ages = rng.integers(15, 70, users).tolist()
    people = [(n + 1, age, "MF"[n % 2], "other", "00000") for n, age in enumerate(ages)]
    write(folder / "u.user", "|", [("user", "age", "gender", "occupation", "zip"), *people])
    titles = [(n + 1, f'A "film" {n}', "") for n in range(films)]
    write(folder / "u.item", "|", [("item", "title", "releaseDate"), *titles])
    ratings = []
    for n, age in enumerate(ages):
        own = rng.permutation(films // 2)[:20] + (age >= 40) * films // 2
        other = rng.permutation(films // 2)[:4] + (age < 40) * films // 2
        ratings += [(n + 1, film + 1, 5, 0) for film in own.tolist()]
        ratings += [(n + 1, film + 1, 2, 0) for film in other.tolist()]
    write(folder / "u.data", "|", [("user", "item", "rating", "timestamp"), *ratings])


def write_lastfm(folder: Path, users: int = 20) -> None:
    """Artist n has three of the tags of its own style; there are four styles of five tags."""
    rng = np.random.default_rng(0)
    given = [
        (user, artist, 5 * (artist % 4) + tag + 1)
        for user in range(1, users + 1)
        for artist in rng.permutation(24)[:16].tolist()
        for tag in rng.permutation(5)[:3].tolist()
    ]
    header = ("userID", "artistID", "tagID", "day", "month", "year")
    dated = [(*row, 1, 1, 2009) for row in given]
    write(folder / "user_taggedartists.dat", "\t", [header, *dated])
    tags = [(n + 1, f"tag {n}") for n in range(20)]
    write(folder / "tags.dat", "\t", [("tagID", "tagValue"), *tags])
    artists = [(n, f"Artist {n}", "", "") for n in range(24)]
    write(folder / "artists.dat", "\t", [("id", "name", "url", "pictureURL"), *artists])


def write_south_tyrol(folder: Path, ratings: int = 150) -> None:
    """Places of category 1 are liked when the weather is 1; nothing else matters but the user."""
    rng = np.random.default_rng(0)
    rows = []
    for n in range(ratings):
        user, item = n % 15, int(rng.integers(10))
        weather = int(rng.integers(1, 3))
        liked = 2 if (item % 2 == 0) == (weather == 1) else 0
        situation = [weather if name == "weather" else "NULL" for name in SITUATION]
        rows.append((user, item, 1 + user % 3 + liked, item % 2, *situation))
    header = ("userID", "itemID", "rating", "category1", *SITUATION)
    write(folder / "Data_STS.csv", "\t", [header, *rows])


def write_all(data: Path) -> None:
    """All of them where `catalogue evaluate --data` looks."""
    write_movielens(data / "catalogue" / "ml-100k")
    write_lastfm(data / "catalogue" / "lastfm")
    write_south_tyrol(data / "catalogue" / "sts")
