"""What can be asked for aloud: the things of a catalogue, by the words that people have for them.

The things are the catalogue's own kinds, categories and tags, called as the screen calls them; what
people say around them (`near here`, `for children`) and a few more words for them are in
`requests.<language>.json`. Guarantees: everything that can be asked for is in the catalogue, and
has words that may stand on the screen (`device.words.guard`).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from device.typed_yaml import Section, read_yaml

LANGUAGE = "en"
"""The one language that is heard (docs/languages.md)."""

MOST_WORDS = 4
"""Of the name of a thing; what is longer nobody says as it stands on the screen."""

Says = tuple[str, ...]
"""Several things to say; or the words of one."""


class Phrases(Section):
    """`requests.<language>.json`.

    loose: first words of what the screen says of something (`in the open air`), which is no name.
    exchanged: words at the end of a name, and what some people say instead. things: more names, and
    the features that each stands for.
    """

    articles: Says
    leads: Says
    near: Says
    open_now: Says
    quiet: Says
    children: Says
    thanks: Says
    loose: Says
    exchanged: dict[str, str]
    things: dict[str, Says]

    @property
    def around(self) -> Says:
        """All that is said around things."""
        return (
            *self.articles, *self.leads, *self.near, *self.open_now, *self.quiet, *self.children,
            *self.thanks,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """things: by the words of each, the features (kinds, categories, tags) any of which is it.
    loose: those among them that follow `something` or `somewhere`. phrases: around them."""

    things: Mapping[Says, frozenset[str]]
    loose: frozenset[Says]
    phrases: Phrases


def load_phrases() -> Phrases:
    """What people say around things."""
    path = Path(__file__).with_name(f"requests.{LANGUAGE}.json")
    return read_yaml(path, Phrases, named_by="this program")


def vocabulary_of(counts: Mapping[str, int], tags: Mapping[str, str]) -> Vocabulary:
    """The vocabulary of a catalogue.

    counts: how many items have each kind, category and tag. tags: phrases of the screen for them.
    """
    phrases = load_phrases()
    things: dict[Says, set[str]] = {}
    loose = set()
    for feature, phrase in tags.items():
        words = spoken(phrase)
        if words[:1] in {(each,) for each in phrases.loose}:
            loose.add(words)
            names = [words]
        else:
            names = list(_names(_bare(words, phrases), phrases))
        for name in names:
            things.setdefault(name, set()).update(_under(feature, counts))
    for phrase, features in phrases.things.items():
        found = {each for feature in features for each in _under(feature, counts)}
        things.setdefault(spoken(phrase), set()).update(found)
    taken = {spoken(each) for each in phrases.around}
    sayable = {
        words: frozenset(found)
        for words, found in things.items()
        if found and 0 < len(words) <= MOST_WORDS and words not in taken
    }
    return Vocabulary(sayable, frozenset(loose & sayable.keys()), phrases)


def spoken(phrase: str) -> Says:
    """The words of a phrase as they are said, in small Latin letters."""
    plain = unicodedata.normalize("NFKD", phrase.replace("’", "'"))
    return tuple(re.findall(r"[a-z']+", plain.encode("ascii", "ignore").decode().lower()))


def _under(feature: str, features: Iterable[str]) -> set[str]:
    """The features that are this one or a part of it, as `shop/bakery` is of `shop`."""
    return {each for each in features if each == feature or each.startswith(f"{feature}/")}


def _bare(words: Says, phrases: Phrases) -> Says:
    """A name without its article."""
    return words[1:] if words[:1] in {(each,) for each in phrases.articles} else words


def _names(words: Says, phrases: Phrases) -> Iterator[Says]:
    """A name, what some people say for it, and the plural of each."""
    if not words:
        return
    for last in {words[-1], phrases.exchanged.get(words[-1], words[-1])}:
        yield (*words[:-1], last)
        if not last.endswith("s"):
            yield (*words[:-1], f"{last[:-1]}ies" if last.endswith("y") else f"{last}s")
