"""Who is counted, and when: visitors on leaving, and touches.

Guarantees: a visitor who may be a minor, or who has opted out, is in no count of visitors. A touch
is nobody's age: it is counted whoever is there, and so is the screen that it is of; what happens
while somebody has opted out is not. What is counted, and what of it leaves the kiosk, is the
ledger's: `device/session/ledger.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from device.config import PrivacyConfig
from device.messaging.messages import Counts as HourCounts
from device.messaging.messages import Touches
from device.session.kept import KeptFile
from device.session.ledger import Ledger
from device.session.trend import Span
from device.values import Audience, Context, Tried, Visitor

HOUR_S = 3600.0

STAY_S = 2.0
"""A person who stays for less is a passer-by, not a visitor."""

WORKS_S = 600.0
"""A person who stays for longer works there, or waits, and is no visitor."""

GONE_S = 2.0
"""A visitor who has not been seen for this long has left."""


@dataclass(slots=True)
class _Stay:
    """A visitor who is there: as last seen, when (monotonic seconds), and how long so far."""

    visitor: Visitor
    company: str
    seen_at: float
    seconds: float = 0.0


class Counts:
    """Counts visitors and touches into a ledger.

    A visitor is counted on leaving, as last seen; one whose face has turned out to be still is not.
    Hours begin with the first update and are measured on the monotonic clock.
    """

    def __init__(
        self,
        config: PrivacyConfig,
        state: Path | None = None,
        open_at: Callable[[datetime], bool] = lambda now: True,
    ) -> None:
        """state: folder of what is kept over a restart; None: nothing is. open_at: whether the
        hours of `trend_hours` hold at a local time."""
        self._on, self._trend, self._open_at = config.counts, config.trend, open_at
        self._began: float | None = None
        self._file = KeptFile(state if config.counts else None)
        self._ledger = Ledger(config.smallest_cell, self._file.read())
        self._written = 0  # changes of the ledger that are in the file
        self._stays: dict[str, _Stay] = {}
        self._used = False  # whether somebody was there, or touched, at the present screen

    @property
    def tried(self) -> Mapping[str, Tried]:
        """What became of each item, by id."""
        return self._ledger.tried

    def update(self, audience: Audience, context: Context, shown: tuple[str, ...] = ()) -> None:
        """Take the audience of now. While somebody has opted out, nobody is counted.

        shown: ids of the items of a screen that counts as shown now.
        """
        at = context.at
        if self._began is None:
            self._began = at
        if not self._on:
            return
        if context.opted_out:
            self._stays.clear()
            self._used = False
            return
        for visitor in audience.visitors:
            stay = self._stays.setdefault(
                visitor.track_id, _Stay(visitor, audience.company, seen_at=at)
            )
            stay.visitor, stay.company = visitor, audience.company
            stay.seconds += at - stay.seen_at
            stay.seen_at = at
        for track_id in audience.still:
            self._stays.pop(track_id, None)
        for track_id in [t for t, stay in self._stays.items() if at - stay.seen_at >= GONE_S]:
            stay = self._stays.pop(track_id)
            if STAY_S <= stay.seconds <= WORKS_S:
                self._ledger.visit(stay.visitor, stay.company)
        for touch in context.touches:  # on the screen before, which `shown` may end
            self._ledger.touch(touch, context.now)
            self._used = True
        if shown:
            self._ledger.screen(shown if self._used else (), context.now)
            self._used = False
        if audience.size:
            self._used = True

    def keep(self, at: float, *, stopping: bool = False) -> None:
        """Write what is kept, if something has changed and it is time. at: monotonic seconds."""
        if (self._file.due(at) or stopping) and self._ledger.changes != self._written:
            self._keep(at)

    def due(self, context: Context) -> HourCounts | None:
        """The counts of the hour that has just ended, once; None before its end."""
        if not self._on or self._began is None or context.at - self._began < HOUR_S:
            return None
        ago = timedelta(seconds=context.at - self._began)
        hour = day = None
        if context.now is not None:
            began = context.now - ago
            hour = began.astimezone(UTC).isoformat(timespec="seconds")
            if self._trend and self._open_at(began) and self._open_at(context.now):
                day = began.date()
        self._began = context.at
        return {"hour": hour, **self._ledger.hour(day)}

    def span_due(self, context: Context) -> Span | None:
        """What may be told of the moods of the place at the end of a day, once; None before it."""
        return None if context.now is None else self._ledger.span(context.now.date())

    def touches_due(self, context: Context) -> Touches | None:
        """What may be told of items at the end of a day, once; None before it.

        It is kept as told before it leaves: told again after a power cut with one touch less, it
        could be subtracted from what was told before.
        """
        if not self._on or context.now is None:
            return None
        told = self._ledger.day(context.now.date())
        if told is None or not self._keep(context.at):
            return None
        return told

    def _keep(self, at: float) -> bool:
        self._written = self._ledger.changes
        return self._file.write(self._ledger.kept(), at)
