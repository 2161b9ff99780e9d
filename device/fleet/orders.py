"""Does what the operator's commands ask for, and has the page show what the operator announces.

Guarantees: each command has one result at the hub, also where it is refused; what takes long is
waited for between two turns of the agent, never within one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device.fleet import diagnostics, guard, screenshot
from device.fleet.commands import Commands, Outcome, identify
from device.fleet.disk import Disk
from device.fleet.settings import AgentConfig
from device.fleet.trust import Trust
from device.messaging.payloads import encode
from device.messaging.queues import Outgoing
from device.messaging.topics import Topics
from device.upkeep.clock import EARLIEST

DIAGNOSTICS_S = 240.0
"""Longest wait for the service that collects them."""

NO_DIAGNOSTICS = "nothing was collected: does wayside-diagnostics.path run?"

SCREENSHOT_S = 10.0
"""Longest wait for the service that takes it."""

NO_SCREENSHOT = "none was taken: does wayside-display run, and wayside-screenshot.path?"
NOT_AT_REST = "the page does not rest; what it shows somebody stays on the kiosk"


@dataclass(frozen=True, slots=True)
class _Answer:
    """What has come of a command. failure: why it could not be done; empty: it was."""

    failure: str = ""
    lines: Sequence[str] = ()
    image: bytes = b""


@dataclass(frozen=True, slots=True)
class _Errand:
    """A command that a service of its own answers. until: by the clock. missing: why not, then."""

    outcome: Outcome
    until: float
    answer: Callable[[], _Answer | None]
    missing: str


class Orders:
    """hears: topics of the hub. ignored: what was not believed."""

    def __init__(
        self,
        commands: Commands,
        topics: Topics,
        folder: Path,
        to_hub: Callable[[Outgoing], None],
        to_kiosk: Callable[[Outgoing], None],
        *,
        rests: Callable[[], bool],
        picture: Path = screenshot.PICTURE,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        """folder: the agent's. to_hub, to_kiosk: queue a message for that broker. rests: whether
        the page does. picture: where a screenshot appears."""
        self.commands, self._topics, self._folder = commands, topics, folder
        self._to_hub, self._to_kiosk = to_hub, to_kiosk
        self._rests, self._picture = rests, picture
        self._clock, self._wall = clock, wall
        self.hears = tuple(topics.topic(name) for name in ("command", "site-announcement"))
        self.ignored = 0
        self._results = list[Outgoing]()
        self._errand: _Errand | None = None

    def hear(
        self, topic: str, payload: bytes, retained: bool, now: datetime | None, *, trial: bool
    ) -> bool:
        """A message of the hub; False: it is none of these. now: None while the time is unknown.

        trial: a release is on trial, which a restart would cost one of its starts.
        """
        if topic == self._topics.topic("site-announcement"):
            self.ignored += not self.commands.announcement(payload, now)
            return True
        if topic != self._topics.topic("command"):
            return False
        if payload:  # else a retained one was removed
            outcome = self.commands.command(payload, retained, now)
            self.ignored += outcome.sequence is None
            self._do(outcome, trial)
        return True

    def turn(self, now: datetime | None) -> None:
        """Have the page show what is due, and look for what is waited for."""
        if message := self.commands.screen(now, self._now()):
            self._show("announcement", message)
        if self._errand:
            answer = self._errand.answer()
            if answer is None and self._clock() > self._errand.until:
                answer = _Answer(self._errand.missing)
            if answer is not None:
                self._end(self._errand.outcome, answer)
                self._errand = None

    def tell(self) -> None:
        """Send the results. The hub must have the agent's report before, whose sequence number the
        operator's next command takes."""
        for result in self._results:
            self._to_hub(result)
        self._results.clear()

    def _do(self, outcome: Outcome, trial: bool) -> None:
        """Do what is asked; a result follows at once, or with `turn`."""
        failure = ""
        if not outcome.state:
            try:
                if outcome.verb == "restart":
                    failure = self._restart(trial)
                elif outcome.verb == "identify":
                    self._show("identify", identify(self._topics.kiosk, self._now()))
                elif outcome.verb == "diagnostics":
                    diagnostics.request(self._folder)
                    self._wait(outcome, DIAGNOSTICS_S, self._diagnosed, NO_DIAGNOSTICS)
                    return
                elif outcome.verb == "screenshot":
                    if self._rests():
                        screenshot.request(self._folder, self._picture)
                        self._wait(outcome, SCREENSHOT_S, self._taken, NO_SCREENSHOT)
                        return
                    failure = NOT_AT_REST
            except OSError as error:
                failure = f"disk: {error.strerror or error}"
        self._end(outcome, _Answer(failure))

    def _wait(
        self,
        outcome: Outcome,
        within_s: float,
        answer: Callable[[], _Answer | None],
        missing: str,
    ) -> None:
        """For a service's answer; who waits for another one is told."""
        if self._errand:
            self._end(self._errand.outcome, _Answer("something else was asked for"))
        self._errand = _Errand(outcome, self._clock() + within_s, answer, missing)

    def _diagnosed(self) -> _Answer | None:
        lines = diagnostics.answer(self._folder)
        return None if lines is None else _Answer(lines=lines)

    def _taken(self) -> _Answer | None:
        image = screenshot.answer(self._picture)
        if image is None:
            return None
        if not self._rests():
            return _Answer(NOT_AT_REST)
        return _Answer(image=image) if image else _Answer(NO_SCREENSHOT)

    def _restart(self, trial: bool) -> str:
        if trial:
            return "a release is on trial"
        guard.request_switch(self._folder)
        return ""

    def _end(self, outcome: Outcome, answer: _Answer) -> None:
        message = outcome.message(
            self._now(), failure=answer.failure, lines=answer.lines, image=answer.image
        )
        topic = self._topics.topic("command-result")
        self._results.append(Outgoing(topic, encode(message), retain=False))

    def _show(self, name: str, message: Mapping[str, Any]) -> None:
        row = self._topics.row(name)
        self._to_kiosk(Outgoing(self._topics.topic(name), encode(message), row.retained))

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._wall(), UTC)


def open_commands(config: AgentConfig) -> Commands:
    """What this kiosk obeys; `open_updates` puts the root of trust in its place before.

    Raises:
        UserError: there is none.
    """
    disk = Disk()
    trust = Trust(config.folder / "trust", disk, datetime.fromtimestamp(EARLIEST, UTC))
    return Commands(Topics(config.site, config.kiosk), config.folder, disk, trust)
