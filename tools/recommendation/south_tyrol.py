"""South Tyrol Suggests: ratings of places with the situation in which they were given.

Elahi et al., AI*IA 2013; Braunhofer et al., ENTER 2014.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tools.recommendation.delimited import numbers, read_columns

SITUATION = (
    "distance", "timeAvailable", "temperature", "crowdedness", "knowledgeOfSurroundings", "season",
    "budget", "daytime", "weather", "companion", "mood", "weekday", "travelGoal", "transport",
)  # fmt: skip
UNKNOWN = "NULL"


@dataclass(frozen=True, slots=True)
class SituatedRatings:
    """Of N ratings. rating: (N,) 1 to 5. user, item, category: (N, …) one column for each, 0 or 1.
    situation: (N, …) one column for each known value of each of `SITUATION`; all 0: unknown."""

    rating: NDArray[np.float64]
    user: NDArray[np.float64]
    item: NDArray[np.float64]
    category: NDArray[np.float64]
    situation: NDArray[np.float64]


def read_south_tyrol(folder: Path) -> SituatedRatings:
    """`Data_STS.csv` of a folder. Raises UserError if it can't be read."""
    path = folder / "Data_STS.csv"
    cells = read_columns(path, "\t", ("userID", "itemID", "rating", "category1", *SITUATION))
    return SituatedRatings(
        np.array(numbers(path, "rating", cells["rating"], float)),
        indicators(cells["userID"]),
        indicators(cells["itemID"]),
        indicators(cells["category1"]),
        np.hstack([indicators(cells[name]) for name in SITUATION]),
    )


def indicators(cells: list[str]) -> NDArray[np.float64]:
    """(N, V) a column for each of the V known values, in sorted order."""
    values = sorted(set(cells) - {UNKNOWN})
    return np.array([[float(cell == value) for value in values] for cell in cells])
