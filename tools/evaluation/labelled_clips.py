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

from device.config import Config
from device.errors import UserError
from device.faces.crop import crop_face
from device.faces.pipeline import FacePipeline
from device.faces.tracks import UNSEEN
from device.inference.litert import Model, load_model
from device.recognition.recognise import emotion_output
from tools.datasets.class_folders import label_of
from tools.datasets.videos import read_frames
from tools.scoring.temporal import predict_clip, smoothed

Method = Callable[["FaceClip"], NDArray[np.float32]]
"""From a clip to (T, labels) probabilities."""


@dataclass(frozen=True, slots=True, eq=False)
class FaceClip:
    """The backbone's outputs for a clip's face. maps: (T, H, W, C). logits: (T, labels), frame by
    frame. fps: frames a second."""

    maps: NDArray[np.float32]
    logits: NDArray[np.float32]
    fps: float


def label_in(name: str, labels: Sequence[str]) -> str | None:
    """The label in a file's name, such as `M030_front_sad_level3_001`."""
    found = (label_of(word, labels) for word in re.split(r"[_\W]+", name))
    return next((label for label in found if label is not None), None)


def read_clip(clip: Path, faces: FacePipeline, backbone: Model) -> FaceClip | None:
    """Read the nearest face in every frame of a clip; None where none is found."""
    output = emotion_output(backbone.outputs)
    maps, logits, times = [], [], []
    for frame in read_frames(clip):
        seen = [track for track in faces.track(frame) if track.face.score > UNSEEN]
        if not seen:
            continue
        crop = crop_face(frame.grey, seen[0].face)
        outputs = backbone.run({"face": crop[None, ..., None]})
        maps.append(outputs["features"][0])
        logits.append(outputs[output][0])
        times.append(frame.at)
    if len(times) < 2:
        return None
    fps = 1 / float(np.median(np.diff(times)))
    return FaceClip(np.stack(maps), np.stack(logits), fps)


def methods_of(constant_s: float, networks: Mapping[str, Path]) -> dict[str, Method]:
    """Single frames, their exponential mean, and temporal `.tflite` files, by name."""

    def mean(clip: FaceClip) -> NDArray[np.float32]:
        return smoothed(softmax(clip.logits, axis=-1)[None], [clip.fps], constant_s)[0]

    def network(path: Path) -> Method:
        model = load_model(path)
        return lambda clip: predict_clip(model, clip.maps)

    methods: dict[str, Method] = {
        "frame": lambda clip: softmax(clip.logits, axis=-1),
        f"mean of {constant_s:g} s": mean,
    }
    return methods | {name: network(path) for name, path in networks.items()}


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
        faces = FacePipeline.open(config.vision, config.models / "third_party", eyes=False)
        with contextlib.closing(faces):
            seen = read_clip(clip, faces, backbone)
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
