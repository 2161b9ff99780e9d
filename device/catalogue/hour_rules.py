"""Opening hours as text: from the ways in which people write rules to those the library reads.

Rules of different weekdays are joined by `,`, since by the letter of the specification a rule
after `;` replaces the whole day and would close a bar at midnight (`Fr 18:00-02:00; Sa
10:00-12:00`). Lists are spelled as the library reads them: of `Sa, Su` and of `Dec 24, PH off` the
first would be a rule that is open all day.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations

_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_NAME = f"(?:{'|'.join(_DAYS)})"
_DAY_RANGES = rf"{DAY_NAME}(?:-{DAY_NAME})?(?:,{DAY_NAME}(?:-{DAY_NAME})?)*"
EVENT = r"sunrise|sunset|dawn|dusk"
_RULE = re.compile(
    rf"(?P<dates>[^\"]*?)(?P<days>{_DAY_RANGES}) "
    rf"(?P<times>[0-9(ds](?:[0-9:,+() -]|{EVENT}|(?<=[ds])(?:un|awn|usk))*|off|closed)"
)
_OUTSIDE = r'(?=(?:[^"]*"[^"]*")*[^"]*$)'
_WORDS = re.compile(
    r"\b(?:(?P<upper>PH|SH)|(?P<lower>week|off|closed|open|unknown|easter|sunrise|sunset|dawn|dusk)"
    rf"|{DAY_NAME}|Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)\b{_OUTSIDE}",
    re.IGNORECASE,
)
_SEMICOLONS = re.compile(rf";{_OUTSIDE}")
_COMMAS = re.compile(rf",(?![^\[]*\]){_OUTSIDE}")
_DASHES = re.compile(rf"(?: ?[‐‑‒–—−] ?| - ){_OUTSIDE}")
_TAIL = re.compile(
    rf"(?:^|(?<= ))(?=[0-9]{{1,2}}:|\(|\"|\|\||24/7|(?:{EVENT}|off|closed|open|unknown)\b)",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[0-9]{1,2}(?:-[0-9]{1,2})?(?:/[0-9]+)?(?= |$)")
_MONTH = re.compile(r"(?:[A-Z][a-z]{2}|week) (?=[0-9])")
_ORDINAL = re.compile(rf"\b[0-9]+(?:st|nd|rd|th)\b{_OUTSIDE}", re.IGNORECASE)


def spelled(text: str) -> list[list[str]]:
    """The rules of a text, those between two `;` together.

    Raises:
        ValueError: days are written as ordinal numbers.
    """
    if (ordinal := _ORDINAL.search(text)) is not None:  # the library reads "24 Thursday" in "24th"
        raise ValueError(f"not understood from {text[ordinal.start() :]!r} on")
    parts = _SEMICOLONS.split(_WORDS.sub(_as_specified, text))
    return [_spelled(part) for each in parts if (part := " ".join(each.split()))]


def _as_specified(word: re.Match[str]) -> str:
    """A word in the letters of the specification; the library takes any, the rules here do not."""
    change = {"upper": str.upper, "lower": str.lower}.get(word.lastgroup or "", str.capitalize)
    return change(word[0])


def _spelled(text: str) -> list[str]:
    """The rules that stand between two `;`, with their lists as the library reads them.

    A list of days, dates or weeks gets no blanks, and its times or `off` if the next entry is of
    another sort: `Dec 24, 25, PH off` is `Dec 24,Dec 25 off` and `PH off`.
    """
    rules: list[str] = []
    when: list[str] = []
    for part in _COMMAS.split(_DASHES.sub("-", text)):
        part = part.strip()
        if not part:
            return [text]  # the library says what is wrong
        tail = _TAIL.search(part)
        start = len(part) if tail is None else tail.start()
        if when and (number := _NUMBER.match(part[:start])) and (month := _MONTH.search(when[-1])):
            when.append(f"{month[0]}{number[0]}{part[number.end() : start]}".strip())
        elif part[:start]:
            when.append(part[:start].strip())
        if tail is None:
            continue
        if when:
            rules += [f"{days} {part[start:]}" for days in _listed(when)]
            when = []
        elif rules:
            rules[-1] += f",{part[start:]}"
        else:
            rules.append(part)
    return rules + _listed(when)


def _listed(when: Sequence[str]) -> list[str]:
    """Days, dates and weeks, neighbours of one sort joined by `,`."""
    lists: list[str] = []
    last = ""
    for each in when:
        first, *_, end = each.split(" ")[0], each.split(" ")[-1]
        if lists and _sort(first) == last:
            lists[-1] += f",{each.removeprefix('week ')}"
        else:
            lists.append(each)
        last = "week" if each.startswith("week ") else _sort(end)
    return lists


def _sort(word: str) -> str:
    return "day" if re.match(rf"{DAY_NAME}|PH|SH", word) else "week" if word == "week" else "date"


def joined(groups: list[list[str]]) -> str:
    """The rules as one text, those of different weekdays joined by `,`.

    A rule that closes days without another rule is redundant and is left out: after `,` it would
    cut off the night before. Rules of other dates and of holidays at the end stay there.
    """
    groups = [group for group in groups if group]
    last: list[str] = []
    while len(groups) > 1 and _dates(groups[-1]) != _dates(groups[0][:1]):
        last.insert(0, ", ".join(groups.pop()))
    rules = [(number, rule) for number, group in enumerate(groups) for rule in group]
    days = [day for _, rule in rules if (day := _weekdays(rule)) is not None]
    closes = [rule.endswith((" off", " closed")) for _, rule in rules]
    apart = len(days) == len(rules) and all(
        days[a][0] == days[b][0] and not days[a][1] & days[b][1]
        for a, b in combinations(range(len(rules)), 2)
        if rules[a][0] != rules[b][0] or closes[a] or closes[b]
    )
    opening = [rule for (_, rule), off in zip(rules, closes, strict=True) if not off]
    first = [", ".join(opening)] if apart and opening else [", ".join(each) for each in groups]
    return "; ".join([*first, *last])


def _dates(rules: Iterable[str]) -> set[str | None]:
    """The dates that these rules begin with; None among them: not a simple rule."""
    return {None if days is None else days[0] for days in map(_weekdays, rules)}


def _weekdays(rule: str) -> tuple[str, frozenset[int]] | None:
    """The dates that a simple rule begins with, and its days, 0 Monday; None: not a simple one."""
    match = _RULE.fullmatch(rule)
    if match is None:
        return None
    found: set[int] = set()
    for part in match["days"].split(","):
        first, _, last = part.strip().partition("-")
        start, end = _DAYS.index(first), _DAYS.index(last or first)
        found.update((start + step) % 7 for step in range((end - start) % 7 + 1))
    return match["dates"], frozenset(found)
