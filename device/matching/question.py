"""What is asked of the catalogue: all of an audience and its context that an answer depends on.

Equal questions have equal answers, so the last answer can be kept. Guarantee: who may be a minor,
or is not known, has 0 years.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from device.values import (
    ADULT_AT,
    AGE_BAND_STARTS,
    AGE_BANDS,
    UNKNOWN,
    Audience,
    Context,
    Request,
)

STEP_MIN = 5
"""The clock is read in steps of this many minutes, so that an answer can be kept."""


def certain_years(audience: Audience) -> int:
    """Years that everybody who counts certainly has; 0 where somebody may be a minor.

    Where there is no visitor, or an age is not known, somebody may be a minor.
    """
    bands = [visitor.age_band for visitor in audience.visitors] or [UNKNOWN]
    if audience.age_band != UNKNOWN:
        bands = [audience.age_band]
    starts = dict(zip(AGE_BANDS, AGE_BAND_STARTS, strict=True))
    years = min(starts.get(band, 0) for band in bands)
    return years if audience.size and not audience.minors and years >= ADULT_AT else 0


@dataclass(frozen=True, slots=True)
class Question:
    """now: local time, the beginning of a step of `STEP_MIN`."""

    mood: str
    emotion: str
    age_band: str
    gender: str
    company: str
    years: int
    now: datetime | None
    weather: str
    recent: tuple[tuple[str, float], ...] = ()
    draw: int = 0
    request: Request | None = None

    @classmethod
    def of(cls, audience: Audience, context: Context, *, by_gender: bool) -> Question:
        """What this audience asks now. by_gender: whether its gender counts. Whoever asks for
        children is a family, and not all of it is of age."""
        now, request = context.now, context.request
        for_children = request is not None and request.children
        if now is not None:
            now = now.replace(minute=now.minute // STEP_MIN * STEP_MIN, second=0, microsecond=0)
        return cls(
            mood=audience.mood,
            emotion=audience.emotion,
            age_band=audience.age_band,
            gender=audience.gender if by_gender else UNKNOWN,
            company="family" if for_children else audience.company,
            years=0 if for_children else certain_years(audience),
            now=now,
            weather=context.weather,
            recent=context.recent,
            draw=context.draw,
            request=request,
        )
