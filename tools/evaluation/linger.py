"""Who goes on with the cards that linger: `wayside-tools measure linger`.

Scenes of `passers` with UTKFace's photos go through the corridor with the configuration's defaults:
somebody behind a phone should find the cards, a stranger should not. How far a head has moved when
the phone is lowered is drawn from people on clips. The constants of `device/session/places.py` were
chosen on other clips, photos and scenes, those of `--development`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TypeAlias

import numpy as np
from tqdm import tqdm

from device.config import Config
from device.corridor import Corridor
from device.faces.pipeline import FacePipeline
from device.session.session import Session
from device.values import Context, Frame, Image
from tools.datasets.face_dataset import TRAIN, VALIDATION
from tools.datasets.videos import read_frames
from tools.evaluation.passers import (
    READS_S,
    STANDS_M,
    WAYS,
    Head,
    Scene,
    covered,
    followed,
    somebody,
    walks,
)
from tools.evaluation.still_faces import photos

Shift: TypeAlias = tuple[float, float, float]
"""Of a head: across and down in its sizes, and the logarithm of its growth."""

Kept: TypeAlias = bool | None
"""Whether the cards stayed; None: the detector did not find both faces."""

PHONE_S, STRANGER_S, ASIDE_S = (5.0, 10.0, 20.0), (2.0, 5.0, 10.0), (1.0, 2.0)
"""Seconds behind the phone; from one person's face to the next one's; out of the picture."""

GONE_S, FOUND_S = 1.0, 2.0
"""Seconds after which a stranger's cards are looked at, and those of whoever has come back."""

SPOT_M, STANCE = 0.1, 0.1
"""Standard deviations: of where two people stand on one spot, metres, and of what standing adds to
the shifts of heads on clips, whose people sit, in sizes of the head."""

PHOTOS = 60


@dataclass(frozen=True, slots=True)
class Step:
    """A frame's time, the ids of those there, and the screen: whether it has cards, and the serial
    number that changes with them."""

    at: float
    ids: frozenset[str]
    serial: int
    cards: bool


def shifts(pipeline: FacePipeline, clips: Iterable[Path]) -> list[Shift]:
    """How far heads on clips have moved after two to ten seconds."""
    found = list[Shift]()
    for clip in clips:
        pipeline.clear()
        boxes = {
            (round(2 * frame.at), track.id): track.face.box
            for frame in read_frames(clip, seconds=0.5)
            for track in pipeline.track(frame)[:1]
        }
        for (at, name), box in boxes.items():
            for later in (boxes.get((at + steps, name)) for steps in range(4, 21)):
                if later is not None:
                    across, down = np.subtract(later.centre, box.centre) / box.w
                    found.append((float(across), float(down), math.log(later.w / box.w)))
    return found


def same_spot(head: Head, draw: np.random.Generator) -> Head:
    """Another person on the same spot of the floor."""
    across, away = draw.normal((head.across, head.away), SPOT_M)
    return replace(somebody(draw), across=across, away=max(away, STANDS_M[0] - 2 * SPOT_M))


def beside(head: Head, draw: np.random.Generator) -> Head:
    """Another person, a step beside, to the middle."""
    aside = draw.uniform(0.3, 0.5)
    return replace(same_spot(head, draw), across=head.across - math.copysign(aside, head.across))


def behind(head: Head, draw: np.random.Generator) -> Head:
    """Another person, farther away in the same direction."""
    farther = draw.uniform(1.4, 2.0)
    return replace(somebody(draw), across=head.across * farther, away=head.away * farther)


WHERE = {"on the same spot": same_spot, "beside": beside, "behind": behind}


class Stage:
    """A corridor before which scenes are played, each with the next seed."""

    def __init__(
        self, config: Config, faces: Sequence[Image], moves: Sequence[Shift], seed: int
    ) -> None:
        """faces: photos (112, 112, 3). moves: of heads behind a phone.

        Raises:
            UserError: a model or the table of items is missing or broken.
        """
        self._config, self._faces, self._moves, self._seed = config, faces, moves, seed
        self._corridor = Corridor(config)

    def close(self) -> None:
        """Close the corridor."""
        self._corridor.close()

    def phone(self, seconds: float) -> Kept:
        """Somebody is behind a phone for so long."""
        scene, (face, _), head = self._begin()
        frames = covered(scene, face, head, self._shifted(head, scene.draw), seconds)
        steps = list(self._play(frames))
        first = _at(steps, READS_S)
        if not first.cards or not steps[-1].ids:
            return None
        return steps[-1].serial == first.serial

    def stranger(self, seconds: float, where: Callable[[Head, np.random.Generator], Head]) -> Kept:
        """Somebody leaves, and so long after their face somebody else's comes."""
        scene, faces, head = self._begin()
        leaves, comes = (WAYS[name] for name in scene.draw.choice(list(WAYS), 2).tolist())
        ways = leaves(head, scene.draw), comes(where(head, scene.draw), scene.draw)
        steps = list(self._play(followed(scene, faces, *ways, seconds)))
        return _kept(steps, READS_S + ways[0].lasts_s + seconds, GONE_S)

    def at_the_very_place(self, seconds: float) -> Kept:
        """A stranger who is as tall, and stands as the last person would after a phone."""
        return self.stranger(seconds, self._shifted)

    def aside(self, seconds: float) -> Kept:
        """Somebody steps out of the picture and comes back by the same way."""
        scene, (face, _), head = self._begin()
        side = float(scene.draw.choice((-1, 1)))
        ways = [walks(h, scene.draw, side) for h in (head, self._shifted(head, scene.draw))]
        steps = list(self._play(followed(scene, (face, face), ways[0], ways[1], seconds)))
        return _kept(steps, READS_S + ways[0].lasts_s + seconds, FOUND_S)

    def _begin(self) -> tuple[Scene, tuple[Image, Image], Head]:
        """The next scene, the photos of two people, and where the first one reads."""
        scene = Scene(self._seed)
        self._seed += 1
        one, other = scene.draw.choice(len(self._faces), 2, replace=False)
        return scene, (self._faces[one], self._faces[other]), somebody(scene.draw)

    def _shifted(self, head: Head, draw: np.random.Generator) -> Head:
        """The same head some seconds later."""
        move = self._moves[int(draw.integers(len(self._moves)))]
        return head.shifted(*(np.array(move) + draw.normal(0, STANCE, 3) * (1, 1, 0.5)))

    def _play(self, frames: Iterable[Frame]) -> Iterator[Step]:
        corridor = self._corridor
        corridor.forget()
        corridor.session = Session(self._config.session, self._config.matching.count)
        for frame in frames:
            audience = corridor.see(frame).audience
            screen = corridor.show(audience, Context(at=frame.at))
            ids = frozenset(visitor.track_id for visitor in audience.visitors)
            yield Step(frame.at, ids, screen.serial, bool(screen.suggestions))


def _at(steps: Sequence[Step], at: float) -> Step:
    """The last step until this time, or the first one."""
    return [step for step in steps if step.at <= at or step is steps[0]][-1]


def _kept(steps: Sequence[Step], begins: float, seconds: float) -> Kept:
    """Whether the first person's cards are there so long after a new track, the first one that
    begins after a time."""
    before = frozenset[str]().union(*(step.ids for step in steps if step.at < begins))
    came = next((step.at for step in steps if step.ids - before), None)
    first = _at(steps, READS_S)
    if came is None or not first.cards:
        return None
    after = _at(steps, came + seconds)
    return after.serial == first.serial


def rows(stage: Stage) -> Iterator[tuple[str, str, Callable[[], Kept]]]:
    """Each row of the table: whom it is of, its name, and what plays one of its scenes."""
    for s in PHONE_S:
        yield "phone", f"behind a phone for {s:g} s", partial(stage.phone, s)
    for name, where in WHERE.items():
        for s in STRANGER_S:
            played = partial(stage.stranger, s, where)
            yield "stranger", f"a stranger {name} after {s:g} s", played
    for s in STRANGER_S:
        name = f"a stranger as tall, at the very place, after {s:g} s"
        yield "very place", name, partial(stage.at_the_very_place, s)
    for s in ASIDE_S:
        yield "aside", f"out of the picture for {s:g} s", partial(stage.aside, s)


def report(
    data: Path,
    config: Config,
    *,
    development: bool,
    scenes: int,
    write: Callable[[str], None] = print,
) -> None:
    """Print the figures. development: those on which the constants were chosen. scenes: of a row.

    Raises:
        UserError: a model or dataset is missing.
    """
    clips = sorted((data / "video" / "unlabelled").glob("*.mp4"))
    middle = len(clips) // 2
    split, seed = (TRAIN, 1) if development else (VALIDATION, 2)
    faces = photos(data, split, PHOTOS, seed)
    pipeline = FacePipeline.open(config.vision, config.models / "third_party")
    moves = shifts(pipeline, clips[:middle] if development else clips[middle:])
    pipeline.close()
    stage = Stage(config, faces, moves, 1_000_000 * seed)
    kept: dict[str, list[bool]] = {}
    write(f"{'cards that stay':52}  of scenes")
    for group, name, play in rows(stage):
        played = [play() for _ in tqdm(range(scenes), name, leave=False, disable=None)]
        stayed = [each for each in played if each is not None]
        kept.setdefault(group, []).extend(stayed)
        write(f"{name:52} {sum(stayed):3} of {len(stayed)}")
    stage.close()
    found, lost = kept["phone"], kept["stranger"]
    write(f"phone users who lose their cards: {1 - np.mean(found):.1%} of {len(found)} (bar 5 %)")
    write(f"strangers who go on with cards: {np.mean(lost):.1%} of {len(lost)} (bar 5 %)")
