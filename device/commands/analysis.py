"""Text and JSON of an analysis: the formatting that `look` and `preview` share.

For the operator alone. What is shown here (emotion, age, gender, a score term by term) is never
published and never logged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes typing's from Python 3.12 on

from device.corridor import Seen
from device.values import UNKNOWN, Audience, Face, Kind, Suggestion, Trust, Visitor
from device.words.words import Words


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """What was found in a file, or in one second of it.

    at: seconds into a clip; None: a picture. scale: pixels of the file to one of the frame. now:
    when the suggestions are for.
    """

    source: Path
    at: float | Literal["all"] | None
    seen: Seen
    scale: float
    suggestions: tuple[Suggestion, ...]
    now: datetime


class LookFace(TypedDict):
    """One face, and the visitor that it belongs to."""

    box: Annotated[list[float], Field(description="x, y, w, h in pixels of the file")]
    score: Annotated[float, Field(description="of the detector, 0 to 1")]
    emotion: Annotated[dict[str, float] | None, Field(description="probability of each emotion")]
    mood: str
    age: Annotated[float | None, Field(description="years")]
    age_band: str
    female: Annotated[float | None, Field(description="probability")]
    trust: Annotated[dict[str, float], Field(description="in emotion, age and gender, 0 to 1 each")]


class LookSuggestion(TypedDict):
    """One suggestion."""

    id: Annotated[str, Field(description="in the catalogue")]
    kind: Kind
    title: str
    score: float
    why: Annotated[list[str], Field(description="reasons, in words")]


class LookLine(TypedDict):
    """One line of `wayside look --json`."""

    source: Annotated[str, Field(description="path of the file")]
    at: Annotated[
        float | Literal["all"] | None,
        Field(description="seconds into a clip, `all` for the whole clip, null for a picture"),
    ]
    faces: list[LookFace]
    suggestions: Annotated[list[LookSuggestion], Field(description="best first")]


def as_json(analysis: Analysis, words: Words) -> str:
    """One line for programs, a `LookLine`."""
    line: LookLine = {
        "source": str(analysis.source),
        "at": analysis.at,
        "faces": [_face(face, v, analysis.scale) for face, v in analysis.seen.people],
        "suggestions": [
            {
                "id": suggestion.item.id,
                "kind": suggestion.item.kind,
                "title": suggestion.item.title,
                "score": round(suggestion.score, 4),
                "why": list(words.say(suggestion.why, analysis.now)),
            }
            for suggestion in analysis.suggestions
        ],
    }
    return json.dumps(line, ensure_ascii=False)


def as_text(analysis: Analysis, words: Words) -> str:
    """For a person: one line for a second of a clip, everything for a whole file."""
    people = analysis.seen.people
    if isinstance(analysis.at, float):
        visitors = "; ".join(visitor_line(visitor) for _, visitor in people) or "nobody"
        return f"{analysis.at:6.0f} s  {visitors}"
    lines = [f"{analysis.source}: {len(people)} {'face' if len(people) == 1 else 'faces'}"]
    for face, visitor in people:
        x, y, w, h = (round(n) for n in _box(face, analysis.scale))
        lines.append(f"  face {w}x{h} at {x},{y} ({face.score:.2f}): {visitor_line(visitor)}")
    if people:
        lines.append(f"  {audience_line(analysis.seen.audience)}")
    lines += [f"  {line}" for line in suggestion_lines(analysis.suggestions, words, analysis.now)]
    return "\n".join(lines)


def visitor_line(visitor: Visitor) -> str:
    """Everything reported of one visitor."""
    known = {} if visitor.emotion == UNKNOWN else visitor.emotions
    likely = sorted(known.items(), key=lambda emotion: -emotion[1])[:3]
    parts = [" ".join(f"{name} {share:.2f}" for name, share in likely) or "emotion unknown"]
    felt = f" (valence {visitor.valence:+.2f}, arousal {visitor.arousal:+.2f})"
    parts.append(f"mood {visitor.mood}" + ("" if visitor.mood == UNKNOWN else felt))
    years = "age unknown" if visitor.years is None else f"{visitor.years:.0f} years"
    parts.append(f"{years} ({visitor.age_band})")
    if visitor.female is not None:
        parts.append(f"female {visitor.female:.2f} ({visitor.gender})")
    parts.append(f"trust {trust_text(visitor.trust)}")
    return ", ".join(parts)


def trust_text(trust: Trust) -> str:
    """One number, or three where they differ."""
    by_name = {name: f"{value:.2f}" for name, value in asdict(trust).items()}
    if len(set(by_name.values())) == 1:
        return by_name["emotion"]
    return " ".join(f"{name} {value}" for name, value in by_name.items())


def audience_line(audience: Audience) -> str:
    """What the matching is given."""
    minors = ", possibly a minor" if audience.minors else ""
    return (
        f"{audience.size} {'person' if audience.size == 1 else 'people'}: mood {audience.mood}, "
        f"{audience.age_band}, {audience.gender}, {audience.company}{minors}"
    )


def suggestion_lines(
    suggestions: Sequence[Suggestion], words: Words, now: datetime
) -> Iterator[str]:
    """Two lines for each suggestion: what it is and why, and its score term by term."""
    for place, suggestion in enumerate(suggestions, 1):
        item = suggestion.item
        yield (
            f"{place}. {suggestion.score:6.3f}  {item.title} ({item.kind}, {item.category}): "
            f"{', '.join(words.say(suggestion.why, now))}"
        )
        terms = [term for term in suggestion.trace if term.value * term.weight]
        terms.sort(key=lambda term: -abs(term.value * term.weight))
        yield "           " + "  ".join(
            f"{t.name} {t.value * t.weight:+.3f} = {t.value:.2f} x {t.weight:.2f}" for t in terms
        )


def _face(face: Face, visitor: Visitor, scale: float) -> LookFace:
    return {
        "box": [round(n, 1) for n in _box(face, scale)],
        "score": round(face.score, 3),
        "emotion": {name: round(p, 4) for name, p in visitor.emotions.items()} or None,
        "mood": visitor.mood,
        "age": None if visitor.years is None else round(visitor.years, 1),
        "age_band": visitor.age_band,
        "female": None if visitor.female is None else round(visitor.female, 4),
        "trust": {name: round(value, 3) for name, value in asdict(visitor.trust).items()},
    }


def _box(face: Face, scale: float) -> tuple[float, ...]:
    """x, y, w, h in pixels of the file."""
    box = face.box
    return tuple(n * scale for n in (box.x, box.y, box.w, box.h))
