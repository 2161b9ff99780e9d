"""The trial of a new release, by its own program: only it can say that it is well.

A kiosk that the guard started on trial rehearses before it opens anything: its configuration is
read, its models answer as they did when they were signed, and people of the demo (no picture
travels with a release) pass through the whole corridor to suggestions. Then it runs, and is
committed once the page of this release has shown its suggestions, and the camera has given a frame
if it gave some before. Where the screen is off, the page is loaded in a window that nobody sees.

Guarantee: without all of that there is no verdict, and the guard takes the release back.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from device.camera.demo import Demo
from device.camera.images import frame_of
from device.config import Config
from device.corridor import Corridor
from device.display.hidden import HiddenPage
from device.errors import UserError
from device.fleet import golden, guard
from device.fleet.disk import Disk
from device.fleet.manifest import Manifest
from device.messaging.messages import Display
from device.messaging.queues import Inbox
from device.release import Release, running
from device.values import Audience, Context, Screen

SCREEN_S = 30.0
"""Until a page is opened that nobody sees, since the one on the screen says nothing."""

REHEARSAL_S, FPS = 6.0, 15
"""Of the demo: after these seconds one person has come, and stands there."""


def write_verdict(folder: Path, disk: Disk, counter: int, reason: str = "") -> None:
    """Say of a release that it is well, or why it is not. folder: of the fleet.

    Raises:
        OSError: the disk refuses.
    """
    disk.write(folder / guard.VERDICT, guard.seal({"counter": counter, "reason": reason}))


class Trial:
    """The trial of the release that this program is of."""

    def __init__(
        self,
        release: Release,
        *,
        camera: bool,
        disk: Disk,
        clock: Callable[[], float] = time.monotonic,
        screen_s: float = SCREEN_S,
    ) -> None:
        """release: a fleet's. camera: whether it must give frames. screen_s: longest wait for the
        page on the screen."""
        self._release, self._camera, self._disk, self._clock = release, camera, disk, clock
        self._screen_s = screen_s
        self._page: tuple[str, int | None] | None = None
        """Of the page's last heartbeat: release and serial."""
        self._address, self._began = "", clock()
        self._hidden: HiddenPage | None = None

    @classmethod
    def begun(cls, environment: Mapping[str, str] = os.environ) -> Trial | None:
        """The trial that the guard has begun with this start; None: this is an ordinary one."""
        kind, release = environment.get("WAYSIDE_TRIAL"), running(environment)
        if kind is None or release.counter is None:
            return None
        return cls(release, camera=kind == "camera", disk=Disk())

    def rehearse(self, config: Config) -> None:
        """Everything that can be tried before the kiosk opens its bus and page.

        Raises:
            UserError: the release is not well.
        """
        assert self._release.folder is not None
        content = guard.unseal(self._release.folder / guard.MANIFEST)
        manifest = Manifest.model_validate(content, strict=False)
        for stated in manifest.golden:
            apart = golden.difference(stated, self._release.folder)
            if not apart <= stated.tolerance:
                raise UserError(
                    f"{stated.model}: its answers are {apart:.2f} from the signed ones, and may "
                    f"be {stated.tolerance:g}"
                )
        _walk(config)

    def begin(self, inbox: Inbox, page: str) -> None:
        """The kiosk has started: listen to its page. page: its address."""
        inbox.route(Display, self.hear)
        self._address, self._began = page, self._clock()

    def hear(self, display: Display, at: float) -> None:
        """Take a heartbeat of the page."""
        self._page = (display.release, display.serial)

    def turn(self, screen: Screen, frames: int) -> bool:
        """After a turn of the kiosk; True: the release is committed, and the trial is over.

        frames: that have gone through the corridor.

        Raises:
            OSError: the disk refuses the verdict.
        """
        shown = self._page == (self._release.name, screen.serial)
        if not shown and self._hidden is None and self._clock() - self._began > self._screen_s:
            self._hidden = HiddenPage(self._address)
        if not shown or (self._camera and not frames):
            return False
        self.close()
        self._say("")
        return True

    def refuse(self, reason: str) -> None:
        """The release is not well: the guard takes it back at the next start."""
        with suppress(OSError):  # then its starts run out
            self._say(reason)

    def close(self) -> None:
        """Close the window that nobody sees."""
        if self._hidden is not None:
            self._hidden.close()

    def _say(self, reason: str) -> None:
        folder, counter = self._release.folder, self._release.counter
        assert folder is not None
        assert counter is not None
        write_verdict(folder.parent.parent, self._disk, counter, reason)


def _walk(config: Config) -> None:
    """Somebody comes, and gets suggestions.

    Raises:
        UserError: nobody is seen, or nothing is suggested.
    """
    corridor = Corridor(config)
    try:
        demo, audience, screen = Demo(config.camera), Audience(), None
        for number in range(int(REHEARSAL_S * FPS)):
            at = number / FPS
            audience = corridor.see(frame_of(demo.view(at), at)).audience
            screen = corridor.show(audience, Context(at=at))
    finally:
        corridor.close()
    if not audience.size:
        raise UserError("golden frames: nobody is seen, where one person stands")
    if screen is None or not screen.suggestions:
        raise UserError("golden frames: nothing is suggested to a person")
