"""MovieLens 100k with the ages of the raters (Harper and Konstan, ACM TiiS 5, 2015)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from tools.recommendation.delimited import numbers, read_columns

LIKE = 4
"""A rating from here on is a like."""


@dataclass(frozen=True, slots=True)
class Ratings:
    """values: (U, I) ratings from 1 to 5, 0 where there is none. ages: (U,) years.
    female: (U,)."""

    values: NDArray[np.int8]
    ages: NDArray[np.float64]
    female: NDArray[np.bool_]

    @property
    def likes(self) -> NDArray[np.float64]:
        """(U, I) 1 where the user likes the item, else 0."""
        return (self.values >= LIKE).astype(np.float64)


def read_movielens(folder: Path) -> Ratings:
    """`u.data`, `u.user` and `u.item` of a folder. Raises UserError where one can't be read."""
    users = read_columns(folder / "u.user", "|", ("user", "age", "gender"))
    films = read_columns(folder / "u.item", "|", ("item",))
    data = read_columns(folder / "u.data", "|", ("user", "item", "rating"))
    rows = {user: row for row, user in enumerate(users["user"])}
    columns = {item: column for column, item in enumerate(films["item"])}
    ratings = numbers(folder / "u.data", "rating", data["rating"], int)
    values = np.zeros((len(rows), len(columns)), np.int8)
    cells = zip(data["user"], data["item"], ratings, strict=True)
    for line, (user, item, rating) in enumerate(cells, start=2):
        if user not in rows or item not in columns or not 1 <= rating <= 5:
            raise UserError(
                f"{folder / 'u.data'}, line {line}: user {user!r}, item {item!r}, rating {rating}: "
                "takes users of u.user, items of u.item and ratings from 1 to 5"
            )
        values[rows[user], columns[item]] = rating
    ages = numbers(folder / "u.user", "age", users["age"], float)
    female = [gender == "F" for gender in users["gender"]]
    return Ratings(values, np.array(ages), np.array(female))
