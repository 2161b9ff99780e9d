"""Readings that flicker become visitors whose states change only when the change is clear.

Guarantees: emotion, age and gender of a reading count by how long it held and by the trust in each,
whatever the frame rate; what is switched off or not seen well enough is "unknown"; everything about
a track is dropped in the first frame without it.
"""

from __future__ import annotations

import math

from device.audience.demographics import Age, GenderMean
from device.audience.emotion import SEEN_S, Emotion, ExponentialMean
from device.audience.mood import Affect, MoodTable
from device.config import AudienceConfig
from device.values import MOODS, UNKNOWN, Box, Observation, Reading, Track, Trust, Visitor

FIRST_S = 1 / 15
"""Seconds for which a track's first reading counts: a frame of the configured camera."""

LONGEST_S = 0.5
"""A reading counts for the time since the one before it, but never for more than this."""

TRUST_SLACK = 0.15
"""Share of `audience.least_trust` by which trust may fall below it once a state is reported."""


class Smoother:
    """Smooths the readings of every track, and the observations of every other sensor."""

    def __init__(self, config: AudienceConfig, table: MoodTable | None = None) -> None:
        """table: `moods.yaml` where none is given.

        Raises:
            UserError: the table cannot be read.
        """
        self._config = config
        self._table = table or MoodTable.load()
        self._people: dict[str, _Person] = {}
        self._sensed: dict[str, _Person] = {}

    def update(
        self,
        tracks: tuple[Track, ...],
        readings: tuple[Reading, ...],
        at: float,
        frame_height: float,
    ) -> tuple[Visitor, ...]:
        """One visitor for each track, in its order; call it once a frame.

        at: monotonic seconds. frame_height: pixels. A track without a reading in this frame keeps
        its state for `LONGEST_S`.
        """
        self._people = {
            track.id: self._people.get(track.id) or _Person(self._config, self._table, at)
            for track in tracks
        }
        for track in tracks:
            person = self._people[track.id]
            if track.fresh or person.place is None:
                person.place = track.face.box.scaled(1 / frame_height)
        for reading in readings:
            if reading.track_id in self._people:
                self._people[reading.track_id].add(reading)
        return tuple(
            self._people[track.id].visitor(track.id, at, track.face.box.h / frame_height)
            for track in tracks
        )

    def observe(self, observations: tuple[Observation, ...], at: float) -> tuple[Visitor, ...]:
        """What each sensor other than the camera reports of the people there, as a visitor.

        at: monotonic seconds. A sensor is dropped `LONGEST_S` after its last observation.
        """
        for seen in observations:
            person = self._sensed.setdefault(
                seen.source, _Person(self._config, self._table, seen.at)
            )
            person.add(
                Reading(
                    *(seen.source, seen.at, seen.labels, seen.emotion, seen.age, seen.female),
                    eyes_open=None,
                    trust=Trust.same(seen.trust),
                )
            )
            person.nearness = seen.weight
        self._sensed = {s: p for s, p in self._sensed.items() if at - p.read_at <= LONGEST_S}
        return tuple(p.visitor(s, at, p.nearness) for s, p in self._sensed.items())

    def clear(self) -> None:
        """Forget everybody at once."""
        self._people, self._sensed = {}, {}


class _Person:
    """What is known of one track, or by one sensor. read_at: monotonic seconds. place: where the
    face was last detected, in heights of the frame."""

    def __init__(self, config: AudienceConfig, table: MoodTable, at: float) -> None:
        self.read_at = -math.inf
        self.nearness = 1.0
        self.place: Box | None = None
        self._config = config
        self._since = at
        self._seen_s = 0.0
        self._trust = ExponentialMean([0.0] * 3, config.smoothing_s)
        self._known = False
        self._emotion: Emotion | None = None
        self._affect = Affect(table, config.slow_s)
        self._age = Age()
        self._gender = GenderMean()

    def add(self, reading: Reading) -> None:
        """Take one reading."""
        elapsed = FIRST_S
        if self.read_at > -math.inf:
            elapsed = min(reading.at - self.read_at, LONGEST_S)
        self.read_at = reading.at
        trust, least = reading.trust, self._config.least_trust
        self._update_trust(trust, elapsed)
        if reading.eyes_open is not None:
            self._affect.add_eyes(reading.eyes_open, reading.at)
        if reading.age is not None and trust.age >= least:
            self._age.add(reading.age, elapsed * trust.age)
        if reading.female is not None and trust.gender >= least:
            self._gender.add(reading.female, elapsed * trust.gender)
        if reading.emotion is not None:
            if self._emotion is None:
                self._emotion = Emotion(reading.labels, self._config)
            self._emotion.add(reading.emotion, elapsed * trust.emotion)
            self._affect.add(self._emotion.by_label(), elapsed * trust.emotion)

    def _update_trust(self, trust: Trust, elapsed: float) -> None:
        """Decide whether emotion and mood can be reported now; once they are, less trust is
        enough."""
        self._seen_s += trust.emotion * elapsed
        self._trust.add((trust.emotion, trust.age, trust.gender), elapsed)
        bound = self._config.least_trust * (1 - TRUST_SLACK * self._known)
        smoothed = Trust(*self._trust.value)
        self._known = self._seen_s >= SEEN_S and smoothed.emotion >= bound

    def visitor(self, track_id: str, at: float, nearness: float) -> Visitor:
        """What is reported of this person now."""
        known = self._emotion is not None and self._known and at - self.read_at <= LONGEST_S
        emotion = self._emotion.label if self._emotion and known else UNKNOWN
        mood = self._affect.mood if known else UNKNOWN
        if known and self._emotion and set(self._emotion.labels) <= set(MOODS):
            mood = emotion
        return Visitor(
            track_id=track_id,
            emotion=emotion,
            emotions=self._emotion.by_label() if self._emotion else {},
            mood=mood,
            valence=self._affect.valence,
            arousal=self._affect.arousal,
            years=self._age.years,
            age_band=self._age.band,
            female=self._gender.female,
            gender=self._gender.gender,
            trust=Trust(*self._trust.value),
            nearness=nearness,
            since=self._since,
            may_be_minor=self._age.may_be_minor,
            place=self.place,
        )
