"""What the operator asks of a kiosk, and tells the people at it: believed, then done once.

It has no thread and no connection: the agent hands it what comes from the hub and sends what it
returns. Guarantees:
- A command is obeyed only if it was signed for this kiosk and this start of its machine, has not
  expired, was not retained, and has a higher sequence number than every one before. That number is
  on the disk before the command is obeyed, so a power cut may lose a command and never repeats one.
- An announcement is shown only while it holds, and no older one after a newer.
- Whatever comes, nothing is raised; nothing is written unless a believed document is new.
"""

from __future__ import annotations

import base64
import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal, Protocol

from securesystemslib.signer import SSlibKey

from device.errors import UserError
from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.envelopes import Announcement, Command, Unbelieved, Verb, unwrap
from device.messaging import fleet_messages
from device.messaging.payloads import LIFETIME_S, iso
from device.messaging.topics import Topics

log = logging.getLogger(__name__)

RECORD = "commands.json"
"""What was obeyed last, below the agent's folder."""

IDENTIFY_S = 30.0

PAUSED = {"pause": True, "resume": False}


class Trusted(Protocol):
    """What knows the operator's keys and the time: device/fleet/trust.py."""

    def command_keys(self) -> Sequence[SSlibKey]:
        """The keys that sign commands and announcements."""

    def time(self, now: datetime | None) -> datetime:
        """The time by which a document expires. now: None: not known."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of a message. verb: still to be done, where `state` is empty."""

    sequence: int | None = None
    verb: Verb | Literal[""] = ""
    state: Literal["", "done", "refused", "failed"] = ""
    reason: str = ""

    def message(
        self, now: datetime, *, failure: str = "", lines: Sequence[str] = (), image: bytes = b""
    ) -> fleet_messages.CommandResult:
        """What the hub is told when it is over. failure: why it could not be done. image: a PNG."""
        return {
            "sequence": self.sequence,
            "verb": self.verb,
            "state": self.state or ("failed" if failure else "done"),
            "reason": self.reason or failure,
            "lines": list(lines),
            "image": base64.b64encode(image).decode("ascii"),
            "at": iso(now),
        }


class Commands:
    """What was obeyed and announced so far. `paused`: updates wait. `sequence`: of the last command
    that was obeyed."""

    def __init__(
        self,
        topics: Topics,
        folder: Path,
        disk: Disk,
        trusted: Trusted,
        boot: Callable[[], str] = guard.boot_id,
    ) -> None:
        """folder: the agent's. boot: id of this start of the machine."""
        self._kiosk, self._site = f"{topics.site}/{topics.kiosk}", topics.site
        self._path, self._disk, self._trusted = folder / RECORD, disk, trusted
        self.boot = boot()
        known = guard.unseal(self._path) or {}
        self.sequence = _number(known.get("sequence"))
        self.paused = known.get("paused") is True
        self._announced = _number(known.get("announced"))
        self._announcement: Announcement | None = None
        self._said: tuple[dict[str, str], datetime] | None = None
        """What the page was told last, and when."""

    def command(self, payload: bytes, retained: bool, now: datetime | None) -> Outcome:
        """Whether a command is to be obeyed: then its `state` is empty, and it never is again.

        now: None while the time is not known.
        """
        try:
            command = unwrap(Command, payload, self._keys())
        except Unbelieved as error:
            log.warning("a command is not obeyed: %s", error)
            return Outcome(state="refused", reason=str(error))
        reason = self._refusal(command, retained, now)
        if not reason:
            paused = PAUSED.get(command.verb, self.paused)
            reason = self._keep(command.sequence, paused, self._announced)
        if reason:
            log.warning("the command %s is not obeyed: %s", command.verb, reason)
            return Outcome(command.sequence, command.verb, "refused", reason)
        log.info("the operator's command: %s", command.verb)
        return Outcome(command.sequence, command.verb)

    def announcement(self, payload: bytes, now: datetime | None) -> bool:
        """Take an announcement, which comes again at each connect; whether it was of use."""
        if not payload:
            return True  # cleared at the hub: what was signed holds until it ends
        try:
            announcement = unwrap(Announcement, payload, self._keys())
        except Unbelieved as error:
            log.warning("an announcement is not believed: %s", error)
            return False
        if announcement.site != self._site or announcement.number < self._announced:
            log.warning("an announcement for another site, or older than the last, is not shown")
            return False
        if announcement.number > self._announced:
            # Where the disk refuses, it is shown nevertheless: an older one may then come back.
            self._keep(self.sequence, self.paused, announcement.number)
            self._announced = announcement.number
        self._announcement = announcement
        return True

    def screen(self, now: datetime | None, wall: datetime) -> fleet_messages.Announcement | None:
        """What the page is to be told now; None: nothing new. wall: by the kiosk's clock, right or
        not, which the page has too."""
        found = self._announcement
        texts = found.texts if found is not None and found.holds(self._time(now)) else {}
        if self._said is None and not texts:
            return None
        if self._said is not None and self._said[0] == texts:
            age_s = (wall - self._said[1]).total_seconds()
            if not texts or 0 <= age_s < LIFETIME_S / 3:
                return None
        self._said = (texts, wall)
        expires = wall + timedelta(seconds=LIFETIME_S)
        return {
            "texts": texts,
            "at": iso(wall),
            "expires_at": iso(expires),
            "lifetime_s": LIFETIME_S,
        }

    def _keys(self) -> Sequence[SSlibKey]:
        with suppress(UserError, OSError):
            return self._trusted.command_keys()
        return ()

    def _time(self, now: datetime | None) -> datetime:
        with suppress(UserError, OSError):
            return self._trusted.time(now)
        return datetime.max.replace(tzinfo=UTC)  # everything has expired

    def _refusal(self, command: Command, retained: bool, now: datetime | None) -> str:
        """Why a command is not obeyed; empty: it may be."""
        if retained:
            return "retained: commands are never kept"
        if command.kiosk != self._kiosk:
            return f"another kiosk: it is for {command.kiosk[:140]}"
        if not self.boot or command.boot != self.boot:
            return "another start: the machine has started since, or before"
        if command.sequence <= self.sequence:
            return f"repeated: {self.sequence} was obeyed already"
        if command.expires <= self._time(now):
            return "expired"
        return ""

    def _keep(self, sequence: int, paused: bool, announced: int) -> str:
        """Put it on the disk; why that cannot be, or nothing."""
        record: Mapping[str, object] = {
            "sequence": sequence,
            "paused": paused,
            "announced": announced,
        }
        try:
            self._disk.write(self._path, guard.seal(record))
        except OSError as error:
            return f"disk: {error.strerror or error}"
        self.sequence, self.paused = sequence, paused
        return ""


def identify(name: str, now: datetime) -> fleet_messages.Identify:
    """The message that has the page show the kiosk's name."""
    return {"name": name, "at": iso(now), "lifetime_s": IDENTIFY_S}


def _number(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
