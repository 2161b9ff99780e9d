"""What was wrong with a set of faces: each thing named, all of them counted, none passed over.

A reader is given a `Findings` and tells it what it leaves out. Whether that is a note at the end or
the end of the reading is the caller's choice, not the reader's.
"""

from __future__ import annotations

import logging
from collections import Counter

from device.errors import UserError

log = logging.getLogger(__name__)

SHOWN = 3
"""Examples of each reason in a summary."""


class Findings:
    """left_out: what was skipped and why, (where, why) in the order found. notes: facts of the set
    that are nobody's mistake."""

    def __init__(self, *, strict: bool = False) -> None:
        """strict: the first thing that would be left out is a UserError instead."""
        self.left_out: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self._strict = strict

    def leave_out(self, where: str, why: str) -> None:
        """Name something that is not used. where: file, row or folder.

        Raises:
            UserError: `strict`.
        """
        if self._strict:
            raise UserError(f"{where}: {why}; mend it, or leave --strict out to go on without it")
        self.left_out.append((where, why))

    def counts(self) -> Counter[str]:
        """How often each reason was given."""
        return Counter(why for _, why in self.left_out)

    def lines(self) -> list[str]:
        """The notes, then a line for each reason, with how often and where first."""
        told = list(self.notes)
        for why, count in self.counts().most_common():
            places = [where for where, reason in self.left_out if reason == why]
            more = ", ..." if count > SHOWN else ""
            told.append(f"{count} left out, {why}: {', '.join(places[:SHOWN])}{more}")
        return told

    def log(self) -> None:
        """The same lines to the log."""
        for line in self.lines():
            log.info("%s", line)
