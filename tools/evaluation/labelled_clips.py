"""Clips with one expression each: how many are predicted correctly by the mean of their frames.

Detector, tracks and crops are the device's, with the shipped settings. All methods read the same
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
from scipy.special import softmax
from tqdm import tqdm

from device.config import Config, VisionConfig
from device.errors import UserError
from device.faces.crop import CROP_SIZE, crop_face
from device.faces.pipeline import FacePipeline
from device.faces.tracks import UNSEEN
from device.inference.litert import Model, load_model
from tools.datasets.class_folders import label_of
from tools.datasets.development import clip_labels
from tools.datasets.videos import read_frames
from tools.places import THIRD_PARTY
from tools.scoring.temporal import MEANS_S, predict_clip, smoothed

Method = Callable[["FaceClip"], NDArray[np.float32]]
"""From a clip to (T, labels) probabilities."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceClip:
    """The backbone's outputs for a clip's face. maps: (T, H, W, C). logits: (T, labels), frame by
    frame. times: (T,) seconds."""

    maps: NDArray[np.float32]
    logits: NDArray[np.float32]
    times: NDArray[np.float64]

    @property
    def fps(self) -> float:
        """Frames a second."""
        return 1 / float(np.median(np.diff(self.times)))


def label_in(name: str, labels: Sequence[str]) -> str | None:
    """The label in a file's name, such as `M030_front_sad_level3_001`."""
    found = (label_of(word, labels) for word in re.split(r"[_\W]+", name))
    return next((label for label in found if label is not None), None)


def read_crops(clip: Path, vision: VisionConfig) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    """(T, 64, 64) crops of the nearest face in every frame of a clip, and their times in seconds.

    None (T = 0) where fewer than two frames show a face.
    """
    crops, times = [], []
    with contextlib.closing(FacePipeline.open(vision, THIRD_PARTY, eyes=False)) as faces:
        for frame in read_frames(clip):
            seen = [track for track in faces.track(frame) if track.face.score > UNSEEN]
            if seen:
                crops.append(crop_face(frame.grey, seen[0].face))
                times.append(frame.at)
    if len(times) < 2:
        return np.empty((0, CROP_SIZE, CROP_SIZE), np.uint8), np.empty(0)
    return np.stack(crops), np.array(times)


def read_clip(clip: Path, vision: VisionConfig, backbone: Model) -> FaceClip | None:
    """The backbone's outputs for the nearest face of a clip; None where none is found."""
    crops, times = read_crops(clip, vision)
    outputs = [backbone.run({"face": crop[None, ..., None]}) for crop in crops]
    if not outputs:
        return None
    maps, logits = (
        np.concatenate([one[name] for one in outputs]) for name in ("features", "emotion")
    )
    return FaceClip(maps, logits, times)


def methods_of(networks: Mapping[str, Path]) -> dict[str, Method]:
    """Single frames, their exponential means, and temporal `.tflite` files, by name."""

    def mean(constant_s: float) -> Method:
        return lambda clip: smoothed(softmax(clip.logits, axis=-1)[None], [clip.fps], constant_s)[0]

    def network(path: Path) -> Method:
        model = load_model(path)
        return lambda clip: predict_clip(model, clip.maps)

    return {
        "frame": lambda clip: softmax(clip.logits, axis=-1),
        **{f"mean of {constant_s:g} s": mean(constant_s) for constant_s in MEANS_S},
        **{name: network(path) for name, path in networks.items()},
    }


def measure_development(
    data: Path, face: Path, methods: Mapping[str, Method], vision: VisionConfig
) -> dict[str, dict[str, Any]]:
    """By method, on the development set's clips: the share of labelled frames predicted correctly,
    and switches of the predicted label a minute."""
    backbone, labelled = load_model(face), clip_labels()
    correct: dict[str, list[bool]] = {name: [] for name in methods}
    switches, minutes = dict.fromkeys(methods, 0), 0.0
    for file, frames in tqdm(labelled.items(), "development clips", disable=None):
        clip = read_clip(data / file, vision, backbone)
        if clip is None:
            continue
        minutes += (clip.times[-1] - clip.times[0]) / 60
        for name, method in methods.items():
            predicted = method(clip).argmax(axis=-1)
            switches[name] += int((predicted[1:] != predicted[:-1]).sum())
            for second, emotion in frames.items():
                step = min(int(np.searchsorted(clip.times, second - 1e-3)), len(predicted) - 1)
                correct[name].append(predicted[step] == emotion)
    return {
        name: {
            "development_frames": round(float(np.mean(right)), 4),
            "development_switches": round(switches[name] / minutes, 1),
        }
        for name, right in correct.items()
    }


def measure_clips(
    folder: Path, face: Path, labels: Sequence[str], methods: Mapping[str, Method], config: Config
) -> dict[str, Any]:
    """Number of clips predicted correctly by each method, and the predictions for every clip.

    A clip without a label in its name is left out and listed; one without a face counts as wrong.

    Raises:
        UserError: no clip of these labels in the folder.
    """
    clips = {clip: label_in(clip.stem, labels) for clip in sorted(folder.glob("*.mp4"))}
    left_out = [clip.name for clip, label in clips.items() if label is None]
    clips = {clip: label for clip, label in clips.items() if label is not None}
    if not clips:
        raise UserError(f"{folder}: no .mp4 with one of {', '.join(labels)} in its name")
    backbone = load_model(face)
    predicted: dict[str, dict[str, str | None]] = {}
    for clip in tqdm(clips, "clips", disable=None):
        seen = read_clip(clip, config.vision, backbone)
        predicted[clip.name] = {
            name: None if seen is None else labels[int(method(seen).mean(axis=0).argmax())]
            for name, method in methods.items()
        }
    correct = {
        name: sum(predicted[clip.name][name] == label for clip, label in clips.items())
        for name in methods
    }
    return {
        "clips": len(clips), "correct": correct, "predicted": predicted, "left_out": left_out,
    }  # fmt: skip
