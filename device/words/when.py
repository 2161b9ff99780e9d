"""How people say when an event is: today, tomorrow, or that it is on now.

`device/display/page/phrases.js` says the same in the browser.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Literal, TypeAlias

Phrase: TypeAlias = Literal[
    "today", "tomorrow", "all_day", "all_day_tomorrow", "on_until", "on_until_day", "later"
]
"""A phrase of `ReasonWords`."""

SOON = timedelta(hours=12)
"""Until an end so near people name its time, past midnight too; else its day."""


def spoken(begins: datetime, ends: datetime, now: datetime) -> tuple[Phrase, datetime] | None:
    """What is said at `now`, and of which time and day; None: it is over.

    begins, ends: in local time; days are theirs. An event from midnight to midnight is of whole
    days.
    """
    if ends <= now:
        return None
    now = now.astimezone(begins.tzinfo)
    whole = begins.time() == ends.time() == time()
    last = ends - timedelta(seconds=1)
    if begins <= now:
        if whole:
            return ("all_day" if last.date() == now.date() else "on_until_day"), last
        if ends - now <= SOON or last.date() == now.date():
            return "on_until", ends
        return "on_until_day", last
    if begins.date() == now.date():
        return "today", begins
    if begins.date() == now.date() + timedelta(days=1):
        return ("all_day_tomorrow" if whole else "tomorrow"), begins
    return "later", begins
