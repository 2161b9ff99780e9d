"""Synthetic people, as readings and as visitors."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from types import FunctionType, ModuleType

import numpy as np

from device.audience.smoothing import Smoother
from device.faces.blazeface import KEYPOINTS
from device.values import (
    AGE_YEARS,
    EMOTIONS,
    Box,
    Face,
    Floats,
    Item,
    Reading,
    Suggestion,
    Track,
    Trust,
    Visitor,
)

HEIGHT = 480


def emotions(labels: tuple[str, ...] = EMOTIONS, **known: float) -> Floats:
    """Probabilities with these, and the rest shared by the other labels."""
    rest = (1 - sum(known.values())) / max(len(labels) - len(known), 1)
    return np.array([known.get(label, rest) for label in labels], np.float32)


def years(mean: float, spread: float = 5.0) -> Floats:
    """An age distribution, shape (21,)."""
    bell = np.exp(-(((AGE_YEARS - mean) / spread) ** 2) / 2)
    return (bell / bell.sum()).astype(np.float32)


def track(track_id: str = "a", size: float = 120.0) -> Track:
    face = Face(Box(100, 100, size, size), np.zeros((6, 2), np.float32), 0.9, KEYPOINTS)
    return Track(track_id, face, 5)


def reading(
    at: float,
    emotion: Floats | None,
    *,
    track_id: str = "a",
    age: Floats | None = None,
    female: float | None = None,
    eyes_open: float | None = None,
    trust: Trust | float = 1.0,
    labels: tuple[str, ...] = EMOTIONS,
) -> Reading:
    trust = trust if isinstance(trust, Trust) else Trust.same(trust)
    return Reading(track_id, at, labels, emotion, age, female, eyes_open, trust)


def visitor(
    track_id: str = "a",
    *,
    mood: str = "happy",
    age: float | None = 35.0,
    band: str = "adult",
    since: float = 0.0,
    nearness: float = 0.3,
    trust: Trust | float = 1.0,
    minor: bool = False,
    gender: str = "unknown",
    place: Box | None = None,
) -> Visitor:
    """A visitor who stands still. place: in heights of the frame; without one, each first letter of
    an id has its own."""
    return Visitor(
        track_id=track_id,
        emotion="happy",
        emotions={"happy": 1.0},
        mood=mood,
        valence=0.5,
        arousal=0.3,
        years=age,
        age_band=band,
        female=None,
        gender=gender,  # type: ignore[arg-type]
        trust=trust if isinstance(trust, Trust) else Trust.same(trust),
        nearness=nearness,
        since=since,
        may_be_minor=minor,
        place=place or place_of(track_id),
    )


def place_of(track_id: str) -> Box:
    """Where a visitor of this id stands, beside all of other first letters."""
    return Box(float(ord(track_id[0]) - ord("a")), 0.3, 0.3, 0.3)


def watch(
    smoother: Smoother,
    changes: Mapping[float, Floats] | list[tuple[float, Floats]],
    fps: float,
    seconds: float,
    **about: object,
) -> list[tuple[float, Visitor]]:
    """Show one face whose emotion changes at the given times; the visitor at each frame."""
    ordered = sorted(dict(changes).items())
    reported = []
    for frame in range(round(seconds * fps)):
        at = 100 + frame / fps
        emotion = [e for begins, e in ordered if begins <= frame / fps + 1e-9][-1]
        newest = reading(at, emotion, **about)  # type: ignore[arg-type]
        reported.append((frame / fps, smoother.update((track(),), (newest,), at, HEIGHT)[0]))
    return reported


def suggestion(name: str) -> Suggestion:
    return Suggestion(Item(name, "film", name.title(), "comedy"), 1.0, ("short",))


def suggestions(names: str) -> tuple[Suggestion, ...]:
    return tuple(suggestion(name) for name in names)


def reachable(root: object) -> list[object]:
    """Everything that an object holds, directly or through what it holds, except code."""
    seen: dict[int, object] = {}
    waiting = [root]
    while waiting:
        thing = waiting.pop()
        if id(thing) in seen or isinstance(thing, type | ModuleType | FunctionType):
            continue
        seen[id(thing)] = thing
        waiting += gc.get_referents(thing)
        if isinstance(thing, dict):  # whose keys the collector passes over where they are strings
            waiting += thing.keys()
    return list(seen.values())


def holds(root: object, text: str) -> bool:
    """Whether some string that an object holds contains this text."""
    return any(isinstance(thing, str) and text in thing for thing in reachable(root))
