"""What the hub tells of each kiosk, in one row a kiosk.

    table = Table(enrolled)
    table.hear(message, now)
    table.rows()

Guarantees: whatever a kiosk sends, the table goes on: a message that is none is counted in
`ignored`, and one key that is wrong costs that message alone. What a kiosk has not said is None.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from device.fleet.blobs import decode_metadata
from device.fleet.metadata import TIME
from device.messaging.payloads import LONGEST
from device.messaging.topics import FLEET_METADATA, ROOT

HEARD = ("status", "health", "release", "agent")
"""Messages of a kiosk that make its row."""

FILTERS = (*(f"{ROOT}/+/+/{name}" for name in HEARD), FLEET_METADATA)

State: TypeAlias = Literal["online", "stopped", "offline", "never"]
"""stopped: the machine is there, and the kiosk's program is not. never: enrolled, and not seen."""

_TOPIC = re.compile(rf"{ROOT}/([^/]+/[^/]+)/({'|'.join(HEARD)})")


MOST_WORDS = 300


def _plain(text: str) -> str:
    """Without what could steer a terminal, and not endless."""
    return "".join(c if c.isprintable() else "?" for c in text[:MOST_WORDS])


Words: TypeAlias = Annotated[str, AfterValidator(_plain)]
Figure: TypeAlias = Annotated[float, Field(ge=-1e9, le=1e9)]
Whole: TypeAlias = Annotated[int, Field(ge=-(10**9), le=10**9)]
"""What a kiosk says is believed within bounds that a terminal, a page and a database can take."""


class _Message(BaseModel):
    """Keys that are not needed here are left out; one that is missing is not known."""

    model_config = ConfigDict(extra="ignore")

    at: datetime | None = None


class _Status(_Message):
    state: Literal["online", "stopped", "offline"]
    release: Words = ""


class _Camera(BaseModel):
    state: Words = ""


class _Step(BaseModel):
    ok: bool = True


class _Health(_Message):
    fps: Figure | None = None
    temperature_c: Figure | None = None
    undervoltage: bool | None = None
    wifi_dbm: Figure | None = None
    disk_free_mb: Figure | None = None
    catalogue_days: Figure | None = None
    reboot_waits: bool | None = None
    camera: _Camera | None = None
    steps: dict[Words, _Step] = Field(default_factory=dict)


class _Refused(BaseModel):
    release: Whole
    reason: Words = ""


class _Release(_Message):
    running: Whole | None = None
    state: Words = ""
    candidate: Whole | None = None
    reason: Words = ""
    metadata: Words = ""
    refused: list[_Refused] = Field(default_factory=list)


class _Agent(_Message):
    certificate_days: Whole | None = None
    trouble: list[Words] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Message:
    """As the hub sent it. retained: it was said some time before."""

    topic: str
    payload: bytes
    retained: bool = False


@dataclass(frozen=True, slots=True)
class Row:
    """A kiosk. name: `site/kiosk`. seen: when it last said anything, in UTC. told: whether it has
    said which release runs. release: its counter, None: the factory's. refused: by counter, why.
    distrust: why it does not believe the newest metadata."""

    name: str
    state: State = "never"
    seen: datetime | None = None
    program: str = ""
    told: bool = False
    release: int | None = None
    phase: str = ""
    candidate: int | None = None
    reason: str = ""
    refused: dict[int, str] = field(default_factory=dict)
    distrust: str = ""
    fps: float | None = None
    temperature_c: float | None = None
    undervoltage: bool | None = None
    wifi_dbm: float | None = None
    disk_free_mb: float | None = None
    catalogue_days: float | None = None
    reboot_waits: bool | None = None
    camera: str | None = None
    hangs: tuple[str, ...] = ()
    certificate_days: int | None = None
    trouble: tuple[str, ...] = ()


class Table:
    """enrolled: names of the fleet's kiosks, which are shown though they have never been seen, and
    no others; None: all that the hub tells of.

    `expires`: by role, when the signed metadata on the hub does, in UTC.
    """

    def __init__(self, enrolled: Iterable[str] | None = None) -> None:
        self._enrolled = None if enrolled is None else frozenset(enrolled)
        self._rows = {name: Row(name) for name in self._enrolled or ()}
        self.expires: dict[str, datetime] = {}
        self.ignored = 0

    def rows(self) -> list[Row]:
        """All kiosks, by name."""
        return [self._rows[name] for name in sorted(self._rows)]

    def row(self, name: str) -> Row:
        """A kiosk; one that nothing is known of has never been seen."""
        return self._rows.get(name, Row(name))

    def hear(self, message: Message, now: datetime) -> Row | None:
        """Take a message; returns the row that it changes."""
        topic, payload = message.topic, message.payload
        if topic == FLEET_METADATA:
            self._metadata(payload)
            return None
        found = _TOPIC.fullmatch(topic)
        if found is None or not payload:
            return None
        name, what = found[1], found[2]
        if self._enrolled is not None and name not in self._enrolled:
            return None  # its certificate was revoked
        try:
            if len(payload) > LONGEST:
                raise ValueError("too long")
            at, changes = _CHANGES[what](payload)
            seen = _utc(at) if message.retained else now
        except (ValidationError, ValueError, OverflowError, RecursionError):
            self.ignored += 1
            return None
        row = self.row(name)
        known = [time for time in (row.seen, seen) if time is not None]
        row = replace(row, seen=min(now, max(known)) if known else None, **changes)
        self._rows[name] = row
        return row

    def _metadata(self, payload: bytes) -> None:
        try:
            self.expires = dict(_expiries(decode_metadata(payload)))
        except (ValueError, KeyError, TypeError, RecursionError):
            self.ignored += 1


def _status(payload: bytes) -> tuple[datetime | None, dict[str, Any]]:
    said = _Status.model_validate_json(payload)
    return said.at, {"state": said.state, "program": said.release}


def _health(payload: bytes) -> tuple[datetime | None, dict[str, Any]]:
    said = _Health.model_validate_json(payload)
    changes = said.model_dump(exclude={"at", "camera", "steps"})
    hangs = tuple(sorted(name for name, step in said.steps.items() if not step.ok))
    return said.at, changes | {"camera": said.camera and said.camera.state, "hangs": hangs}


def _release(payload: bytes) -> tuple[datetime | None, dict[str, Any]]:
    said = _Release.model_validate_json(payload)
    return said.at, {
        "told": True,
        "release": said.running,
        "phase": said.state,
        "candidate": said.candidate,
        "reason": said.reason,
        "distrust": said.metadata,
        "refused": {one.release: one.reason for one in said.refused},
    }


def _agent(payload: bytes) -> tuple[datetime | None, dict[str, Any]]:
    said = _Agent.model_validate_json(payload)
    return said.at, {
        "certificate_days": said.certificate_days,
        "trouble": tuple(said.trouble),
    }


_CHANGES = {"status": _status, "health": _health, "release": _release, "agent": _agent}


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at is not None else None


def _expiries(files: dict[str, bytes]) -> Iterator[tuple[str, datetime]]:
    """By role, when its newest file expires; a message holds older ones of the root alone."""
    for name in sorted(files, key=_version):
        ends = json.loads(files[name])["signed"]["expires"]
        role = name.removesuffix(".json").rpartition(".")[2]
        yield role, datetime.strptime(ends, TIME).replace(tzinfo=UTC)


def _version(name: str) -> int:
    return int(name.partition(".")[0]) if name != "timestamp.json" else 0
