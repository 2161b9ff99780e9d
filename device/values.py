"""The values that pass along the corridor, from a camera's frame to a suggestion.

All are frozen: a step takes the value on its left and returns the one on its right. None of them is
written to disk. A `Frame` lasts until the camera overwrites it; everything known about a person is
dropped with the track.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

# Named again, so that the rooms of the corridor import everything from here.
# isort: off
from device.names import (
    ACCESS as ACCESS,
    ADULT_AT as ADULT_AT,
    AGE_BAND_STARTS as AGE_BAND_STARTS,
    AGE_BANDS as AGE_BANDS,
    EMOTIONS as EMOTIONS,
    GUESTS as GUESTS,
    KINDS as KINDS,
    MOODS as MOODS,
    UNKNOWN as UNKNOWN,
    Access as Access,
    AgeBand as AgeBand,
    Company as Company,
    Gender as Gender,
    Guest as Guest,
    ItemVerdict as ItemVerdict,
    Kind as Kind,
    KnownGender as KnownGender,
    Mood as Mood,
    ReasonCode as ReasonCode,
    ScreenState as ScreenState,
    SomeCompany as SomeCompany,
)

# isort: on

Image: TypeAlias = NDArray[np.uint8]
Floats: TypeAlias = NDArray[np.float32]

AGE_YEARS = np.arange(0, 101, 5, dtype=np.float32)
"""Centres of the bins of an age distribution, in years: shape (21,), 0, 5, ... 100."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One picture. Either array may be a view of the camera's buffer: copy what is kept.

    grey: (H, W) uint8 luma. rgb: (H, W, 3) uint8. at: monotonic seconds.
    """

    grey: Image
    rgb: Image
    at: float


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in pixels of the frame, which may reach beyond its edges."""

    x: float
    y: float
    w: float
    h: float

    @property
    def centre(self) -> tuple[float, float]:
        """Middle of the box, (x, y) in pixels."""
        return self.x + self.w / 2, self.y + self.h / 2

    def iou(self, other: Box) -> float:
        """Intersection over union with another box, 0 to 1."""
        across = min(self.x + self.w, other.x + other.w) - max(self.x, other.x)
        down = min(self.y + self.h, other.y + other.h) - max(self.y, other.y)
        if across <= 0 or down <= 0:
            return 0.0
        shared = across * down
        return shared / (self.w * self.h + other.w * other.h - shared)

    def scaled(self, by: float) -> Box:
        """The same rectangle in other units."""
        return Box(self.x * by, self.y * by, self.w * by, self.h * by)


@dataclass(frozen=True, slots=True)
class KeypointLayout:
    """Which keypoints a detector gives, and where its box and they lie on a face.

    Each detector declares one, and cropping, trust and the mesh model's view follow it. Right and
    left are the person's own.

    eyes: rows of the right and the left eye. nose: row of its tip. sides: rows of two points to
    the right and left of the nose, between which it lies in a frontal face. turned: distance of
    the nose from their middle, as a share of half their distance, from which trust falls and at
    which it is 0. crop_side: side of the square crop, in root mean square radii of the keypoints;
    crop_rise: how far its centre lies above their mean, likewise. mesh_side: side of the mesh
    model's view, in sides of the box.
    """

    eyes: tuple[int, int]
    nose: int
    sides: tuple[int, int]
    turned: tuple[float, float]
    crop_side: float
    crop_rise: float
    mesh_side: float


@dataclass(frozen=True, slots=True, eq=False)
class Face:
    """A face found in a frame.

    keypoints: (K, 2) float32 pixels, in rows that `layout` names. score: the detector's, 0 to 1.
    """

    box: Box
    keypoints: Floats
    score: float
    layout: KeypointLayout


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One person's face over time. id: random, dropped with the track. age: frames since it began.

    fresh: whether the detector saw the face in this frame, or it is carried on from an earlier one.
    eyes_open: 0 closed to 1 open, as last measured; None where they were not. still: whether this
    is a picture of a face, which is no visitor.
    """

    id: str
    face: Face
    age: int
    fresh: bool = True
    eyes_open: float | None = None
    still: bool = False


@dataclass(frozen=True, slots=True)
class Trust:
    """Trust in what is read of a face, 0 to 1 each: a covered mouth hides emotion, but not age."""

    emotion: float
    age: float
    gender: float

    @classmethod
    def same(cls, trust: float) -> Trust:
        """The same trust in everything."""
        return cls(trust, trust, trust)


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """The models' output for one track in one frame. What is switched off or not known is None.

    labels: the classes of `emotion`, as the model's card lists them.
    emotion: probabilities, shape (len(labels),), float32, sum 1.
    age: probabilities over `AGE_YEARS`, shape (21,), float32, sum 1.
    female: P(female), 0 to 1. eyes_open: 0 closed to 1 open.
    trust: from the face's size, sharpness and pose.
    """

    track_id: str
    at: float
    labels: tuple[str, ...]
    emotion: Floats | None
    age: Floats | None
    female: float | None
    eyes_open: float | None
    trust: Trust


@dataclass(frozen=True, slots=True, eq=False)
class Observation:
    """What a sensor other than the camera reports of the people there, as one. Not known is None.

    It needs neither a frame nor a track. A sensor repeats it twice a second while it holds.

    source: name of the sensor. at: monotonic seconds. labels, emotion, age, female: as in a
    `Reading`. trust: of all this, 0 to 1. weight: beside that of the nearest visitor.
    """

    source: str
    at: float
    labels: tuple[str, ...]
    emotion: Floats | None = None
    age: Floats | None = None
    female: float | None = None
    trust: float = 1.0
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Visitor:
    """The smoothed reading of one track. Every state may be `UNKNOWN`.

    emotions: smoothed probabilities by label. valence, arousal: -1 to 1. since: monotonic seconds
    at which the track began. nearness: height of the face as a share of the frame's. trust:
    smoothed. may_be_minor: true until the age is clearly an adult's. place: the face as last
    detected, in heights of the frame; None: no camera sees them.
    """

    track_id: str
    emotion: str
    emotions: Mapping[str, float]
    mood: str
    valence: float
    arousal: float
    years: float | None
    age_band: str
    female: float | None
    gender: Gender
    trust: Trust
    nearness: float
    since: float
    may_be_minor: bool = True
    place: Box | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Audience:
    """The visitors who are there now, as one: what suggestions are matched with.

    mood, age_band, gender: of the visitors who count, `UNKNOWN` where they differ too much.
    minors: whether one of them may be a minor, so that only what suits all ages is suggested.
    still: ids of tracks that have turned out to be pictures of faces.
    """

    visitors: tuple[Visitor, ...] = ()
    size: int = 0
    mood: str = UNKNOWN
    emotion: str = UNKNOWN
    valence: float = 0.0
    arousal: float = 0.0
    age_band: str = UNKNOWN
    gender: Gender = "unknown"
    company: Company = "nobody"
    minors: bool = False
    still: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """A row of the catalogue: a place, film, song, activity or event. Empty means not known.

    latitude, longitude: degrees, WGS 84. hours: OpenStreetMap's `opening_hours` syntax.
    minimum_age: years. popularity: 0 to 1 within its kind. stay: usual minutes. suits: for whom.
    valence, arousal: -1 to 1, the mood that it suits. wikidata: its item there, such as `Q42`.
    begins, ends: aware times, of events alone; it ends after it begins. series: equal for the dates
    of one repeating event. credit: what must be shown beside it. about: two lines about it.
    titles, abouts: the title, and what is about it, in other languages, by their codes (ISO 639-1,
    such as `fi`).
    """

    id: str
    kind: Kind
    title: str
    category: str
    tags: tuple[str, ...] = ()
    creator: str = ""
    year: int | None = None
    latitude: float | None = None
    longitude: float | None = None
    address: str = ""
    hours: str = ""
    price: str = ""
    minimum_age: int = 0
    popularity: float | None = None
    link: str = ""
    picture: str = ""
    stay: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    series: str = ""
    suits: tuple[Guest, ...] = ()
    valence: float | None = None
    arousal: float | None = None
    wheelchair: Access | None = None
    wikidata: str = ""
    source: str = ""
    credit: str = ""
    about: str = ""
    titles: Mapping[str, str] = field(default_factory=dict, hash=False)
    abouts: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a score, for the operator alone: its name, its value and its weight."""

    name: str
    value: float
    weight: float


@dataclass(frozen=True, slots=True)
class Reason:
    """Why an item is suggested: a fact of the item. `device/words` makes words of it.

    argument of `when`: from when to when in local time, an ISO 8601 interval such as
    `2026-12-01T19:00+02:00/2026-12-01T21:00+02:00`. Of `tag`: a tag or category. Of `distance`:
    metres. Of `open_until`: local time as `HH:MM`. Of `decade`: its first year. Of the others:
    None. `always_open`: for a day or more.
    """

    code: ReasonCode
    argument: str | int | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An item, its score, why it is suggested, and the terms of the score for the operator.

    distance_m, walk_min: metres, and minutes on foot, from the kiosk; None: not known. route: the
    address of the way there for a phone; empty: not known. hours: when it is open today, local
    time, such as `09:00-17:00`; None: not known. way: the way on foot there as an encoded polyline;
    empty: not known. bearing: degrees from north, clockwise.
    """

    item: Item
    score: float
    why: tuple[Reason, ...]
    distance_m: float | None = None
    walk_min: float | None = None
    route: str = ""
    trace: tuple[Term, ...] = ()
    hours: tuple[str, ...] | None = None
    way: str = ""
    bearing: float | None = None


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A place that is open now. until: local time as `HH:MM`. walk_min: minutes on foot from the
    kiosk; None: not known."""

    item: Item
    until: str
    walk_min: float | None = None


@dataclass(frozen=True, slots=True)
class Sky:
    """The weather of the site, while it is known to hold. condition: a word such as `rain`.
    celsius: degrees; None: not known."""

    condition: str
    celsius: float | None = None


@dataclass(frozen=True, slots=True)
class Around:
    """What the resting screen tells of the place, the same for everybody.

    clock: whether the time of day is known.
    """

    clock: bool = False
    sky: Sky | None = None
    open_places: tuple[OpenPlace, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Screen:
    """What the screen shows. since: monotonic seconds. serial: increases with every change.
    around: while it rests."""

    state: ScreenState = "resting"
    suggestions: tuple[Suggestion, ...] = ()
    since: float = 0.0
    serial: int = 0
    around: Around | None = None


@dataclass(frozen=True, slots=True)
class Touch:
    """A touch on an item of the page."""

    item_id: str
    verdict: ItemVerdict


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asked aloud for, and confirmed.

    thing: as it was said, in the language that is heard; empty: anything. features: kinds,
    categories and tags any of which is it.
    """

    thing: str = ""
    features: tuple[str, ...] = ()
    open_now: bool = False
    near: bool = False
    quiet: bool = False
    children: bool = False


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of an item: on how many screens it stood, and on how many somebody chose or liked
    it; a refusal counts as another screen. They fade, so that they are not whole."""

    shown: float = 0
    liked: float = 0


@dataclass(frozen=True, slots=True)
class Context:
    """Everything from outside besides the picture; the kiosk adds it in each turn.

    at: monotonic seconds. now: local time, None until the clock can be trusted. weather: a word.
    sky: the same, to be shown; None: not known, or not for how long.
    page_alive: a page reports that it shows the notice. asleep: the screen is off. hot: the board
    is about to throttle. used: somebody has touched the screen, or pressed a key or a button of it.
    recent: ids of items shown lately, each with a discount, 0 to 1. draw: decides among equals.
    tried: by id of item. table: how often the table of items has been replaced since the start.
    request: what somebody there has asked for aloud.
    """

    at: float
    now: datetime | None = None
    weather: str = UNKNOWN
    sky: Sky | None = None
    page_alive: bool = False
    opted_out: bool = False
    asleep: bool = False
    hot: bool = False
    touches: tuple[Touch, ...] = field(default=())
    used: bool = False
    recent: tuple[tuple[str, float], ...] = ()
    draw: int = 0
    tried: Mapping[str, Tried] = field(default_factory=dict, hash=False)
    table: int = 0
    request: Request | None = None
