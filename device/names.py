"""The product's own words: emotions, moods, kinds, verdicts. They need no numpy.

`device.values` has them all too; a program that must stay small, such as the agent of a fleet,
imports them from here.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

UNKNOWN = "unknown"

EMOTIONS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
"""The seven classes of FER-2013, in the order of its labels."""

Mood: TypeAlias = Literal[
    "happy", "excited", "neutral", "bored", "exhausted", "sad", "worried", "frustrated"
]
MOODS: tuple[str, ...] = get_args(Mood)
"""The eight moods of EmoPOI."""

ADULT_AT = 18
"""Age of majority, years: whoever may be younger gets what suits all ages, and is not counted."""

AgeBand: TypeAlias = Literal["child", "teen", "young", "adult", "middle", "senior"]
AGE_BANDS: tuple[str, ...] = get_args(AgeBand)
AGE_BAND_STARTS = (0, 13, ADULT_AT, 30, 44, 60)
"""Lower bounds of `AGE_BANDS`, in years."""

KnownGender: TypeAlias = Literal["female", "male"]
Gender: TypeAlias = Literal[KnownGender, "unknown"]
SomeCompany: TypeAlias = Literal["alone", "couple", "family", "friends"]
Company: TypeAlias = Literal["nobody", SomeCompany]
ItemVerdict: TypeAlias = Literal["chosen", "liked", "not_for_me", "scanned"]
Guest: TypeAlias = Literal["children", SomeCompany]
Access: TypeAlias = Literal["yes", "limited", "no"]
Kind: TypeAlias = Literal["place", "film", "song", "activity", "event"]
ScreenState: TypeAlias = Literal["resting", "showing", "opted_out"]

PageAction: TypeAlias = Literal["next", "open", "language", "speech"]
Action: TypeAlias = Literal[PageAction, "opt_out"]
"""What keys and buttons do at a screen that is not touched."""

KINDS: tuple[Kind, ...] = get_args(Kind)
GUESTS: tuple[Guest, ...] = get_args(Guest)
ACCESS: tuple[Access, ...] = get_args(Access)

ReasonCode: TypeAlias = Literal[
    "when", "tag", "distance", "open_until", "always_open", "hours_unknown", "decade", "well_known"
]
