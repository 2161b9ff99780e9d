"""The steps from a camera's frame to the screen, joined: the only module that knows them all.

A `Corridor` reads no camera and sends no message: `see` takes a frame, `show` an audience and a
`Context`. Each step takes the value on its left and returns the one on its right.
"""

from __future__ import annotations

import logging
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

from device.audience.group import audience_of
from device.audience.smoothing import Smoother
from device.config import Config
from device.errors import UserError
from device.faces.pipeline import FacePipeline
from device.matching.match import Matcher
from device.matching.open_now import OpenNow
from device.recognition.recognise import Recogniser
from device.session.session import SPARES, Session
from device.values import (
    Around,
    Audience,
    Context,
    Face,
    Frame,
    Observation,
    Reading,
    Screen,
    Track,
    Visitor,
)
from device.words.words import load_words

log = logging.getLogger(__name__)

LONGEST_WAIT_S = 600.0
"""A new table waits so long for everybody to leave; then it is taken when the screen changes."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """The visitors so far, and how they were found in the last frame.

    visitors: in the order of `tracks`; not every track has a reading. sensed: what sensors other
    than the camera report of the same people. still: tracks of faces that are no visitors.
    """

    tracks: tuple[Track, ...] = ()
    readings: tuple[Reading, ...] = ()
    visitors: tuple[Visitor, ...] = ()
    sensed: tuple[Visitor, ...] = ()
    still: tuple[Track, ...] = ()

    @property
    def audience(self) -> Audience:
        """Those who count, as one."""
        audience = audience_of(self.visitors, self.sensed)
        return replace(audience, still=tuple(t.id for t in self.still)) if self.still else audience

    @property
    def people(self) -> tuple[tuple[Face, Visitor], ...]:
        """Each face with its visitor."""
        return tuple((t.face, v) for t, v in zip(self.tracks, self.visitors, strict=True))


class Corridor:
    """The steps from a frame to the screen. No step knows another; this class joins them."""

    def __init__(self, config: Config) -> None:
        """Load every model and table.

        Raises:
            UserError: one of them is missing or broken.
        """
        self._config = config
        self._table, self._take_by = 0, 0.0
        self._beside = ThreadPoolExecutor(1, thread_name_prefix="table")
        self.opening: Future[Matcher] | None = None
        """The new table, until it is taken: a large one takes seconds to open on a small board."""
        self.recogniser = Recogniser(config.models, config.vision, config.recognise)
        self.smoother = Smoother(config.audience)
        self.words = load_words(config.display.languages[0], config.matching.catalogue)
        self.matcher = self._open_matcher()
        self._open_now = OpenNow(self.matcher)
        self.session = Session(config.session, config.matching.count)
        # Last, since it has to be closed.
        self.faces = FacePipeline.open(
            config.vision, config.models / "third_party", eyes=config.recognise.eyes
        )

    def see(self, frame: Frame, observations: tuple[Observation, ...] = ()) -> Seen:
        """The visitors by this frame and the ones before it.

        observations: what other sensors have reported since the last call.
        """
        found = self.faces.track(frame)
        tracks = tuple(track for track in found if not track.still)
        readings = self.recogniser.read(frame, tracks)
        visitors = self.smoother.update(tracks, readings, frame.at, frame.grey.shape[0])
        sensed = self.smoother.observe(observations, frame.at)
        return Seen(tracks, readings, visitors, sensed, tuple(t for t in found if t.still))

    def sense(self, observations: tuple[Observation, ...], at: float) -> Seen:
        """The visitors by sensors other than a camera alone. at: monotonic seconds."""
        return Seen(sensed=self.smoother.observe(observations, at))

    def show(self, audience: Audience, context: Context) -> Screen:
        """The screen for this audience. A new table is opened beside it, and taken while nobody is
        there, or when the screen changes after `LONGEST_WAIT_S`."""
        if context.table != self._table:
            self._table, self._take_by = context.table, context.at + LONGEST_WAIT_S
            self.opening = self._beside.submit(self._open_matcher)
        serial = self.session.screen.serial
        screen = self.session.update(audience, self.matcher.match(audience, context), context)
        if self.opening is not None and self.opening.done():
            free = screen.state == "resting" and not audience.size
            late = context.at >= self._take_by and screen.serial != serial
            if free or late or self.opening.exception() is not None:
                self._take(self.opening)
                self.opening = None
        return (
            replace(screen, around=self._around(context)) if screen.state == "resting" else screen
        )

    def _around(self, context: Context) -> Around:
        """What the resting screen tells, of which nothing depends on anybody."""
        return Around(context.now is not None, context.sky, self._open_now.at(context.now))

    def _open_matcher(self) -> Matcher:
        return Matcher.open(self._config, self.words, spares=SPARES)

    def _take(self, opened: Future[Matcher]) -> None:
        """Suggest from the new table, or from the present one if the new one is broken. What was
        shown and touched is known by the items' ids, and comes with the context."""
        try:
            self.matcher = opened.result()
        except UserError as error:
            log.warning("the new table is not taken, the present one stays in use: %s", error)
        else:
            self._open_now = OpenNow(self.matcher)
            log.info("a new table of %d items", len(self.matcher.catalogue))

    def forget(self) -> None:
        """Drop every track, and with it everything known of anyone."""
        self.faces.clear()
        self.recogniser.clear()
        self.smoother.clear()

    def close(self) -> None:
        """Close the detector; the corridor is not used afterwards."""
        self._beside.shutdown(wait=False, cancel_futures=True)
        self.faces.close()
