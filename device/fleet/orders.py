"""Does what the operator's commands ask for, and has the page show what the operator announces.

Guarantees: each command has one result at the hub, also where it is refused; what takes long is
waited for between two turns of the agent, never within one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
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
        self._waiting: tuple[Outcome, float] | None = None
        """A command that a service of its own answers, and until when."""

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
        if self._waiting:
            outcome, until = self._waiting
            if self._answered(outcome):
                self._waiting = None
            elif self._clock() > until:
                shown = outcome.verb == "screenshot"
                self._end(outcome, NO_SCREENSHOT if shown else NO_DIAGNOSTICS)
                self._waiting = None

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
                    self._wait(outcome, DIAGNOSTICS_S)
                    return
                elif outcome.verb == "screenshot":
                    if self._rests():
                        screenshot.request(self._folder, self._picture)
                        self._wait(outcome, SCREENSHOT_S)
                        return
                    failure = NOT_AT_REST
            except OSError as error:
                failure = f"disk: {error.strerror or error}"
        self._end(outcome, failure)

    def _wait(self, outcome: Outcome, within_s: float) -> None:
        """For the answer of a service; who waits for another one is told."""
        if self._waiting:
            self._end(self._waiting[0], "something else was asked for")
        self._waiting = (outcome, self._clock() + within_s)

    def _answered(self, outcome: Outcome) -> bool:
        """Whether the service has answered; then its answer is sent."""
        if outcome.verb == "diagnostics":
            lines = diagnostics.answer(self._folder)
            if lines is not None:
                self._end(outcome, lines=lines)
            return lines is not None
        image = screenshot.answer(self._picture)
        if image is not None:
            rests = self._rests()
            failure = NO_SCREENSHOT if not image else "" if rests else NOT_AT_REST
            self._end(outcome, failure, image=image if rests else b"")
        return image is not None

    def _restart(self, trial: bool) -> str:
        if trial:
            return "a release is on trial"
        guard.request_switch(self._folder)
        return ""

    def _end(
        self,
        outcome: Outcome,
        failure: str = "",
        lines: Sequence[str] = (),
        image: bytes = b"",
    ) -> None:
        message = outcome.message(self._now(), failure=failure, lines=lines, image=image)
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
