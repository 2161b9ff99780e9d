"""Evaluation of the detectors: `wayside-tools measure detection` prints the README's figures.

Recall on annotated photographs, agreement of the two detectors, tracks on clips with and without
people, and the largest distance. Faces and tracks come from the device's `FacePipeline`, with the
configuration's defaults.
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
from device.faces.pipeline import FacePipeline
from device.values import Box, Image, Track
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


def open_named(name: Name, vision: VisionConfig) -> FacePipeline:
    """A face pipeline with this detector and the shipped models."""
    vision = vision.model_copy(update={"detector": name})
    return FacePipeline.open(vision, THIRD_PARTY, eyes=False)


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


def recall(pipeline: FacePipeline, folder: Path) -> Recall:
    """Recall on the annotated photographs."""
    faces = found = false = 0
    for path, boxes in annotated(folder).items():
        detected = [f.box for f in pipeline.find(frame_of(load_picture(path), 0.0))]
        faces += len(boxes)
        found += sum(any(b.iou(d) >= HIT_IOU for d in detected) for b in boxes)
        false += sum(all(b.iou(d) < HIT_IOU for b in boxes) for d in detected)
    return Recall(faces, found, false)


def agreement(
    first: FacePipeline, second: FacePipeline, clips: Sequence[Path], every: int
) -> Agreement:
    """Compare two detectors on every `every`-th frame of some clips."""
    ious, count_first, count_second = [], 0, 0
    for clip in clips:
        for frame in read_frames(clip, every=every):
            ones, others = first.find(frame), second.find(frame)
            count_first, count_second = count_first + len(ones), count_second + len(others)
            best = [max((a.box.iou(b.box) for b in others), default=0.0) for a in ones]
            ious += [iou for iou in best if iou >= HIT_IOU]
    return Agreement(count_first, count_second, len(ious), float(np.mean(ious)))


def tracks_in(clip: Path, pipeline: FacePipeline) -> dict[str, list[Track]]:
    """The verified tracks of a clip by id, each with its states frame by frame."""
    pipeline.clear()
    tracks: dict[str, list[Track]] = {}
    for frame in read_frames(clip):
        for track in pipeline.track(frame):
            tracks.setdefault(track.id, []).append(track)
    return tracks


def found_by_size(pipeline: FacePipeline, folder: Path) -> list[tuple[float, bool]]:
    """(width in pixels, whether it was found) of faces in a 640x480 view, at decreasing sizes.

    Each annotated photograph is placed in the middle of a grey view, smaller and smaller.
    """
    rows = []
    for path, boxes in annotated(folder).items():
        picture = load_picture(path)
        fit = min(VIEW_WIDTH / picture.shape[1], VIEW_HEIGHT / picture.shape[0])
        for scale in fit * 0.85 ** np.arange(14):
            view, left, top = _placed(picture, float(scale))
            detected = [f.box for f in pipeline.find(frame_of(view, 0.0))]
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
        pipelines = {name: open_named(name, vision) for name in NAMES}
        for name, pipeline in pipelines.items():
            r = recall(pipeline, photos)
            print(f"{reach} {name}: {r.found} of {r.faces} faces, {r.false} false boxes")
        clips = sorted((video / "unlabelled").glob("*.mp4"))
        a = agreement(pipelines["blazeface"], pipelines["mediapipe"], clips, every=5)
        print(
            f"{reach} agreement: {a.matched} of {a.first} and {a.second} boxes, "
            f"mean IoU {a.iou:.3f}"
        )
        width = smallest_found(found_by_size(pipelines["blazeface"], photos))
        print(f"{reach}: nine of ten faces from {width:.0f} pixels on: {distance_m(width):.1f} m")
        for clip in sorted([*(video / "presence").iterdir(), *(video / "scenes").iterdir()]):
            for name, pipeline in pipelines.items():
                tracks = tracks_in(clip, pipeline).values()
                print(f"{reach} {name} {clip.name}: {len(tracks)} tracks", *map(_span, tracks))
        for pipeline in pipelines.values():
            pipeline.close()


def _span(track: Sequence[Track]) -> str:
    first = track[0].face.box
    return f"[{len(track)} frames from {first.x:.0f},{first.y:.0f} {first.w:.0f} wide]"
