"""Readings that flicker become visitors whose states change only when they have clearly changed.

Promises: what counts is how long something was seen and how far it can be trusted, not how many
frames it took; what is switched off or not seen well enough is "unknown"; everything about a track
is dropped in the first frame without it.
"""

from __future__ import annotations

import math

import numpy as np

from device.audience.age import Age
from device.audience.emotion import SEEN_S, Emotion
from device.audience.gender import GenderMean
from device.audience.means import ExponentialMean
from device.audience.mood import Feeling, MoodTable
from device.config import AudienceConfig
from device.values import MOODS, UNKNOWN, Reading, Track, Visitor

FIRST_S = 1 / 15
"""Seconds that the first reading of a track stands for: a frame of the configured camera."""

LONGEST_S = 0.5
"""A reading stands for the time since the one before it, but never for more than this."""

TRUST_SLACK = 0.15
"""Share of `audience.least_trust` by which trust may fall short once somebody is told."""


class Smoother:
    """Follows every track's readings. `update` once a frame."""

    def __init__(self, config: AudienceConfig, table: MoodTable | None = None) -> None:
        """table: `moods.yaml` where none is given.

        Raises:
            UserError: the table cannot be read.
        """
        self._config = config
        self._table = table or MoodTable.load()
        self._people: dict[str, _Person] = {}

    def update(
        self,
        tracks: tuple[Track, ...],
        readings: tuple[Reading, ...],
        at: float,
        frame_height: float,
    ) -> tuple[Visitor, ...]:
        """One visitor for each track, in its order.

        at: monotonic seconds. frame_height: pixels. A track without a reading in this frame keeps
        its state for a while.
        """
        self._people = {
            track.id: self._people.get(track.id) or _Person(self._config, self._table, at)
            for track in tracks
        }
        for reading in readings:
            if reading.track_id in self._people:
                self._people[reading.track_id].see(reading)
        return tuple(
            self._people[track.id].visitor(track.id, at, track.face.box.h / frame_height)
            for track in tracks
        )


class _Person:
    """What is known of one track."""

    def __init__(self, config: AudienceConfig, table: MoodTable, at: float) -> None:
        self._config = config
        self._since = at
        self._read_at: float | None = None
        self._seen_s = 0.0
        self._trust = ExponentialMean(np.zeros(()), config.smoothing_s)
        self._known = False
        self._emotion: Emotion | None = None
        self._feeling = Feeling(table, config.slow_s)
        self._age = Age()
        self._gender = GenderMean()

    def see(self, reading: Reading) -> None:
        """Take one reading."""
        elapsed = FIRST_S
        if self._read_at is not None:
            elapsed = min(reading.at - self._read_at, LONGEST_S)
        self._read_at = reading.at
        seconds = elapsed * reading.trust
        self._believe(reading.trust, elapsed)
        if reading.eyes_open is not None:
            self._feeling.see_eyes(reading.eyes_open, reading.at)
        if reading.trust >= self._config.least_trust:
            if reading.age is not None:
                self._age.see(reading.age, seconds)
            if reading.female is not None:
                self._gender.see(reading.female, seconds)
        if reading.emotion is not None:
            if self._emotion is None:
                self._emotion = Emotion(reading.labels, self._config)
            self._emotion.see(reading.emotion, seconds)
            self._feeling.feel(self._emotion.by_label(), seconds)

    def _believe(self, trust: float, elapsed: float) -> None:
        """Decide whether what is seen now can be told; once told, it takes less to go on."""
        self._seen_s += trust * elapsed
        self._trust.add(np.asarray(trust), elapsed)
        bound = self._config.least_trust * (1 - TRUST_SLACK * self._known)
        self._known = self._seen_s >= SEEN_S and float(self._trust.value) >= bound

    def visitor(self, track_id: str, at: float, nearness: float) -> Visitor:
        """What may be told of this person now."""
        unread_s = math.inf if self._read_at is None else at - self._read_at
        known = self._emotion is not None and self._known and unread_s <= LONGEST_S
        emotion = self._emotion.label if self._emotion and known else UNKNOWN
        mood = self._feeling.mood if known else UNKNOWN
        if known and self._emotion and set(self._emotion.labels) <= set(MOODS):
            mood = emotion
        return Visitor(
            track_id=track_id,
            emotion=emotion,
            emotions=self._emotion.by_label() if self._emotion else {},
            mood=mood,
            valence=self._feeling.valence,
            arousal=self._feeling.arousal,
            years=self._age.years,
            age_band=self._age.band,
            female=self._gender.female,
            gender=self._gender.gender,
            trust=float(self._trust.value),
            nearness=nearness,
            since=self._since,
            may_be_minor=self._age.may_be_minor,
        )
