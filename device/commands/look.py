"""`wayside look`: who is on a photo or clip, and what would be suggested to them.

Photos, clips and face crops go through the kiosk's own corridor. A clip is processed as the camera
is; its last line is of all that could be read: the mean of the readings of each face, weighted by
their trust. The one reading of a photo is reported as of a person who stands still.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator
from dataclasses import astuple, replace
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import numpy as np

from device.addresses import shown
from device.audience.smoothing import Smoother
from device.camera.files import VideoFile
from device.camera.images import frame_of, is_picture, list_pictures, load_scaled
from device.commands.analysis import Analysis, as_json, as_text
from device.commands.command_line import SubParsers, add_config, suggestion_count
from device.commands.progress import Progress
from device.config import Config
from device.corridor import Corridor, Seen
from device.errors import UserError
from device.faces.blazeface import KEYPOINTS
from device.faces.crop import crop_face, trust_of
from device.overlay import load_running
from device.values import Box, Context, Face, Frame, Reading, Suggestion, Track, Trust

APART_S = 60.0
"""Seconds put between two files, so that nobody is carried over from one to the next."""

STILL_S = 6.0
STEP_S = 0.5
"""How long a person on a photo stands still: moods are derived from several seconds."""


class Analyser:
    """Analyses files with one corridor."""

    def __init__(self, config: Config, top: int) -> None:
        """Load the models and tables. top: suggestions of each analysis.

        Raises:
            UserError: one of them is missing or broken.
        """
        matching = config.matching.model_copy(update={"count": top})
        self._corridor = Corridor(config.model_copy(update={"matching": matching}))
        self.words = self._corridor.words
        self._config = config
        self._top = top
        self._began = 0.0

    def photo(self, path: Path) -> Analysis:
        """Who is on a photo."""
        picture, scale = load_scaled(path)
        frame = frame_of(picture, self._next())
        pairs = []
        for number, face in enumerate(self._corridor.faces.find(frame)):
            crop = crop_face(frame.grey, face)
            trust = trust_of(crop, face)
            reading = self._corridor.recogniser.read_crop(crop, frame.at, trust=trust)
            pairs.append((face, replace(reading, track_id=str(number))))
        return self._analysis(path, None, self._still(pairs, frame), scale)

    def crop(self, path: Path) -> Analysis:
        """Who is on a picture that is a face crop."""
        picture, scale = load_scaled(path)
        frame = frame_of(picture, self._next())
        height, width = frame.grey.shape
        face = Face(Box(0, 0, width, height), np.zeros((6, 2), np.float32), 1.0, KEYPOINTS)
        reading = self._corridor.recogniser.read_crop(frame.grey, frame.at)
        return self._analysis(path, None, self._still([(face, reading)], frame), scale)

    def clip(self, path: Path, progress: Callable[[int, int | None], None]) -> Iterator[Analysis]:
        """Who is in a clip: one analysis for each second of it, and one for the whole.

        progress: called with the number of each frame, and of all frames if it is known.

        Raises:
            UserError: not a clip, empty, or cut short; all analyses of what can be read come first.
        """
        video = VideoFile(path)
        began = self._next()
        means: dict[str, MeanReading] = {}
        frame: Frame | None = None
        cut: UserError | None = None
        second = 1
        video.open()
        try:
            for number in count(1):
                if (read := video.read()) is None:
                    break
                progress(number, video.frames)
                frame = Frame(read.grey, read.rgb, began + read.at)
                seen = self._corridor.see(frame)
                faces = {track.id: track.face for track in seen.tracks}
                for reading in seen.readings:
                    mean = means.setdefault(reading.track_id, MeanReading(reading))
                    mean.add(reading, faces[reading.track_id])
                if read.at >= second:
                    yield self._analysis(path, float(second), seen, video.scale)
                    second = int(read.at) + 1
        except UserError as error:
            cut = error
        finally:
            video.close()
            self._began = max(self._began, frame.at if frame else 0.0)
        if frame is not None:
            most_seen_first = sorted(means.values(), key=lambda mean: -mean.weight)
            pairs = [(mean.face, mean.reading()) for mean in most_seen_first]
            yield self._analysis(path, "all", self._still(pairs, frame), video.scale)
        if cut is not None:
            raise cut

    def close(self) -> None:
        """Close the models."""
        self._corridor.close()

    def _next(self) -> float:
        """Time at which the next file begins, on the corridor's clock."""
        self._began += APART_S
        return self._began

    def _still(self, pairs: list[tuple[Face, Reading]], frame: Frame) -> Seen:
        """The people of these faces after `STILL_S` of the same readings."""
        smoother = Smoother(self._config.audience)
        tracks = tuple(Track(reading.track_id, face, 1) for face, reading in pairs)
        seen = Seen(tracks, (), ())
        for at in np.arange(0.0, STILL_S, STEP_S).tolist():
            readings = tuple(replace(reading, at=at) for _, reading in pairs)
            visitors = smoother.update(tracks, readings, at, frame.grey.shape[0])
            seen = Seen(tracks, readings, visitors)
        return seen

    def _analysis(
        self, source: Path, at: float | Literal["all"] | None, seen: Seen, scale: float
    ) -> Analysis:
        """Add what would be suggested now; nothing where nobody is found."""
        suggestions: tuple[Suggestion, ...] = ()
        now = datetime.now(ZoneInfo(self._config.place.timezone))
        if seen.audience.size:
            suggestions = self._corridor.matcher.match(seen.audience, Context(0.0, now))
        return Analysis(source, at, seen, scale, suggestions[: self._top], now)


class MeanReading:
    """The mean of a track's readings: emotion, age and gender, each weighted by the trust in it."""

    def __init__(self, first: Reading) -> None:
        self._weights = np.zeros(3)
        self.face: Face
        self._first = first
        self._count = 0
        self._emotion: Any = 0.0
        self._age: Any = 0.0
        self._female = 0.0

    def add(self, reading: Reading, face: Face) -> None:
        """Add a reading; the last face is the one reported."""
        # A face with no trusted reading is reported too: its weights must not all be zero.
        weights = np.maximum(astuple(reading.trust), 1e-6)
        emotion, age, gender = weights.tolist()
        self.face = face
        self._weights += weights
        self._count += 1
        if reading.emotion is not None:
            self._emotion += emotion * reading.emotion
        if reading.age is not None:
            self._age += age * reading.age
        if reading.female is not None:
            self._female += gender * reading.female

    @property
    def weight(self) -> float:
        """Trust in everything that was read, summed."""
        return float(self._weights.sum())

    def reading(self) -> Reading:
        """The mean, as one reading."""
        first = self._first
        emotion, age, gender = self._weights.tolist()
        return replace(
            first,
            emotion=None if first.emotion is None else self._emotion / emotion,
            age=None if first.age is None else self._age / age,
            female=None if first.female is None else self._female / gender,
            eyes_open=None,
            trust=Trust(*(self._weights / self._count).tolist()),
        )


def add_parser(verbs: SubParsers) -> None:
    """Add `look` to the command line."""
    parser = verbs.add_parser(
        "look",
        help="who is on photos or clips, and what would be suggested",
        description="Analyse photos and clips as the kiosk would: who is there, what would be "
        "suggested to them, and the score of each suggestion term by term.",
        epilog="example: wayside look photo.jpg clip.mp4 --json",
    )
    parser.add_argument(
        "files", nargs="+", type=_file, metavar="FILE", help="photo, clip or folder of photos"
    )
    parser.add_argument("--json", action="store_true", help="one JSON object per line")
    parser.add_argument("--crop", action="store_true", help="the file is a face crop")
    parser.add_argument(
        "--top", type=suggestion_count, default=5, metavar="N", help="suggestions (5)"
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Analyse every file; one that cannot be read is one line of error and makes the exit code 1.

    Raises:
        UserError: the configuration, a model or a table is missing or broken.
    """
    analyser = Analyser(load_running(arguments.config), arguments.top)
    try:
        done = [_print(analyser, path, arguments) for path in arguments.files]
    finally:
        analyser.close()
    return 0 if all(done) else 1


def _print(analyser: Analyser, path: Path, arguments: argparse.Namespace) -> bool:
    """Print the analyses of a file, or of each picture in a folder; whether all could be read."""
    progress = Progress(path.name)
    try:
        if path.is_dir():
            done = [_print(analyser, picture, arguments) for picture in list_pictures(path)]
            return all(done)
        for analysis in _analyses(analyser, path, progress, crop=arguments.crop):
            line = as_json if arguments.json else as_text
            progress.clear()
            print(line(analysis, analyser.words), flush=True)
    except UserError as error:
        progress.clear()
        print(f"wayside: {error}", file=sys.stderr, flush=True)
        return False
    return True


def _analyses(
    analyser: Analyser, path: Path, progress: Progress, *, crop: bool
) -> Iterator[Analysis]:
    if crop:
        yield analyser.crop(path)
    elif is_picture(path):
        yield analyser.photo(path)
    else:
        yield from analyser.clip(path, progress.show)


def _file(text: str) -> Path:
    path = Path(text)
    try:
        there = path.exists()
    except OSError:  # too long for a name
        there = False
    if shown(text) != text and not there:  # the address last: nothing after it is shown
        raise argparse.ArgumentTypeError(
            f"takes a file, and `wayside preview --source` takes a camera, such as {shown(text)}"
        )
    return path
