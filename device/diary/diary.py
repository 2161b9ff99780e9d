"""The days of a diary: what the person says, and what the device has read if they want that.

A day has at most one answer to "How was today?" (1 to 5), one reading of the device on the same
scale, and one WHO-5. Guarantees: nothing is judged; a reading that was struck is not kept.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from device.errors import UserError

ANSWERS = ("very bad", "bad", "so-so", "good", "very good")
"""To "How was today?", 1 to 5."""

QUESTIONS = 5
HIGHEST = 5
"""Of the WHO-5: five statements of 0 to 5; the score is the sum times four (Topp and others, 2015,
https://doi.org/10.1159/000376585)."""

EVERY = timedelta(days=14)
"""The statements are about the last two weeks."""

Answer = Annotated[float, Field(ge=1, le=len(ANSWERS))]
Statement = Annotated[int, Field(ge=0, le=HIGHEST)]


class Day(BaseModel):
    """What there is of a day. said, read: 1 to 5. who5: of each statement, 0 to 5."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    said: Answer | None = None
    read: Answer | None = None
    who5: tuple[Statement, Statement, Statement, Statement, Statement] | None = None

    @property
    def score(self) -> int | None:
        """The WHO-5 of this day, 0 to 100."""
        return None if self.who5 is None else sum(self.who5) * 100 // (QUESTIONS * HIGHEST)


_DAYS = TypeAdapter(dict[date, Day])


@dataclass(slots=True)
class Diary:
    """All days, by date."""

    days: dict[date, Day] = field(default_factory=dict)

    @classmethod
    def of(cls, content: bytes) -> Diary:
        """The one that `content` made; empty content: an empty one.

        Raises:
            UserError: it was made by a newer program.
        """
        try:
            return cls(_DAYS.validate_json(content) if content else {})
        except ValidationError:
            raise UserError("the diary was written by a newer Wayside: update this one") from None

    def content(self) -> bytes:
        """All of it as JSON."""
        return _DAYS.dump_json(dict(sorted(self.days.items())), exclude_none=True)

    def note(self, day: date, **changes: object) -> None:
        """Add to a day, or correct it; None strikes what was there. Keys as in `Day`."""
        known = self.days.get(day, Day())
        changed = Day.model_validate(known.model_dump() | changes)
        self.days[day] = changed
        if changed == Day():
            del self.days[day]

    def who5_is_due(self, today: date) -> bool:
        """Whether two weeks have passed since the last."""
        last = max((day for day, one in self.days.items() if one.who5), default=None)
        return last is None or today - last >= EVERY

    def table(self) -> str:
        """All days as CSV, the oldest first."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow(("date", "said", "read", *(f"who5_{n + 1}" for n in range(QUESTIONS))))
        for day, one in sorted(self.days.items()):
            writer.writerow((day, one.said, one.read, *(one.who5 or ("",) * QUESTIONS)))
        return out.getvalue()


def weeks(days: Mapping[date, Day]) -> Iterator[tuple[date, float | None, float | None]]:
    """Monday, mean of what was said and of what was read, for each week from the first to the
    last; None: nothing."""
    if not days:
        return
    monday = min(days) - timedelta(days=min(days).weekday())
    while monday <= max(days):
        of_week = [days[day] for n in range(7) if (day := monday + timedelta(days=n)) in days]
        yield monday, _mean([one.said for one in of_week]), _mean([one.read for one in of_week])
        monday += timedelta(days=7)


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
