"""The messages of a fleet: what a kiosk's agent says, and what the operator sends to it.

All are `TypedDict`s, since the kiosk's program receives none of them; what an envelope holds is
checked by device/fleet/envelopes.py.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from typing_extensions import TypedDict  # pydantic takes typing's from Python 3.12 on

from device.messaging.messages import Time


class RefusedRelease(TypedDict):
    """A release that this kiosk does not try again by itself."""

    release: Annotated[int, Field(description="its counter")]
    reason: str


class Release(TypedDict):
    """Which release of the fleet runs, and how the newest one fares. Sent on each change."""

    running: Annotated[int | None, Field(description="its counter; null: the factory's")]
    state: Annotated[str, Field(description="IDLE, CHECK, DOWNLOAD, STAGED, TRIAL, COMMITTED, "
                                "ROLLED_BACK, REJECTED or FAILED")]  # fmt: skip
    candidate: Annotated[int | None, Field(description="the release that `state` is about")]
    reason: Annotated[str, Field(description="of ROLLED_BACK, REJECTED and FAILED; else empty")]
    metadata: Annotated[str, Field(description="empty, or why the newest were not believed")]
    refused: Annotated[list[RefusedRelease], Field(description="the latest, and why")]
    at: Time


class AgentReport(TypedDict):
    """How the agent is that connects the kiosk to its fleet. At the hub only, every hour and when
    something changes. Counts are since its start."""

    at: Time
    version: str
    certificate_expires: Annotated[Time | None, Field(description="null: it has none")]
    certificate_days: Annotated[int | None, Field(description="left of it")]
    kiosk_broker: Annotated[bool, Field(description="connected to the kiosk's own broker")]
    reconnects: Annotated[int, Field(description="to the hub")]
    drops: Annotated[int, Field(description="messages lost because a queue was full")]
    ignored: Annotated[int, Field(description="messages that were too long, or of no use")]
    parts_again: Annotated[int, Field(description="parts of releases that were asked for again")]
    rss_mb: Annotated[float | None, Field(description="resident memory, megabytes")]
    boot: Annotated[str, Field(description="id of this start of the machine, for commands")]
    sequence: Annotated[int, Field(description="of the last command; 0: there was none")]
    paused: Annotated[bool, Field(description="updates wait for the command `resume`")]
    trouble: Annotated[list[str], Field(description="what is wrong, in words")]


class Signature(TypedDict):
    """Of the operator's key `commands`."""

    keyid: str
    sig: Annotated[str, Field(description="base64")]


class Envelope(TypedDict):
    """A signed document, as DSSE has it (device/fleet/envelopes.py)."""

    payload: Annotated[str, Field(description="base64 of JSON")]
    payloadType: Annotated[str, Field(description="which document it is")]
    signatures: list[Signature]


class Command(Envelope):
    """A signed request to one kiosk, which is obeyed once: restart, identify, diagnostics,
    screenshot, pause or resume. At the hub only."""


class CommandResult(TypedDict):
    """What has come of a command. At the hub only."""

    sequence: Annotated[int | None, Field(description="of the command; null: it was not believed")]
    verb: Annotated[str, Field(description="what was asked for; empty: it was not believed")]
    state: Literal["done", "refused", "failed"]
    reason: Annotated[str, Field(description="of `refused` and `failed`; else empty")]
    lines: Annotated[list[str], Field(description="what was asked for, for people")]
    image: Annotated[str, Field(description="of `screenshot`: a PNG in base64; else empty")]
    at: Time


class SignedAnnouncement(Envelope):
    """A signed text for all screens of a site, with the time in which it holds. At the hub only."""


class Announcement(TypedDict):
    """What the operator tells the people at this screen, relayed by the agent while it holds. It
    stays on the kiosk."""

    texts: Annotated[dict[str, str], Field(description="by language; empty: there is nothing")]
    at: Annotated[Time, Field(description="when it was published")]
    expires_at: Annotated[Time, Field(description="not to be shown after this")]
    lifetime_s: Annotated[float, Field(description="`expires_at` - `at`; refreshed every third")]


class Identify(TypedDict):
    """The page is to show the kiosk's name for a while, so that one finds it in a row of screens.
    It stays on the kiosk."""

    name: str
    at: Time
    lifetime_s: float
