"""Songs and artists by the tags that people gave them: what importers of music share.

Tags are people's own words. Of each item the most frequent of those that the whole source uses
most are kept, so that a table has a bounded number of them; `songs.csv` says which are a genre, and
which of our own tags one means. No tag is shown to visitors unless it has public words.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from device.catalogue.imports.imported import LeftOut, slug
from device.catalogue.imports.meanings import category_of, meanings, tags_of

MOST_TAGS = 300
"""Different tags of a source that are kept, beside those of `songs.csv`."""

TAGS_OF_ITEM = 8
"""Tags of an item that count."""

OTHER = "music"
"""Category of a song of no genre that is known."""


@dataclass(frozen=True, slots=True)
class Likeness:
    """What a song is like, as an item says it."""

    category: str
    tags: tuple[str, ...]
    minimum_age: int


def frequent(given: Iterable[Mapping[str, int]]) -> frozenset[str]:
    """The tags that a source uses most; given: how often each item has each tag."""
    counts: Counter[str] = Counter()
    for tags in given:
        counts.update(tags)
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return frozenset(tag for tag, _ in ranked[:MOST_TAGS])


def like(tags: Mapping[str, int], kept: frozenset[str], cells: LeftOut, item: str) -> Likeness:
    """What tags say of a song. tags: how often it has each. kept: `frequent` ones of the source.
    item: which song, for the count of those of no known genre."""
    known = meanings("songs")
    ranked = [tag for tag, _ in sorted(tags.items(), key=lambda each: (-each[1], each[0]))]
    ranked = [tag for tag in ranked if tag in kept or known.of([tag])][:TAGS_OF_ITEM]
    return of_words(ranked, cells, item)


def of_words(words: Sequence[str], cells: LeftOut, item: str) -> Likeness:
    """What some words, the most telling first, say of a song."""
    known = meanings("songs")
    found = known.of(words)
    category = category_of(found)
    if category is None:
        cells.add(f"category: {OTHER}, since no genre is known", item)
    # What is no genre is said by our own tag, or is no tag at all: `sexy` says nothing of music.
    own = [slug(word) for word in words if all(row.category for row in known.of([word]))]
    tags = dict.fromkeys(tag for tag in (*tags_of(found), *own) if tag and tag != category)
    return Likeness(
        category or OTHER, tuple(tags), max((row.minimum_age for row in found), default=0)
    )
