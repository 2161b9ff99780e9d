"""Every word on the screen, from one table a language (`device.words.table`).

Categories of places are called as the iD editor calls them (`device.presets`), unless a table says
otherwise; one without a name in a language is not said in it. An operator adds words for tags of
their own in `words.<language>.yaml` beside the catalogue. Every phrase of a reason and every tag
that has one passes the guard of its language (`device.words.guard`). A table is refused whole if
one does not, so that nothing unchecked is ever shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, time
from pathlib import Path
from typing import Any

from device.errors import UserError
from device.presets.presets import names
from device.typed_yaml import read_yaml
from device.values import Reason
from device.words.guard import Guard
from device.words.patterns import Patterns, babel_locale, parts
from device.words.table import LANGUAGES, OwnWords, WordTable, path_of, read_table
from device.words.when import spoken

TAG_LANGUAGE = "en"
"""Tags are English words, and are checked as such."""


class Words:
    """The words of one language. tags: a phrase for each tag or category that may be a reason."""

    def __init__(self, table: WordTable, tags: Mapping[str, str]) -> None:
        self.tags = tags
        self._table = table
        self._patterns = Patterns(table.locale, table.reasons.model_dump())

    def for_page(self) -> dict[str, Any]:
        """Everything the page needs to make words of its own, as JSON values."""
        return {
            "own_name": self._table.language,
            "locale": self._table.locale,
            "direction": babel_locale(self._table.locale).text_direction,
            "page": self._table.page,
            "guesses": self._table.guesses.model_dump(),
            "reasons": self._table.reasons.model_dump(),
            "tags": dict(self.tags),
        }

    def say(self, reasons: Iterable[Reason], now: datetime) -> tuple[str, ...]:
        """A phrase for each reason, each once; a tag without words is left out, and the time of an
        event that is over. now: an aware time."""
        return tuple(dict.fromkeys(filter(None, (self._phrase(each, now) for each in reasons))))

    def _phrase(self, reason: Reason, now: datetime) -> str:
        argument, say = reason.argument, self._patterns.say
        match reason.code:
            case "tag":
                return self.tags.get(str(argument), "")
            case "when":
                return self._when(str(argument), now)
            case "distance":
                return self._distance(float(argument or 0))
            case "open_until":
                at = time.fromisoformat(str(argument))
                return say("open_until", time=self._patterns.clock(at))
            case "decade":
                return say("decade", year=str(argument))
            case code:
                return say(code)

    def _when(self, interval: str, now: datetime) -> str:
        """When an event is, as somebody says it at `now`; empty where it is over."""
        begins, ends = map(datetime.fromisoformat, interval.split("/"))
        if (said := spoken(begins, ends, now)) is None:
            return ""
        name, at = said
        clock, day = self._patterns.clock(at.time()), self._patterns.day(at.date())
        return self._patterns.say(name, time=clock, day=day)

    def _distance(self, metres: float) -> str:
        """Rounded to what a walker can use: tens of metres, hundreds, tenths of a kilometre."""
        if metres < 950:
            near = max(round(metres, -1 if metres < 100 else -2), 10)
            return self._patterns.say("metres", number=int(near))
        far = round(metres / 1000, 1 if metres < 9950 else None)
        return self._patterns.say("kilometres", number=far)


def load_words(language: str, catalogue: Path | None = None) -> Words:
    """The words of a language, with an operator's own beside `catalogue` where there are any.

    Raises:
        UserError: no table of this language, a file that cannot be read, or a phrase or tag that
            reveals something about a visitor.
    """
    if language not in LANGUAGES:
        raise UserError(f"display.languages: got {language!r}, takes {', '.join(LANGUAGES)}")
    path, table = path_of(language), read_table(language)
    guard = Guard(table.forbidden)
    tag_guard = Guard(read_table(TAG_LANGUAGE).forbidden)
    for name, pattern in table.reasons.model_dump().items():
        try:
            texts = parts(pattern).texts
        except ValueError as error:
            raise UserError(f"{path}: reasons.{name}: {error}") from None
        guard.check(path, f"reasons.{name}", " ".join(texts))
    for category, text in table.categories.items():
        guard.check(path, f"categories.{category}", text)
    tags = {path: table.tags}
    if catalogue is not None:
        own = catalogue.parent / f"words.{language}.yaml"
        if _there(own):
            tags[own] = read_yaml(own, OwnWords, named_by=str(catalogue)).tags
    for file, phrases in tags.items():
        for tag, phrase in phrases.items():
            guard.check(file, f"tags.{tag}", phrase)
            tag_guard.check(file, f"tags.{tag}", tag.replace("-", " "))
    said = dict(_categories(table, language, guard, tag_guard))
    for phrases in tags.values():
        said |= phrases
    return Words(table, said)


def _categories(
    table: WordTable, language: str, guard: Guard, tag_guard: Guard
) -> Iterator[tuple[str, str]]:
    """What categories are called, but those whose name, here or in English, reveals something."""
    english = names(TAG_LANGUAGE)
    for name, text in {**names(language), **table.categories}.items():
        if not guard.reveals(text) and not tag_guard.reveals(english.get(name, "")):
            yield name, text


def _there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # its folder cannot be read: reading it then gives the reason
        return True
