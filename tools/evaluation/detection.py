"""Evaluation of the detectors: `wayside-tools measure detection` prints the README's figures.

Recall on annotated photographs, agreement of the two detectors, tracks on clips with and without
people, and the largest distance. Detectors come from `open_detector` and tracks from `Tracker`, as
on a kiosk, with the configuration's defaults.
"""

from __future__ import annotations

import math
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import cv2
import numpy as np

from device.camera.images import frame_of, load_picture
from device.config import VisionConfig
from device.faces.detect import Detector, open_detector
from device.faces.tracks import Tracker
from device.values import Box, Frame, Image, Track
from tools.datasets.videos import read_frames
from tools.places import THIRD_PARTY

Name = Literal["blazeface", "mediapipe"]
NAMES: tuple[Name, ...] = ("blazeface", "mediapipe")

HIT_IOU = 0.3
"""Overlap from which a detected box counts as an annotated face."""

BOX_WIDTH_M = 0.19
"""Width in metres of BlazeFace's box on a person: 1.3 times the width of a face (bizygomatic,
0.14 m; Farkas, Anthropometry of the Head and Face, 1994), from annotated and detected boxes."""

FIELD_OF_VIEW = 66.0
"""Horizontal degrees of the Raspberry Pi Camera Module 3; the Module 2 has 62."""

VIEW_WIDTH, VIEW_HEIGHT = 640, 480


@dataclass(frozen=True, slots=True)
class Recall:
    """Numbers of annotated faces, of those found, and of boxes on no face."""

    faces: int
    found: int
    false: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Numbers of boxes of each detector and of matched pairs, and the mean IoU of those."""

    first: int
    second: int
    matched: int
    iou: float


def open_named(name: Name, vision: VisionConfig) -> Detector:
    """A detector with the shipped models."""
    return open_detector(vision.model_copy(update={"detector": name}), THIRD_PARTY)[0]


def annotated(folder: Path) -> dict[Path, list[Box]]:
    """dlib's example photographs that the folder has, with their boxes."""
    faces: dict[Path, list[Box]] = {}
    for name in ("training", "testing"):
        tree = ElementTree.parse(folder / f"{name}_with_face_landmarks.xml")
        for image in tree.iter("image"):
            path = folder / Path(image.get("file", "")).name
            sides = ("left", "top", "width", "height")
            if path.is_file():
                faces[path] = [
                    Box(*(float(box.get(s, 0)) for s in sides)) for box in image.iter("box")
                ]
    return faces


def recall(detector: Detector, folder: Path) -> Recall:
    """Recall on the annotated photographs, seconds apart, so that no detection is carried over."""
    faces = found = false = 0
    for index, (path, boxes) in enumerate(annotated(folder).items()):
        detected = [f.box for f in detector.detect(frame_of(load_picture(path), 2.0 * index))]
        faces += len(boxes)
        found += sum(any(b.iou(d) >= HIT_IOU for d in detected) for b in boxes)
        false += sum(all(b.iou(d) < HIT_IOU for b in boxes) for d in detected)
    return Recall(faces, found, false)


def agreement(first: Detector, second: Detector, clips: Sequence[Path], every: int) -> Agreement:
    """Compare two detectors on every `every`-th frame of some clips."""
    ious, count_first, count_second = [], 0, 0
    start = 0.0
    for clip in clips:
        for frame in read_frames(clip, every=every):
            later = Frame(frame.grey, frame.rgb, start + frame.at)
            ones, others = first.detect(later), second.detect(later)
            count_first, count_second = count_first + len(ones), count_second + len(others)
            best = [max((a.box.iou(b.box) for b in others), default=0.0) for a in ones]
            ious += [iou for iou in best if iou >= HIT_IOU]
        start = later.at + 10
    return Agreement(count_first, count_second, len(ious), float(np.mean(ious)))


def tracks_in(clip: Path, detector: Detector, vision: VisionConfig) -> dict[str, list[Track]]:
    """The confirmed tracks of a clip by id, each with its states frame by frame."""
    tracker = Tracker(vision)
    tracks: dict[str, list[Track]] = {}
    for frame in read_frames(clip):
        faces = detector.detect(frame) if tracker.due(frame.at) else None
        for track in tracker.update(faces, frame.at):
            tracks.setdefault(track.id, []).append(track)
    return tracks


def found_by_size(detector: Detector, folder: Path) -> list[tuple[float, bool]]:
    """(width in pixels, whether it was found) of faces in a 640x480 view, at decreasing sizes.

    Each annotated photograph is placed in the middle of a grey view, smaller and smaller.
    """
    rows = []
    at = 0.0
    for path, boxes in annotated(folder).items():
        picture = load_picture(path)
        fit = min(VIEW_WIDTH / picture.shape[1], VIEW_HEIGHT / picture.shape[0])
        for scale in fit * 0.85 ** np.arange(14):
            at += 2
            view, left, top = _placed(picture, float(scale))
            detected = [f.box for f in detector.detect(frame_of(view, at))]
            for box in boxes:
                here = Box(box.x * scale + left, box.y * scale + top, box.w * scale, box.h * scale)
                rows.append((here.w, any(here.iou(d) >= HIT_IOU for d in detected)))
    return rows


def smallest_found(rows: Sequence[tuple[float, bool]], share: float = 0.9) -> float:
    """Smallest width in pixels from which at least `share` of the faces of each size are found."""
    smallest = math.inf
    for low in range(90, 4, -2):
        hits = [found for width, found in rows if low <= width < low * 1.2]
        if hits and sum(hits) < share * len(hits):
            break
        smallest = low
    return smallest


def distance_m(width_px: float) -> float:
    """Distance in metres of a face whose box is `width_px` wide in a 640 pixel view."""
    focal_px = VIEW_WIDTH / 2 / math.tan(math.radians(FIELD_OF_VIEW / 2))
    return focal_px * BOX_WIDTH_M / width_px


def _placed(picture: Image, scale: float) -> tuple[Image, int, int]:
    view = np.full((VIEW_HEIGHT, VIEW_WIDTH, 3), 128, np.uint8)
    size = (max(1, round(picture.shape[1] * scale)), max(1, round(picture.shape[0] * scale)))
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    left, top = (VIEW_WIDTH - size[0]) // 2, (VIEW_HEIGHT - size[1]) // 2
    view[top : top + size[1], left : left + size[0]] = small[:VIEW_HEIGHT, :VIEW_WIDTH]
    return view, left, top


def report(data: Path) -> None:
    """Print the figures, a line each. data: the folder with photos/ and video/."""
    photos, video = data / "photos" / "dlib_faces", data / "video"
    for reach in ("far", "near"):
        vision = VisionConfig(range=reach)
        detectors = {name: open_named(name, vision) for name in NAMES}
        for name, detector in detectors.items():
            r = recall(detector, photos)
            print(f"{reach} {name}: {r.found} of {r.faces} faces, {r.false} false boxes")
        clips = sorted((video / "unlabelled").glob("*.mp4"))
        a = agreement(detectors["blazeface"], detectors["mediapipe"], clips, every=5)
        print(
            f"{reach} agreement: {a.matched} of {a.first} and {a.second} boxes, "
            f"mean IoU {a.iou:.3f}"
        )
        width = smallest_found(found_by_size(detectors["blazeface"], photos))
        print(f"{reach}: nine of ten faces from {width:.0f} pixels on: {distance_m(width):.1f} m")
        for clip in sorted([*(video / "presence").iterdir(), *(video / "scenes").iterdir()]):
            for name, detector in detectors.items():
                tracks = tracks_in(clip, detector, vision).values()
                print(f"{reach} {name} {clip.name}: {len(tracks)} tracks", *map(_span, tracks))
        for detector in detectors.values():
            detector.close()


def _span(track: Sequence[Track]) -> str:
    first = track[0].face.box
    return f"[{len(track)} frames from {first.x:.0f},{first.y:.0f} {first.w:.0f} wide]"
