"""Every word on the screen, from one table a language.

`device/words/<language>.json` has the texts of the page, the words of every reason and of common
tags; categories of places are called as the iD editor calls them (`device.presets`). An operator
adds words for tags of their own in `words.<language>.yaml` beside the catalogue.
Every phrase of a reason and every tag that has one passes the guard of its language: none names or
implies a mood, an age, a gender or a company. A table is refused whole if one does not, so that
nothing unchecked is ever shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import Field

from device.errors import UserError
from device.presets.presets import names
from device.typed_yaml import Section, read_yaml
from device.values import Reason
from device.words.when import spoken

FOLDER = Path(__file__).parent

LANGUAGES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
"""Languages that have a table: ISO 639-1 codes."""

TAG_LANGUAGE = "en"
"""Tags are English words, and are checked as such."""


class ReasonWords(Section):
    """A phrase for each reason that is no tag."""

    today: str = Field(pattern=r"\{time\}")
    tomorrow: str = Field(pattern=r"\{time\}")
    all_day: str
    all_day_tomorrow: str
    on_until: str = Field(pattern=r"\{time\}")
    on_until_day: str = Field(pattern=r"\{day\}")
    later: str = Field(pattern=r"\{day\}.*\{time\}")
    metres: str = Field(pattern=r"\{number\}")
    kilometres: str = Field(pattern=r"\{number\}")
    on_foot: str = Field(pattern=r"\{number\}")
    open_until: str = Field(pattern=r"\{time\}")
    always_open: str
    hours_unknown: str
    decade: str = Field(pattern=r"\{year\}")
    well_known: str


class Forbidden(Section):
    """What no phrase may have: beginnings of words, and whole words."""

    beginnings: tuple[str, ...] = Field(min_length=1)
    words: tuple[str, ...]


class Forbiddens(Section):
    """What would name or imply each of these."""

    mood: Forbidden
    age: Forbidden
    gender: Forbidden
    company: Forbidden


class WordTable(Section):
    """A language's file in `device/words`."""

    language: str = Field(description="the language's own name for itself")
    page: dict[str, Any] = Field(description="texts of the page, as its scripts use them")
    reasons: ReasonWords
    day: str = Field(pattern=r"\{number\}.*\{month\}|\{month\}.*\{number\}")
    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    tags: dict[str, str]
    forbidden: Forbiddens


class OwnWords(Section):
    """An operator's file beside the catalogue."""

    tags: dict[str, str]


class Words:
    """The words of one language. tags: a phrase for each tag or category that may be a reason."""

    def __init__(self, table: WordTable, tags: Mapping[str, str]) -> None:
        self.tags = tags
        self.page, self.reasons = table.page, table.reasons
        self._day, self._months = table.day, table.months

    def for_page(self) -> dict[str, Any]:
        """Everything the page needs to make words of its own, as JSON values."""
        return {
            "page": self.page,
            "reasons": self.reasons.model_dump(),
            "day": self._day,
            "months": self._months,
            "tags": dict(self.tags),
        }

    def say(self, reasons: Iterable[Reason], now: datetime) -> tuple[str, ...]:
        """A phrase for each reason, each once; a tag without words is left out, and the time of an
        event that is over. now: an aware time."""
        return tuple(dict.fromkeys(filter(None, (self._phrase(each, now) for each in reasons))))

    def _phrase(self, reason: Reason, now: datetime) -> str:
        argument, words = reason.argument, self.reasons
        if reason.code == "when":
            return self._when(str(argument), now)
        if reason.code == "tag":
            return self.tags.get(str(argument), "")
        if reason.code == "distance":
            return self._distance(float(argument or 0))
        phrase: str = getattr(words, reason.code)
        return phrase.format(time=argument, year=argument)

    def _when(self, interval: str, now: datetime) -> str:
        """When an event is, as somebody says it at `now`; empty where it is over."""
        begins, ends = map(datetime.fromisoformat, interval.split("/"))
        if (said := spoken(begins, ends, now)) is None:
            return ""
        name, at = said
        day = self._day.format(number=at.day, month=self._months[at.month - 1])
        phrase: str = getattr(self.reasons, name)
        return phrase.format(time=f"{at:%H:%M}", day=day)

    def _distance(self, metres: float) -> str:
        """Rounded to what a walker can use: tens of metres, hundreds, tenths of a kilometre."""
        if metres < 950:
            near = max(round(metres, -1 if metres < 100 else -2), 10)
            return self.reasons.metres.format(number=f"{near:.0f}")
        far = round(metres / 1000, 1 if metres < 9950 else None)
        return self.reasons.kilometres.format(number=f"{far:g}")


def load_words(language: str, catalogue: Path | None = None) -> Words:
    """The words of a language, with an operator's own beside `catalogue` where there are any.

    Raises:
        UserError: no table of this language, a file that cannot be read, or a phrase or tag that
            reveals something about a visitor.
    """
    if language not in LANGUAGES:
        raise UserError(f"display.languages: got {language!r}, takes {', '.join(LANGUAGES)}")
    path, table = FOLDER / f"{language}.json", _table(language)
    guard = _guard(table.forbidden)
    for name, phrase in table.reasons.model_dump().items():
        _check(path, f"reasons.{name}", phrase, guard)
    tags = {path: table.tags}
    if catalogue is not None:
        own = catalogue.parent / f"words.{language}.yaml"
        if _there(own):
            tags[own] = read_yaml(own, OwnWords, named_by=str(catalogue)).tags
    tag_guard = guard if language == TAG_LANGUAGE else _guard(_table(TAG_LANGUAGE).forbidden)
    for file, phrases in tags.items():
        for tag, phrase in phrases.items():
            _check(file, f"tags.{tag}", phrase, guard)
            _check(file, f"tags.{tag}", tag.replace("-", " "), tag_guard)
    said = {name: text for name, text in names(language).items() if not guard.search(text)}
    for phrases in tags.values():
        said |= phrases
    return Words(table, said)


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # its folder cannot be read: reading it then gives the reason
        return True


def _table(language: str) -> WordTable:
    # JSON is YAML, so that one reader serves both.
    return read_yaml(FOLDER / f"{language}.json", WordTable, named_by="the release")


def _guard(forbidden: Forbiddens) -> re.Pattern[str]:
    lists: list[Forbidden] = [getattr(forbidden, name) for name in type(forbidden).model_fields]
    beginnings = "|".join(re.escape(part) for one in lists for part in one.beginnings)
    words = "|".join(re.escape(part) for one in lists for part in one.words)
    return re.compile(rf"\b(?:(?:{beginnings})\w*|(?:{words})\b)", re.IGNORECASE)


def _check(file: Path, key: str, text: str, guard: re.Pattern[str]) -> None:
    if found := guard.search(text):
        raise UserError(
            f"{file}: {key}: got {text!r}, takes words that reveal nothing about a visitor "
            f"(not {found.group()!r})"
        )
