"""What touches have taught at all kiosks of a site, as a file that a new kiosk begins with.

`wayside-tools catalogue pool` makes it of the kiosks' `touches` messages; `matching.touches` names
it. Guarantees: a number that is missing is not known, which is not zero: an item without screens,
or without a touch that says yes, begins as if there were no file. What a kiosk told itself does not
count again: it begins with what the others told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Annotated

from pydantic import Field

from device.matching.feedback import PRIOR_LIKED, PRIOR_SCREENS
from device.setting_types import TopicLevel
from device.typed_yaml import Section, read_yaml
from device.values import Tried

Number = Annotated[int, Field(ge=0)]


class Pooled(Section):
    """Numbers of one item, over all kiosks; what is missing is not known."""

    screens: Number | None = None
    chosen: Number | None = None
    liked: Number | None = None
    not_for_me: Number | None = None
    scanned: Number | None = None

    @property
    def tried(self) -> Tried | None:
        """Screens, and those with a touch that says yes; None: not known."""
        if self.screens is None or (self.chosen is None and self.liked is None):
            return None
        yes = (self.chosen or 0) + (self.liked or 0)
        return Tried(self.screens, min(yes, self.screens))


@dataclass(frozen=True, slots=True)
class Site:
    """What some kiosks of a site told, added up by item."""

    items: Mapping[str, Pooled]

    @property
    def tried(self) -> dict[str, Tried]:
        """Of the items of which it is known, by id."""
        found = ((item, one.tried) for item, one in self.items.items())
        return {item: tried for item, tried in found if tried is not None}

    @property
    def mean(self) -> float:
        """Touches that say yes, a screen of an item; one in ten where little is known.

        Of all items, since those whose touches are known are the liked ones. What is hidden is
        missing in it as it is in the rate of each item, so that one can be held against the other.
        """
        screens = sum(one.screens or 0 for one in self.items.values())
        yes = sum(tried.liked for tried in self.tried.values())
        return (yes + PRIOR_LIKED) / (screens + PRIOR_SCREENS)


class Pool(Section):
    """The file. first, last: days of which it has messages. kiosks: what each told, by item."""

    site: TopicLevel
    first: date
    last: date
    kiosks: dict[TopicLevel, dict[str, Pooled]] = Field(min_length=1)

    def site_without(self, kiosk: str | None = None) -> Site:
        """What all kiosks but this one told."""
        sums: dict[str, Counter[str]] = {}
        for name, items in self.kiosks.items():
            for item, one in items.items() if name != kiosk else ():
                sums.setdefault(item, Counter()).update(one.model_dump(exclude_none=True))
        return Site({item: Pooled(**numbers) for item, numbers in sorted(sums.items())})


def load_pool(path: Path) -> Pool:
    """Read the file.

    Raises:
        UserError: no such file, or not what it takes.
    """
    return read_yaml(path, Pool, named_by="matching.touches")  # JSON is YAML
