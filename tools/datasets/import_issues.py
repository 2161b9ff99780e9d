"""Problems found while a dataset is read: each is recorded with its place, and all are counted.

A reader receives an `ImportIssues` and reports what it skips. Whether a skipped item is a line in
a summary or ends the import is the caller's choice, not the reader's.
"""

from __future__ import annotations

import logging
from collections import Counter

from device.errors import UserError

log = logging.getLogger(__name__)

EXAMPLES = 3
"""Examples of each reason in a summary."""


class ImportIssues:
    """skipped: (where, reason) of each skipped item, in the order found. notes: facts about the
    dataset that are not errors."""

    def __init__(self, *, strict: bool = False) -> None:
        """strict: raise UserError for the first item that would be skipped."""
        self.skipped: list[tuple[str, str]] = []
        self.notes: list[str] = []
        self._strict = strict

    def skip(self, where: str, reason: str) -> None:
        """Record an item that is not used. where: file, row or folder.

        Raises:
            UserError: `strict`.
        """
        if self._strict:
            raise UserError(f"{where}: {reason}; fix it, or omit --strict to skip it")
        self.skipped.append((where, reason))

    def counts(self) -> Counter[str]:
        """Number of skipped items by reason."""
        return Counter(reason for _, reason in self.skipped)

    def lines(self) -> list[str]:
        """The notes, then one line for each reason with its count and the first places."""
        lines = list(self.notes)
        for reason, count in self.counts().most_common():
            places = [where for where, why in self.skipped if why == reason][:EXAMPLES]
            more = ", ..." if count > EXAMPLES else ""
            lines.append(f"{count} skipped, {reason}: {', '.join(places)}{more}")
        return lines

    def log(self) -> None:
        """Write `lines` to the log."""
        for line in self.lines():
            log.info("%s", line)
