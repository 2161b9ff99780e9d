"""The file of a language: `device/words/<language>.json`, and an operator's own beside a catalogue.

The texts in `page`, `reasons`, `sign`, `setup` and `setup_screen` are patterns of Project Fluent
(https://projectfluent.org), which the page reads by `@fluent/bundle` and the kiosk by
`fluent.runtime`; tags and categories are plain text. A file is named after its language: ISO 639-1,
and the script where there are two.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, model_validator

from device.typed_yaml import Section, read_yaml

FOLDER = Path(__file__).parent

LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
"""Languages that have a table."""


class ReasonWords(Section):
    """A phrase for each reason that is no tag."""

    today: str = Field(pattern=r"\$time\b")
    tomorrow: str = Field(pattern=r"\$time\b")
    all_day: str
    all_day_tomorrow: str
    on_until: str = Field(pattern=r"\$time\b")
    on_until_day: str = Field(pattern=r"\$day\b")
    later: str = Field(pattern=r"\$day\b(?s:.*)\$time\b")
    metres: str = Field(pattern=r"\$number\b")
    kilometres: str = Field(pattern=r"\$number\b")
    on_foot: str = Field(pattern=r"\$number\b")
    open_until: str = Field(pattern=r"\$time\b")
    hours_today: str = Field(pattern=r"\$hours\b")
    always_open: str
    hours_unknown: str
    decade: str = Field(pattern=r"\$year\b")
    well_known: str


class GuessWords(Section):
    """What the notice and the sign name, as the object of "guesses"."""

    mood: str
    age: str
    gender: str


class SignWords(Section):
    """What the sign beside the kiosk says (`wayside sign`), as patterns."""

    camera: str = Field(pattern=r"\$guessed\b")
    finds: str = Field(description="in the place of `camera`, where nothing is guessed")
    kept: str
    sound: str = Field(description="where there is a microphone, after `page.ask.microphone`")
    counts: str = Field(pattern=r"\$number\b")
    opt_out: str = Field(pattern=r"\$button\b")
    questions: str


class Forbidden(Section):
    """What no phrase may have. parts: of words, for scripts that write no spaces between words, and
    for languages that join several words into one."""

    beginnings: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _not_empty(self) -> Forbidden:
        if not (*self.beginnings, *self.words, *self.parts):
            raise ValueError("some beginnings, words or parts of words")
        return self


class Forbiddens(Section):
    """What would name or imply each of these."""

    mood: Forbidden
    age: Forbidden
    gender: Forbidden
    company: Forbidden


class WordTable(Section):
    """A language's file in `device/words`."""

    language: str = Field(description="the language's own name for itself")
    locale: str = Field(description="BCP 47 tag by which numbers, times and dates are written")
    page: dict[str, Any] = Field(description="texts of the page, as its scripts use them")
    guesses: GuessWords
    reasons: ReasonWords
    sign: SignWords
    setup: dict[str, str] = Field(description="texts of the set-up page, as patterns")
    setup_screen: dict[str, str] = Field(description="of the kiosk's own screen meanwhile")
    tags: dict[str, str]
    categories: dict[str, str] = Field(
        description="names of categories, in the place of the iD editor's or where it has none"
    )
    forbidden: Forbiddens


class OwnWords(Section):
    """An operator's file beside the catalogue."""

    tags: dict[str, str]


def path_of(language: str) -> Path:
    """The file of a language."""
    return FOLDER / f"{language}.json"


@cache
def read_table(language: str) -> WordTable:
    """The table of one of `LANGUAGES`.

    Raises:
        UserError: the file cannot be read, or is not such a table.
    """
    # JSON is YAML, so that one reader serves both.
    return read_yaml(path_of(language), WordTable, named_by="the release")
