"""Eight moods from valence, arousal, their changes over seconds, and closed eyes.

The mapping is a table, `moods.yaml`, with its sources; this module evaluates it on means of the
last seconds. The current mood is kept near a border.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, model_validator

from device.audience.emotion import ExponentialMean
from device.typed_yaml import Section, read_yaml
from device.values import UNKNOWN, Mood

TABLE = Path(__file__).with_name("moods.yaml")

Interval = tuple[float | None, float | None]
Feature = Literal["angle", "intensity", "dominance", "movement", "eyes_closed"]

LONGEST_BETWEEN_EYES_S = 1.0
"""Eyes are measured about twice a second; one measurement counts for no more than this."""


class Point(Section):
    """Position of a label in Russell and Mehrabian's three dimensions, each -1 to 1."""

    valence: float = Field(ge=-1, le=1)
    arousal: float = Field(ge=-1, le=1)
    dominance: float = Field(ge=-1, le=1)


class Eyes(Section):
    """When eyes count as closed, and the time constant of the share of closed eyes."""

    closed_below: float = Field(ge=0, le=1)
    window_s: float = Field(gt=0)


class Row(Section):
    """A mood and the closed intervals in which it holds. None: no bound."""

    mood: Mood
    angle: Interval | None = None
    intensity: Interval | None = None
    dominance: Interval | None = None
    movement: Interval | None = None
    eyes_closed: Interval | None = None

    def holds(self, features: Mapping[Feature, float], slack: Mapping[Feature, float]) -> bool:
        """Whether every interval, wider by its slack (narrower by a negative one), contains its
        feature."""
        return all(
            _contains(interval, value, slack.get(name, 0.0), 360.0 if name == "angle" else 0.0)
            for name, value in features.items()
            if (interval := getattr(self, name)) is not None
        )


def _contains(interval: Interval, value: float, slack: float, turn: float) -> bool:
    """Whether a value, or the same a turn before or after, lies between bounds moved by slack."""
    low = -math.inf if interval[0] is None else interval[0] - slack
    high = math.inf if interval[1] is None else interval[1] + slack
    return low <= value <= high or (
        turn > 0 and (low <= value - turn <= high or low <= value + turn <= high)
    )


class MoodTable(Section):
    """The whole of `moods.yaml`."""

    labels: dict[str, Point]
    eyes: Eyes
    margins: dict[Feature, float]
    moods: tuple[Row, ...]

    @model_validator(mode="after")
    def _always_a_mood(self) -> MoodTable:
        if not self.moods or any(self.moods[-1].model_dump(exclude={"mood"}).values()):
            raise ValueError("moods whose last row has no conditions")
        return self

    @classmethod
    def load(cls, path: Path = TABLE) -> MoodTable:
        """Read a table.

        Raises:
            UserError: not readable, an unknown key, mood or feature, or no row that always holds.
        """
        return read_yaml(path, cls, named_by="the program")

    def mood_of(self, features: Mapping[Feature, float], current: str = UNKNOWN) -> str:
        """The mood of these features: that of the first row that holds.

        The `current` mood is kept while one of its rows, wider by the margins, still holds and the
        first row, narrower by them, does not.
        """
        first = next(row for row in self.moods if row.holds(features, {}))
        if first.holds(features, {name: -margin for name, margin in self.margins.items()}):
            return first.mood
        rows = (row for row in self.moods if row.mood == current)
        return current if any(row.holds(features, self.margins) for row in rows) else first.mood


class Affect:
    """One visitor's valence and arousal over the last seconds, and the mood that follows.

    `add` takes the smoothed emotion of each frame, `add_eyes` each measurement of the eyes.
    """

    def __init__(self, table: MoodTable, slow_s: float) -> None:
        self.mood = UNKNOWN
        self._table = table
        self._point = ExponentialMean([0.0] * 3, slow_s)
        self._square = ExponentialMean([0.0], slow_s)
        self._closed = 0.0
        self._eyes_at: float | None = None

    @property
    def valence(self) -> float:
        """Displeasure -1 to pleasure 1, mean of the last seconds; 0 while unknown."""
        return self._point.value[0]

    @property
    def arousal(self) -> float:
        """Sleep -1 to frenzy 1, mean of the last seconds; 0 while unknown."""
        return self._point.value[1]

    def add_eyes(self, eyes_open: float, at: float) -> None:
        """Take a measurement of the eyes, 0 closed to 1 open. They count as open at first."""
        eyes = self._table.eyes
        if self._eyes_at is not None:
            seconds = min(at - self._eyes_at, LONGEST_BETWEEN_EYES_S)
            gain = 1 - math.exp(-seconds / eyes.window_s)
            self._closed += gain * ((eyes_open < eyes.closed_below) - self._closed)
        self._eyes_at = at

    def add(self, emotions: Mapping[str, float], seconds: float) -> None:
        """Take probabilities by label that held for `seconds`, already multiplied by their trust.

        A label counts by its probability beyond chance: a reading that is undecided between all
        labels lies in the middle, and not where most labels are. The mood is unknown where the
        table does not have the labels of most of the probability.
        """
        chance = 1 / max(len(emotions), 2)
        valence = arousal = dominance = known = 0.0
        for label, probability in emotions.items():
            place = self._table.labels.get(label)
            if place is not None:
                known += probability
                beyond = max(0.0, probability - chance) / (1 - chance)
                valence += beyond * place.valence
                arousal += beyond * place.arousal
                dominance += beyond * place.dominance
        if known < 0.5:
            self.mood = UNKNOWN
            return
        self._point.add((valence, arousal, dominance), seconds)
        square = (valence - self.valence) ** 2 + (arousal - self.arousal) ** 2
        self._square.add([square], seconds)
        self.mood = self._table.mood_of(self._features(), self.mood)

    def _features(self) -> dict[Feature, float]:
        valence, arousal, dominance = self._point.value
        return {
            "angle": math.degrees(math.atan2(arousal, valence)),
            "intensity": math.hypot(valence, arousal),
            "dominance": dominance,
            "movement": math.sqrt(self._square.value[0]),
            "eyes_closed": self._closed,
        }
