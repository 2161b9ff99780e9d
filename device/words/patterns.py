"""Patterns of Project Fluent, as the tables hold them: what they say, and what they are made of.

Numbers, plurals, times and dates follow the language, by CLDR. Two choices hold in all languages,
as on the signs of a station: the day has 24 hours, and digits are 0 to 9, in Arabic too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date, time
from typing import TypeAlias

from babel import Locale
from babel.dates import format_skeleton
from babel.lists import format_list
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import FluentParser, ast
from fluent.syntax.visitor import Visitor

Argument: TypeAlias = str | int | float


def babel_locale(tag: str) -> Locale:
    """The locale of a BCP 47 tag; its extensions, such as the digits that it asks for, are Intl's:
    Babel writes 0 to 9 by itself."""
    return Locale.parse(re.sub(r"-u-.*", "", tag), sep="-")


class Patterns:
    """The patterns of one language, ready to be said. patterns: by names of letters and `_`."""

    def __init__(self, locale: str, patterns: Mapping[str, str]) -> None:
        self._locale = babel_locale(locale)
        # The page isolates what it fills in by elements, where a direction may change.
        self._bundle = FluentBundle([str(self._locale)], use_isolating=False)
        entries = (f"{name} = {_indented(text)}\n" for name, text in patterns.items())
        self._bundle.add_resource(FluentResource("".join(entries)))
        hours = self._locale.datetime_skeletons["Hm"].pattern
        self._colon = "." if "." in hours else ":"

    def say(self, name: str, **arguments: Argument) -> str:
        """The text of a pattern.

        Raises:
            ValueError: no such pattern, or it needs an argument that is not given.
        """
        message = self._bundle.get_message(name) if self._bundle.has_message(name) else None
        if message is None or message.value is None:
            raise ValueError(f"{name}: no such pattern")
        text, errors = self._bundle.format_pattern(message.value, arguments)
        if errors or not isinstance(text, str):
            raise ValueError(f"{name}: {errors}")
        return text

    def clock(self, at: time) -> str:
        """A time of the day, such as 09:05, or 09.05 in Finnish."""
        return f"{at:%H}{self._colon}{at:%M}"

    def listed(self, items: Sequence[str]) -> str:
        """Several things and the last, such as mood, age and gender."""
        return format_list(items, locale=self._locale)

    def day(self, on: date) -> str:
        """A day of the year, such as 1 December, or 1. joulukuuta in Finnish."""
        return format_skeleton("MMMMd", on, locale=self._locale)


class _Parts(Visitor):
    """texts: what is said as it stands. variables: names. plurals: for each choice by a number, the
    names of its variants."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.variables: set[str] = set()
        self.plurals: list[set[str]] = []

    def visit_TextElement(self, node: ast.TextElement) -> None:  # noqa: N802 (fluent's)
        self.texts.append(node.value)

    def visit_VariableReference(self, node: ast.VariableReference) -> None:  # noqa: N802
        self.variables.add(node.id.name)

    def visit_SelectExpression(self, node: ast.SelectExpression) -> None:  # noqa: N802
        names = (v.key for v in node.variants)
        self.plurals.append({key.name for key in names if isinstance(key, ast.Identifier)})
        self.generic_visit(node)


def parts(pattern: str) -> _Parts:
    """What a pattern is made of.

    Raises:
        ValueError: it is not a pattern of Fluent.
    """
    entry = FluentParser(with_spans=False).parse_entry(f"name = {_indented(pattern)}\n")
    if not isinstance(entry, ast.Message):
        reason = entry.annotations[0].message if isinstance(entry, ast.Junk) else "a comment"
        raise ValueError(f"not a pattern of Fluent ({reason})")
    found = _Parts()
    found.visit(entry)
    return found


def _indented(pattern: str) -> str:
    """Lines after the first belong to the same entry where they are indented."""
    return pattern.replace("\n", "\n    ")
