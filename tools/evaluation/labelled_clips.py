"""Whole clips with one expression each: how many are told right by the mean of their frames.

Detector, tracks and crops are the device's, with the shipped settings; every rival reads the same
crops through the same backbone. Of several faces the nearest counts.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.config import Config
from device.errors import UserError
from device.faces.crop import crop_face
from device.faces.detect import Detector, open_detector
from device.faces.tracks import UNSEEN, Tracker
from device.inference.litert import Model, load_model
from device.recognition.recognise import emotion_output
from tools.datasets.class_folders import label_of
from tools.datasets.videos import frames_of
from tools.scoring.metrics import softmax
from tools.scoring.temporal import predict_clip, smoothed

Rival = Callable[["Seen"], NDArray[np.float32]]
"""From what was seen of a clip to (T, labels) probabilities."""


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A clip as the backbone saw its face. maps: (T, H, W, C). logits: (T, labels), of each frame
    alone. fps: frames a second."""

    maps: NDArray[np.float32]
    logits: NDArray[np.float32]
    fps: float


def label_in(name: str, labels: Sequence[str]) -> str | None:
    """The label that a file's name has between its `_`, such as `M030_front_sad_level3_001`."""
    found = (label_of(word, labels) for word in re.split(r"[_\W]+", name))
    return next((label for label in found if label is not None), None)


def watch(clip: Path, detector: Detector, config: Config, backbone: Model) -> Seen | None:
    """Read the nearest face in every frame of a clip; None where none was found."""
    output = emotion_output(backbone.outputs)
    tracker, maps, logits, times = Tracker(config.vision), [], [], []
    for frame in frames_of(clip):
        found = detector.detect(frame) if tracker.due(frame.at) else None
        seen = [t for t in tracker.update(found, frame.at) if t.face.score > UNSEEN]
        if not seen:
            continue
        crop = crop_face(frame.grey, seen[0].face)
        told = backbone.run({"face": crop[None, ..., None]})
        maps.append(told["features"][0])
        logits.append(told[output][0])
        times.append(frame.at)
    if len(times) < 2:
        return None
    fps = 1 / float(np.median(np.diff(times)))
    return Seen(np.stack(maps), np.stack(logits), fps)


def rivals_of(constant_s: float, networks: Mapping[str, Path]) -> dict[str, Rival]:
    """Single frames, their exponential mean, and temporal `.tflite` files, by name."""

    def mean(seen: Seen) -> NDArray[np.float32]:
        return smoothed(softmax(seen.logits)[None], [seen.fps], constant_s)[0]

    def network(path: Path) -> Rival:
        model = load_model(path)
        return lambda seen: predict_clip(model, seen.maps)

    rivals: dict[str, Rival] = {
        "frame": lambda seen: softmax(seen.logits),
        f"mean of {constant_s:g} s": mean,
    }
    return rivals | {name: network(path) for name, path in networks.items()}


def measure_clips(
    folder: Path, face: Path, labels: Sequence[str], rivals: Mapping[str, Rival], config: Config
) -> dict[str, Any]:
    """Clips told right by each rival, and what each told of every clip.

    A clip whose name has none of the labels is left out and named; one in which no face is found
    counts as told wrong.

    Raises:
        UserError: no clip of these labels in the folder.
    """
    clips = {clip: label_in(clip.stem, labels) for clip in sorted(folder.glob("*.mp4"))}
    left_out = [clip.name for clip, label in clips.items() if label is None]
    clips = {clip: label for clip, label in clips.items() if label is not None}
    if not clips:
        raise UserError(f"{folder}: no .mp4 with one of {', '.join(labels)} in its name")
    backbone = load_model(face)
    told: dict[str, dict[str, str | None]] = {}
    for clip in tqdm(clips, "clips", disable=None):
        detector, _ = open_detector(config.vision, config.models / "third_party")
        with contextlib.closing(detector):
            seen = watch(clip, detector, config, backbone)
        told[clip.name] = {
            name: None if seen is None else labels[int(rival(seen).mean(axis=0).argmax())]
            for name, rival in rivals.items()
        }
    right = {
        name: sum(told[clip.name][name] == label for clip, label in clips.items())
        for name in rivals
    }
    return {"clips": len(clips), "right": right, "told": told, "left_out": left_out}
