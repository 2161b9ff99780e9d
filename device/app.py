"""The kiosk: a camera, a corridor, and a broker and a page for what the corridor shows.

It gives the corridor frames and a `Context` and publishes what the screen shows. Guarantees: a live
camera is open only while a page shows the notice and nobody has opted out; a lost camera, broker or
page is a state, and the loop goes on.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from device.camera.capture import Camera, Capture
from device.camera.mounting import Light
from device.config import Config
from device.corridor import Corridor
from device.display.made import made_files
from device.display.server import PageServer, broker_page, settings_script
from device.display.speech import SpeechServer
from device.hearing.microphone import Microphone
from device.inference.litert import runtime_name
from device.messaging import payloads
from device.messaging.broker import EmbeddedBroker
from device.messaging.bus import Bus
from device.messaging.messages import Notice, Press
from device.messaging.topics import Topics
from device.names import Action
from device.release import running
from device.session.archive import Archive
from device.session.asking import Asking
from device.session.awake import Awake
from device.session.counts import Counts
from device.session.world import World
from device.setting_types import EMBEDDED
from device.speech.output import open_speaker
from device.upkeep.board import disk_free_mb
from device.upkeep.health import Health
from device.upkeep.watchdog import Watchdog
from device.values import Audience, Context, Frame, Screen


class Kiosk:
    """A camera, a corridor, and a broker and a page for what the corridor shows."""

    TURN_S = 0.25
    """Longest wait for a frame: touches, refreshes and heartbeats do not wait for a camera."""

    DEADLINE_S = 8.0
    """A loop that has not turned for this long hangs."""

    def __init__(
        self,
        config: Config,
        camera: Camera,
        watchdog: Watchdog,
        *,
        live: bool,
        announce: Callable[[str], None] = print,
        world: World | None = None,
        microphone: Microphone | None = None,
    ) -> None:
        """Start everything; if a part fails, stop those that have started.

        live: whether the camera shows people who are there now, so that it may be open only while
        a page shows the notice. announce: prints a line for the user who started the kiosk.
        microphone: to ask aloud by, instead of the configuration's.

        Raises:
            UserError: a model or table is missing or broken, or a port is taken.
        """
        self._config, self._live, self._announce = config, live, announce
        self.world = world or World(config)
        hours = Awake(config.privacy.trend_hours, config.place, "privacy.trend_hours")
        self.counts = Counts(config.privacy, config.state, hours.at)
        self._archive = Archive(config.state)
        self.audience = Audience()
        self.frames = 0
        """Frames that went through the corridor."""
        self._light = Light()
        self._context = self.world.context()
        self._seen_at = self._publish_at = self._health_at = self._fps = 0.0
        self._faces = 0
        self._published: tuple[int, str] | None = None
        self._screen_on: bool | None = None
        boot, beats = secrets.token_hex(8), watchdog.heartbeats
        with ExitStack() as started:
            watchdog.loading("models and catalogue")
            self.corridor = Corridor(config)
            started.callback(self.corridor.close)
            self.asking = Asking.open(config, lambda: self.corridor.matcher.askable, microphone)
            if self.asking is not None:
                started.callback(self.asking.stop)
            watchdog.loading("broker and page")
            mqtt, websocket_port = config.mqtt, None
            self.broker = EmbeddedBroker(mqtt) if mqtt.broker == EMBEDDED else None
            if self.broker:
                self.broker.start(beats.expect("broker", self.DEADLINE_S))
                started.callback(self.broker.stop)
                mqtt, websocket_port = self.broker.address, self.broker.websocket_port
            self.page_address = broker_page(config)
            speech_port = None
            if (speaker := open_speaker(config.speech)) is not None:
                speech = SpeechServer(config.speech.port, speaker)
                speech.start()
                started.callback(speech.stop)
                speech_port = speech.port
            if config.display.port is not None:
                page = PageServer(
                    config.display.port,
                    settings_script(
                        config, websocket_port, speech_port, ask=self.asking is not None
                    ),
                    made_files(config),
                    config.display.pictures,
                    config.display.photographs,
                )
                page.start()
                started.callback(page.stop)
                self.page_address = page.address
                announce(f"page: {page.address}")
            topics = Topics(config.site, config.kiosk)
            self.bus = Bus(mqtt, topics, release=running().name, boot=boot)
            self.world.listen(self.bus.inbox)
            if self.asking is not None:
                self.asking.listen(self.bus.inbox)
            self.bus.start(beats.expect("bus", self.DEADLINE_S))
            started.callback(self.bus.stop)
            self.capture = Capture(camera, config.camera)
            started.callback(self.capture.close)
            self._started = started.pop_all()
        self.health = Health(boot, beats, self._sources())
        self._beat_corridor = beats.expect("corridor", self.DEADLINE_S)
        self._beat_camera = beats.expect("camera", self.DEADLINE_S)

    def turn(self) -> Screen:
        """One turn: take messages, process a frame if the camera may be open, publish the screen.

        Raises:
            ClientDeadError: nothing can be published any more.
        """
        self.bus.deliver()
        context = replace(self.world.context(), tried=self.counts.tried)
        if self.asking is not None:
            self.asking.turn(context)
            context = replace(context, request=self.asking.request)
        self._context = context
        if self._may_look(context):
            self.capture.allow()
        else:
            self.capture.pause()
            self._forget()
        frame = self.capture.take(self.TURN_S)
        if frame is not None and not self._too_soon(frame):
            self._look(frame)
        elif context.at - self._seen_at > self._config.vision.absence_s:
            self._forget()
        screen = self.corridor.show(self.audience, context)
        shown = self.world.shown(screen, context.at)
        self.counts.update(self.audience, context, shown)
        self.counts.keep(context.at)
        self._publish(screen, context)
        self._answer(screen)
        self._beat_corridor()
        if self.capture.state.name != "hung":
            self._beat_camera()
        return screen

    def press(self, action: Action) -> None:
        """A button at the screen was pressed; may be called from any thread. Opting out is the
        kiosk's own; the page acts on any other, if it hears of it now."""
        if action == "opt_out":
            self.world.press()
        elif self.bus.state.connected:
            now = payloads.iso(datetime.now(UTC))
            self.bus.publish("press", Press(action=action, at=now))

    def stop(self) -> None:
        """Clear the screen, close the camera, publish `offline` and stop every thread; keep what
        touches have taught."""
        self.counts.keep(self._context.at, stopping=True)
        self._publish(Screen("resting", (), self._context.at, -1), self._context)
        self._started.close()

    def _may_look(self, context: Context) -> bool:
        """Whether the camera may be open: rules 3 and 4 of privacy, and never while the screen is
        off."""
        quiet = context.opted_out or context.asleep
        return not quiet and (context.page_alive or not self._live)

    def _look(self, frame: Frame) -> None:
        gap = frame.at - self._seen_at
        self._fps += 0.1 * (1 / gap - self._fps) if 0 < gap < 1 else -self._fps
        self._seen_at = frame.at
        self.frames += 1
        self._light.measure(frame)
        overheard = () if self.asking is None else self.asking.overheard(self._faces, frame.at)
        seen = self.corridor.see(frame, overheard)
        self.audience, self._faces = seen.audience, len(seen.tracks)

    def _forget(self) -> None:
        """Forget everybody at once."""
        self.corridor.forget()
        self.audience, self._faces = Audience(), 0
        if self.asking is not None:
            self.asking.overheard(0, self._context.at)

    def _too_soon(self, frame: Frame) -> bool:
        """On a hot board every second frame is skipped, before the board throttles itself."""
        spacing = 1.5 / self._config.camera.fps
        return self._context.hot and frame.at - self._seen_at < spacing

    def _publish(self, screen: Screen, context: Context) -> None:
        """Publish what has changed, what needs a refresh, the kiosk's health and the counts."""
        health_is_due = context.at >= self._health_at
        on = not context.asleep
        if on != self._screen_on or health_is_due:
            self._screen_on = on
            self.bus.publish("screen", {"on": on})
        notice = self._notice(context)
        shown = (screen.serial, notice)
        if shown != self._published or context.at >= self._publish_at:
            if self._published is None or shown[0] != self._published[0]:
                self._announce(_line(screen))
            self._published = shown
            self._publish_at = context.at + payloads.LIFETIME_S / 3
            message = payloads.suggestions(screen, notice, datetime.now(UTC), self.corridor.words)
            self.bus.publish("suggestions", message)
        if health_is_due:
            self._health_at = context.at + self._config.upkeep.health_every_s
            self.bus.publish("health", self.health.payload())
        if counts := self.counts.due(context):
            self.bus.publish("counts", counts)
            self._archive.add_hour(counts)
            if span := self.counts.span_due(context):
                self._archive.add_span(span)
        if touches := self.counts.touches_due(context):
            self.bus.publish("touches", touches)
            self._archive.add_day(touches, self.corridor.matcher.catalogue.get)

    def _answer(self, screen: Screen) -> None:
        """Tell the page what has become of asking aloud."""
        if self.asking is not None:
            self.asking.shown(screen)
            if (news := self.asking.news()) is not None:
                self.bus.publish("heard", news)

    def _notice(self, context: Context) -> Notice:
        """Which notice the page must show: that of the camera before it opens, not after."""
        if context.asleep:
            return "not_watching"
        if context.opted_out:
            return "opted_out"
        return "watching" if self._live else "demo"

    def _sources(self) -> dict[str, Callable[[], Any]]:
        """The sources of `health`."""
        choice, backend = self.corridor.faces.choice, self.corridor.recogniser.backend
        return {
            "camera": self._camera_state,
            "fps": lambda: round(self._fps, 1),
            "detector": lambda: {"name": choice.name, "reason": choice.reason},
            "accelerator": lambda: {"name": backend.name, "reason": backend.reason},
            "runtime": runtime_name,
            "drops": lambda: {"frames": self.capture.dropped, "messages": self.bus.state.drops},
            "broker": self.bus.health,
            "clock": lambda: self.world.wall.state,
            "disk_free_mb": lambda: disk_free_mb(self._config.state or Path("/")),
            "catalogue_days": self._catalogue_days,
        }

    def _catalogue_days(self) -> float:
        written = self._config.matching.catalogue.stat().st_mtime
        return round(max(0.0, datetime.now(UTC).timestamp() - written) / 86_400, 1)

    def _camera_state(self) -> dict[str, Any]:
        state = self.capture.state
        context = self._context
        quiet = context.asleep or context.opted_out
        waits = self._live and not context.page_alive and not quiet
        name: str = state.name
        reason, luma = state.reason, None
        if name == "closed" and context.asleep:
            reason = "the screen is off: display.hours"
        elif name == "closed" and waits:
            name = "waiting_for_page"
        elif name == "open" and self._light.luma is not None:
            luma = round(self._light.luma, 1)
            if self._light.dark:
                name, reason = "dark", "too dark to see faces"
        since_s = round(self._context.at - state.since, 1)
        return {"state": name, "since_s": since_s, "reason": reason, "luma": luma}


def _line(screen: Screen) -> str:
    """A change of the screen in one line, for the user who started the kiosk."""
    titles = " · ".join(suggestion.item.title for suggestion in screen.suggestions)
    return f"{datetime.now():%H:%M:%S} {screen.state.replace('_', ' ')}  {titles}".rstrip()
