"""The operator's view of the corridor: the same steps, with all that lies between them.

For `look` and `preview` alone. What is told here (emotion, age, gender, a score term by term) is
never published and never logged.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from device.corridor import Seen
from device.values import Audience, Suggestion, Visitor


@dataclass(frozen=True, slots=True, eq=False)
class Sight:
    """What is told of a file, or of a moment of it.

    at: seconds into a clip, or None. scale: pixels of the file to one of the frame.
    """

    source: Path
    at: float | Literal["all"] | None
    seen: Seen
    scale: float
    suggestions: tuple[Suggestion, ...]


def person_line(visitor: Visitor) -> str:
    """All that is told of one visitor."""
    likely = sorted(visitor.emotions.items(), key=lambda emotion: -emotion[1])[:3]
    parts = [" ".join(f"{name} {share:.2f}" for name, share in likely) or "emotion not read"]
    parts.append(f"mood {visitor.mood}")
    years = "age not told" if visitor.years is None else f"{visitor.years:.0f} years"
    parts.append(f"{years} ({visitor.age_band})")
    if visitor.female is not None:
        parts.append(f"female {visitor.female:.2f} ({visitor.gender})")
    parts.append(f"trust {visitor.trust:.2f}")
    return ", ".join(parts)


def audience_line(audience: Audience) -> str:
    """All that the matching is asked about."""
    minors = ", a minor may be there" if audience.minors else ""
    return (
        f"{audience.size} {'person' if audience.size == 1 else 'people'}: mood {audience.mood}, "
        f"{audience.age_band}, {audience.gender}, {audience.company}{minors}"
    )


def suggestion_lines(suggestions: Sequence[Suggestion]) -> Iterator[str]:
    """Two lines a suggestion: what it is and why, and its score term by term."""
    for place, suggestion in enumerate(suggestions, 1):
        item = suggestion.item
        yield (
            f"{place}. {suggestion.score:6.3f}  {item.title} ({item.kind}, {item.category}): "
            f"{', '.join(suggestion.why)}"
        )
        # A term that counted nothing is no reason.
        told = [t for t in suggestion.trace if t.value * t.weight]
        told.sort(key=lambda term: -abs(term.value * term.weight))
        yield "           " + "  ".join(
            f"{t.name} {t.value * t.weight:+.3f} = {t.value:.2f} x {t.weight:.2f}" for t in told
        )


def as_json(sight: Sight) -> str:
    """One line for programs; boxes are in the file's own pixels."""
    return json.dumps(
        {
            "source": str(sight.source),
            "at": sight.at,
            "faces": [
                {
                    "box": [
                        round(side * sight.scale, 1)
                        for side in (face.box.x, face.box.y, face.box.w, face.box.h)
                    ],
                    "score": round(face.score, 3),
                    "emotion": {name: round(p, 4) for name, p in visitor.emotions.items()} or None,
                    "mood": visitor.mood,
                    "age": None if visitor.years is None else round(visitor.years, 1),
                    "age_band": visitor.age_band,
                    "female": None if visitor.female is None else round(visitor.female, 4),
                }
                for face, visitor in sight.seen.people
            ],
            "suggestions": [
                {
                    "id": suggestion.item.id,
                    "kind": suggestion.item.kind,
                    "title": suggestion.item.title,
                    "score": round(suggestion.score, 4),
                    "why": list(suggestion.why),
                }
                for suggestion in sight.suggestions
            ],
        },
        ensure_ascii=False,
    )


def as_text(sight: Sight) -> str:
    """For a person: a line for a second of a clip, all that is known for a whole file."""
    people = sight.seen.people
    if isinstance(sight.at, float):
        told = "; ".join(person_line(visitor) for _, visitor in people) or "nobody"
        return f"{sight.at:6.0f} s  {told}"
    lines = [f"{sight.source}: {len(people)} {'face' if len(people) == 1 else 'faces'}"]
    for face, visitor in people:
        x, y, w, h = (
            round(n * sight.scale) for n in (face.box.x, face.box.y, face.box.w, face.box.h)
        )
        lines.append(f"  face {w}x{h} at {x},{y} ({face.score:.2f}): {person_line(visitor)}")
    if people:
        lines.append(f"  {audience_line(sight.seen.audience)}")
    lines += [f"  {line}" for line in suggestion_lines(sight.suggestions)]
    return "\n".join(lines)
