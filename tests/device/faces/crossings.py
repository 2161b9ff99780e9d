"""Two people who walk past each other, as boxes with noise and as composed pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np

from device.camera.demo import PHOTOGRAPHS, WALL, Photograph, locate
from device.camera.images import frame_of, load_picture
from device.faces.blazeface import KEYPOINTS
from device.values import Box, Face, Frame, Image, Track

WIDTH, HEIGHT, FPS = 640, 480, 15
SHAPE = np.array(
    [[-0.18, -0.2], [0.18, -0.2], [0, 0.05], [0, 0.25], [-0.42, -0.1], [0.42, -0.1]], np.float32
)
"""Keypoints of an upright face about its box's centre, in box sides."""

HIDDEN_IOU = 0.25
"""From this overlap on, the farther of two faces is not seen."""


@dataclass(frozen=True)
class Crossing:
    """A seeded walk: one from left to right, the other from right to left."""

    seed: int

    def __post_init__(self) -> None:
        draw = np.random.default_rng(self.seed)
        values = {
            "sides": draw.uniform(70, 130, 2),
            "heights": 220 + draw.uniform(-25, 25, 2),
            "seconds": draw.uniform(2, 6),
            "steps": draw.uniform(0, 6, 2),
            "draw": draw,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def boxes(self, at: float) -> tuple[Box, Box]:
        """The true boxes of the two faces."""
        done = at / self.seconds
        xs = (90 + 460 * done, 550 - 460 * done)
        boxes = []
        for x, side, height, step in zip(xs, self.sides, self.heights, self.steps, strict=True):
            y = height + 3 * np.sin(at * 10 + step)
            boxes.append(Box(float(x - side / 2), float(y - side / 2), float(side), float(side)))
        return boxes[0], boxes[1]

    def times(self) -> list[float]:
        """Times of the frames, seconds."""
        return [index / FPS for index in range(int(self.seconds * FPS) + 1)]


class NoisyDetector:
    """Detections without pictures: with noise, with misses, and without a face behind another."""

    def __init__(self, crossing: Crossing, missed: float) -> None:
        """missed: probability that a visible face is not detected."""
        self.crossing, self.missed = crossing, missed

    def detect(self, at: float) -> tuple[Face, ...]:
        """The faces detected at this time."""
        boxes, draw = self.crossing.boxes(at), self.crossing.draw
        seen = [b for b in boxes if draw.random() >= self.missed]
        if boxes[0].iou(boxes[1]) > HIDDEN_IOU:
            seen = [b for b in seen if b.w == max(boxes[0].w, boxes[1].w)]
        return tuple(self._noisy(box) for box in seen)

    def _noisy(self, box: Box) -> Face:
        draw = self.crossing.draw
        side = box.w * float(np.exp(draw.normal(0, 0.03)))
        x, y = np.array(box.centre) + draw.normal(0, 0.03 * box.w, 2)
        points = SHAPE * np.float32(side) + np.array([x, y], np.float32)
        return Face(Box(x - side / 2, y - side / 2, side, side), points, 0.8, KEYPOINTS)


class Scene:
    """Composes pictures in which two photographed people cross, the nearer before the other."""

    def __init__(self) -> None:
        self.people = [_cut_out(photo) for photo in PHOTOGRAPHS]

    def view(self, crossing: Crossing, at: float) -> Frame:
        view = np.full((HEIGHT, WIDTH, 3), WALL, np.uint8)
        order = sorted(zip(crossing.boxes(at), self.people, strict=True), key=lambda one: one[0].w)
        for box, (picture, mask) in order:
            self._paste(view, box, picture, mask)
        return frame_of(view, at)

    @staticmethod
    def _paste(view: Image, box: Box, picture: Image, mask: Image) -> None:
        scale = box.w / (picture.shape[0] / ROOM)
        x, y = box.centre
        half = picture.shape[0] / 2 * scale
        placing = np.array([[scale, 0, x - half], [0, scale, y - half]], np.float64)
        size = (WIDTH, HEIGHT)
        there = cv2.warpAffine(picture, placing, size, flags=cv2.INTER_AREA)
        shown = cv2.warpAffine(mask, placing, size, flags=cv2.INTER_AREA) > 127
        view[shown] = there[shown]


ROOM = 1.7
"""Side of what is cut out of a photograph, in sides of its face's box."""


def _cut_out(photo: Photograph) -> tuple[Image, Image]:
    """A head with an oval mask; the face's box is in the middle."""
    picture = load_picture(locate(photo))
    side = round(photo.height * ROOM)
    left, top = round(photo.x - side / 2), round(photo.y - side / 2)
    padded = cv2.copyMakeBorder(picture, side, side, side, side, cv2.BORDER_REPLICATE)
    head = padded[top + side : top + 2 * side, left + side : left + 2 * side]
    mask = np.zeros((side, side), np.uint8)
    axes = (round(side * 0.42), round(side * 0.5))
    cv2.ellipse(mask, (side // 2, side // 2), axes, 0, 0, 360, (255,), -1)
    return np.ascontiguousarray(head), mask


def kept_apart(crossing: Crossing, tracks_at: Callable[[float], tuple[Track, ...]]) -> bool:
    """Whether each of the two has one id before the crossing and the same after it.

    tracks_at: the tracks of each of the crossing's times, asked in their order.
    """
    before: dict[int, str] = {}
    after: dict[int, str] = {}
    for at in crossing.times():
        tracks = tracks_at(at)
        one, other = crossing.boxes(at)
        if abs(one.centre[0] - other.centre[0]) > 1.3 * max(one.w, other.w):
            side = before if at < crossing.seconds / 2 else after
            for index, box in enumerate((one, other)):
                track = _at(tracks, box)
                if track is not None:
                    side[index] = track.id
    return len(before) == 2 and before == after and before[0] != before[1]


def _at(tracks: tuple[Track, ...], box: Box) -> Track | None:
    best = max(tracks, key=lambda track: track.face.box.iou(box), default=None)
    return best if best is not None and best.face.box.iou(box) > 0.3 else None
