"""The one table of messages: the name, the topic and the type of each.

Nothing else spells a topic. The bus publishes and subscribes by a row of this table, and
`docs/messages.md` and `docs/schemas/` are generated from it (`tools/documents.py`).

A new kind of message takes a class (device/messaging/messages.py, or fleet_messages.py for the
agent and the operator), a row here, and `Inbox.route` in the room that wants it.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from typing import Literal

from device.messaging.fleet_messages import (
    AgentReport,
    Announcement,
    Command,
    CommandResult,
    Identify,
    Release,
    SignedAnnouncement,
)
from device.messaging.messages import (
    Ask,
    Counts,
    Display,
    Feedback,
    Health,
    Heard,
    Press,
    Received,
    ScreenPower,
    Status,
    Suggestions,
    Touches,
    Weather,
)
from device.setting_types import topic_level

ROOT = "wayside/v1"
KIOSK = ROOT + "/{site}/{kiosk}"

FLEET_METADATA = ROOT + "/fleet/metadata"
"""All signed metadata of a fleet's releases, retained at the hub (device/fleet/blobs.py)."""

FLEET_BLOBS = ROOT + "/fleet/blob/"
"""Content, retained at the hub in numbered parts: `<sha256>/<n>`."""


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of message. message: its keys; a `Received` type is subscribed to."""

    name: str
    template: str
    message: type
    sender: Literal["the kiosk", "the agent", "the page", "the operator", "anyone"]
    retained: bool
    qos: Literal[0, 1]

    @property
    def received(self) -> bool:
        """Whether the kiosk receives it; else it sends it."""
        return issubclass(self.message, Received)

    @property
    def what(self) -> str:
        """What it is, in a sentence or two."""
        return " ".join((inspect.getdoc(self.message) or "").split())


TABLE = (
    Row("status", KIOSK + "/status", Status, "the kiosk", retained=True, qos=1),
    Row("suggestions", KIOSK + "/suggestions", Suggestions, "the kiosk", retained=True, qos=1),
    Row("screen", KIOSK + "/screen", ScreenPower, "the kiosk", retained=True, qos=1),
    Row("display", KIOSK + "/display", Display, "the page", retained=False, qos=0),
    Row("feedback", KIOSK + "/feedback", Feedback, "the page", retained=False, qos=1),
    Row("press", KIOSK + "/press", Press, "the kiosk", retained=False, qos=1),
    Row("ask", KIOSK + "/ask", Ask, "the page", retained=False, qos=1),
    Row("heard", KIOSK + "/heard", Heard, "the kiosk", retained=False, qos=1),
    Row("health", KIOSK + "/health", Health, "the kiosk", retained=True, qos=1),
    Row("counts", KIOSK + "/counts", Counts, "the kiosk", retained=False, qos=1),
    Row("touches", KIOSK + "/touches", Touches, "the kiosk", retained=False, qos=1),
    Row("release", KIOSK + "/release", Release, "the agent", retained=True, qos=1),
    Row("agent", KIOSK + "/agent", AgentReport, "the agent", retained=True, qos=1),
    Row("command", KIOSK + "/command", Command, "the operator", retained=False, qos=1),
    Row(
        "command-result",
        KIOSK + "/command/result",
        CommandResult,
        "the agent",
        retained=False,
        qos=1,
    ),
    Row(
        "site-announcement",
        ROOT + "/fleet/announcement/{site}",
        SignedAnnouncement,
        "the operator",
        retained=True,
        qos=1,
    ),
    Row("announcement", KIOSK + "/announcement", Announcement, "the agent", retained=True, qos=1),
    Row("identify", KIOSK + "/identify", Identify, "the agent", retained=False, qos=1),
    Row("weather", ROOT + "/{site}/weather", Weather, "anyone", retained=True, qos=1),
)


def blob_topic(sha256: str, number: int) -> str:
    """The topic of one part of a blob."""
    return f"{FLEET_BLOBS}{sha256}/{number}"


def blob_part(topic: str) -> tuple[str, int] | None:
    """Hash of the blob and number of the part; None: not the topic of one."""
    found = re.fullmatch(r"([0-9a-f]{64})/(0|[1-9][0-9]{0,5})", topic.removeprefix(FLEET_BLOBS))
    whole = found is not None and topic.startswith(FLEET_BLOBS)
    return (found[1], int(found[2])) if found and whole else None


@dataclass(frozen=True, slots=True)
class Topics:
    """The topics of one kiosk. table: other rows, for tests.

    Raises:
        ValueError: a site or kiosk that cannot be a level of a topic.
    """

    site: str
    kiosk: str
    table: tuple[Row, ...] = TABLE

    def __post_init__(self) -> None:
        for name, level in (("site", self.site), ("kiosk", self.kiosk)):
            try:
                topic_level(level)
            except ValueError as error:
                raise ValueError(f"{name}: got {level!r}, takes {error}") from None

    @property
    def root(self) -> str:
        """What all topics of the kiosk begin with, without the last slash."""
        return KIOSK.format(site=self.site, kiosk=self.kiosk)

    @property
    def client_id(self) -> str:
        """The kiosk's id at a broker, derived from its name, not from the machine.

        After a restart the broker closes what is left of the old connection, and two machines of
        one name notice each other; with random ids both would write the same topics. The colons
        keep site `a`, kiosk `b-c` apart from site `a-b`, kiosk `c`.
        """
        return f"wayside:{self.site}:{self.kiosk}"

    def row(self, name: str) -> Row:
        """The row of a message.

        Raises:
            KeyError: there is none.
        """
        return {row.name: row for row in self.table}[name]

    def topic(self, name: str) -> str:
        """The topic of a message of this kiosk.

        Raises:
            KeyError: no such message.
        """
        return self.row(name).template.format(site=self.site, kiosk=self.kiosk)

    def row_of(self, topic: str) -> Row | None:
        """The row of a topic of this kiosk; None for any other topic."""
        return next((row for row in self.table if self.topic(row.name) == topic), None)
