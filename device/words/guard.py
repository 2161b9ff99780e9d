"""No words on a card name or imply a mood, an age, a gender or a company, in any language.

Each table lists what is forbidden in its own language; a phrase that has one of these is refused
with the file and the key it stands at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from device.errors import UserError
from device.words.table import Forbidden, Forbiddens


class Guard:
    """What the words of one language may not reveal."""

    def __init__(self, forbidden: Forbiddens) -> None:
        lists: list[Forbidden] = [getattr(forbidden, name) for name in type(forbidden).model_fields]
        self._pattern = re.compile("|".join(_alternatives(lists)), re.IGNORECASE)

    def reveals(self, text: str) -> str | None:
        """The first word that says something about a visitor; None: there is none."""
        found = self._pattern.search(text)
        return found.group() if found else None

    def check(self, file: Path, key: str, text: str) -> None:
        """Refuse a text that reveals something.

        Raises:
            UserError: it does; the line names the file, the key and the word.
        """
        if found := self.reveals(text):
            raise UserError(
                f"{file}: {key}: got {text!r}, takes words that reveal nothing about a visitor "
                f"(not {found!r})"
            )


def _alternatives(lists: list[Forbidden]) -> Iterator[str]:
    beginnings = [re.escape(part) for one in lists for part in one.beginnings]
    words = [re.escape(part) for one in lists for part in one.words]
    if beginnings:
        yield rf"\b(?:{'|'.join(beginnings)})\w*"
    if words:
        yield rf"\b(?:{'|'.join(words)})\b"
    yield from (re.escape(part) for one in lists for part in one.parts)
