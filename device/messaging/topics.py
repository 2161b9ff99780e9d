"""The one table of messages: the only place that spells a topic.

The bus publishes and subscribes by a row's name; `docs/messages.md` and the tests are made from the
same rows (`document.py`). A topic has no level that a broker or a bridge could misread: letters,
digits, `-` and `_` only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

ROOT = "wayside/v1"
KIOSK = ROOT + "/{site}/{kiosk}"

RESERVED_SITES = frozenset({"fleet"})
"""Sites that no kiosk may stand at: their topics belong to the fleet."""

_LEVEL = re.compile(r"[A-Za-z0-9_-]{1,64}")


@dataclass(frozen=True, slots=True)
class Row:
    """One message. sender: who publishes it; all but the kiosk's own are received by the kiosk.

    fields: keys of the JSON object and what they hold, in order. `?` marks one that may be missing.
    """

    name: str
    template: str
    sender: Literal["kiosk", "page", "anyone"]
    retained: bool
    qos: Literal[0, 1]
    what: str
    fields: Mapping[str, str]


TABLE = (
    Row(
        "status",
        KIOSK + "/status",
        "kiosk",
        True,
        1,
        "whether the kiosk is there; its last will says `offline`",
        {
            "state": "`online` or `offline`",
            "boot": "id of this start of the kiosk",
            "release": "version that runs",
            "at": "when it was said; in a last will: when the connection began",
        },
    ),
    Row(
        "suggestions",
        KIOSK + "/suggestions",
        "kiosk",
        True,
        1,
        "what the page shows; overwritten when people leave",
        {
            "state": "`resting`, `showing` or `opted_out`",
            "serial": "changes when the screen changes; a refresh keeps it",
            "at": "when it was said",
            "expires_at": "not to be shown after this",
            "lifetime_s": "seconds from `at` to `expires_at`; refreshed every third of it",
            "notice": "what the page must tell people: `watching`, `not_watching`, `opted_out` or "
            "`demo`",
            "items": "the cards: objects of `id`, `kind`, `title`, `creator`, `place`, `year`, "
            "`distance_m`, `why` (list of words), `picture`, `link`; what is not known is empty "
            "or null",
        },
    ),
    Row(
        "display",
        KIOSK + "/display",
        "page",
        False,
        0,
        "heartbeat of the page, every 3 s and on change",
        {
            "at": "when it was said",
            "state": "what is really on the screen",
            "serial": "of the suggestions it shows, or null",
            "shows_notice": "whether people can read the notice: without it the camera stays shut",
            "since": "when this came on the screen",
        },
    ),
    Row(
        "feedback",
        KIOSK + "/feedback",
        "page",
        False,
        1,
        "a touch",
        {
            "item_id": "the item that was touched, or null",
            "verdict": "`chosen`, `liked`, `not_for_me`, `opt_out` or `opt_in`",
            "at": "when it was touched: the same touch delivered twice counts once",
        },
    ),
    Row(
        "health",
        KIOSK + "/health",
        "kiosk",
        True,
        1,
        "how the kiosk is; what it has no sensor for is null",
        {
            "at": "when it was said",
            "boot": "id of this start of the kiosk",
            "uptime_s": "seconds since it",
            "steps": "by name of the loop: `ok`, `age_s` (seconds since it turned)",
            "camera": "`state`: `open`, `lost`, `closed`, `ended`, `hung` or `waiting_for_page`; "
            "`since_s`; `reason`",
            "fps": "frames a second",
            "detector": "`name` and `reason`: which is in use, and why",
            "accelerator": "`name` and `reason`: what really runs the models, and why",
            "runtime": "of the models",
            "drops": "`frames` and `messages` that were thrown away",
            "broker": "the connection: `alive`, `connected`, `protocol`, `since_s`, "
            "`acknowledged` (publishes the broker has confirmed), `acknowledged_age_s`, "
            "`waiting`, `refused`, `drops`, `malformed`, `reconnects`, `takeovers`, `trouble`",
            "clock": "`synchronised`, `waiting` or `unknown`",
            "temperature_c": "of the board",
            "undervoltage": "true, false or null",
            "throttled": "what slows the board down now, a list",
            "rss_mb": "resident memory",
        },
    ),
    Row(
        "counts",
        KIOSK + "/counts",
        "kiosk",
        False,
        1,
        "visitors of an hour; small numbers are null, and so are those that would tell them",
        {
            "hour": "the hour's beginning, or null where the clock was not to be trusted",
            "visitors": "how many, without anyone who may be a minor",
            "by_mood": "how many by mood",
            "by_age_band": "how many by age band",
            "by_company": "how many by company",
            "touches": "how many by verdict",
        },
    ),
    Row(
        "weather",
        ROOT + "/{site}/weather",
        "anyone",
        True,
        1,
        "optional, for all kiosks of a site",
        {
            "condition": "one word in small letters, such as `rain`",
            "expires_at?": "not to be believed after this",
        },
    ),
)

ROWS: Mapping[str, Row] = {row.name: row for row in TABLE}


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one kiosk.

    Raises:
        ValueError: a site or a kiosk that cannot be a level of a topic, or a reserved site.
    """

    site: str
    kiosk: str

    def __post_init__(self) -> None:
        for name, level in (("site", self.site), ("kiosk", self.kiosk)):
            if not _LEVEL.fullmatch(level):
                raise ValueError(f"{name}: got {level!r}, takes letters, digits, - and _")
        if self.site in RESERVED_SITES:
            raise ValueError(f"site: got {self.site!r}, which is reserved")

    @property
    def root(self) -> str:
        """What the kiosk's own topics begin with, without the last slash."""
        return KIOSK.format(site=self.site, kiosk=self.kiosk)

    @property
    def client_id(self) -> str:
        """The kiosk's id at a broker. The colons keep site `a`, kiosk `b-c` from site `a-b`, `c`.

        It names the place in the fleet, not the machine: after a restart the broker throws out what
        is left of the old connection, and a second machine that was given the same name is found
        out, where ids of their own would let both write the same topics in silence.
        """
        return f"wayside:{self.site}:{self.kiosk}"

    def topic(self, name: str) -> str:
        """Topic of a row.

        Raises:
            KeyError: no such row.
        """
        return ROWS[name].template.format(site=self.site, kiosk=self.kiosk)

    def row(self, topic: str) -> Row | None:
        """The row that a topic of this kiosk belongs to; None for any other topic."""
        return next((row for row in TABLE if self.topic(row.name) == topic), None)
