"""Training data of the temporal network: synthetic clips through the shipped backbone.

Guarantees: training clips are made of training faces; the clips for selection and those that are
reported are made of two halves of the held-out faces, which have no face in common.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from tqdm import tqdm

from device.faces.crop import CROP_SIZE
from device.inference.litert import Model
from tools.datasets.face_dataset import TRAIN, VALIDATION, FaceDataset, join
from tools.datasets.synthetic_clips import FRAME_RATES, make_clips
from tools.scoring.temporal import CEILING, ClipBatch, ClipBatches
from tools.training.batches import emotion_targets

Kind = Literal["tensor-train", "dense"]
KINDS: tuple[Kind, ...] = ("tensor-train", "dense")


@dataclass(frozen=True, slots=True)
class TemporalRecipe:
    """How a temporal network is trained.

    kind: the layer that reads the map. clips, steps: number and length of the training clips.
    held_out_clips, held_out_s, fps: number, seconds and frame rate of the clips of each half of the
    held-out faces. reading: share of the target that is the backbone's prediction of the
    undisturbed face, the rest is the label. votes_share: share of FER+ votes in the label, uniform
    if there are none. steadiness: weight of the total variation of the probabilities, against
    cross-entropy in nats. patience: epochs without a smaller loss on the selection clips before
    training ends. rank: of the tensor train. forgets_s: initial time constant; short, since
    `device.audience.smoothing` smooths as well.
    """

    kind: Kind = "tensor-train"
    clips: int = 1200
    steps: int = 45
    held_out_clips: int = 100
    held_out_s: float = 10.0
    fps: float = 15.0
    epochs: int = 16
    patience: int = 4
    batch: int = 32
    rate: float = 3e-3
    reading: float = 1.0
    steadiness: float = 0.3
    rank: int = 8
    votes_share: float = 0.2
    forgets_s: float = 0.15
    seed: int = 1


def run_backbone(
    model: Model, faces: FaceDataset, targets: NDArray[np.float32], count: int, steps: int,
    seed: int, fps: tuple[float, float] = FRAME_RATES, reading: float = 0.0,
) -> ClipBatch:  # fmt: skip
    """The backbone's outputs for every frame of `count` synthetic clips of `steps` frames.

    targets: (N, labels) probabilities of the faces. fps: range of the clips' frame rates. reading:
    share of the target that is the backbone's prediction of the undisturbed face, which trains the
    network to ignore disturbances.
    """
    shape = model.outputs["features"].shape[1:]
    batch = ClipBatch(
        np.empty((count, steps, *shape), np.uint8),
        np.empty((count, steps, targets.shape[1]), np.float32),
        np.empty((count, steps, targets.shape[1]), np.float32),
        np.empty(count, np.float32),
    )
    clips = make_clips(faces.pictures, faces.emotion, count, seed, steps=steps, fps=fps)
    for index, clip in enumerate(tqdm(clips, "clips", count, disable=None)):
        for step, frame in enumerate(clip.frames):
            outputs = model.run({"face": frame[None, ..., None]})
            batch.maps[index, step] = np.rint(outputs["features"][0] * (255 / CEILING))
            batch.frames[index, step] = outputs["emotion"][0]
        target = targets[list(clip.faces)]
        if reading:
            predicted = np.stack([_predict_face(model, faces.pictures[row]) for row in clip.faces])
            target = (1 - reading) * target + reading * predicted
        batch.target[index] = clip.weights @ target
        batch.fps[index] = clip.fps
    return batch


def _predict_face(model: Model, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(labels,) emotion probabilities, the mean of a picture and its mirror image."""
    face = cv2.resize(picture, (CROP_SIZE, CROP_SIZE))
    logits = [model.run({"face": f[None, ..., None]})["emotion"] for f in (face, face[:, ::-1])]
    return softmax(np.concatenate(logits), axis=-1).mean(axis=0)


def halves(faces: FaceDataset) -> tuple[FaceDataset, FaceDataset]:
    """Two halves by the digests, for selection and for the report: always the same, copies in the
    same half."""
    first = np.array([zlib.crc32(digest.encode()) % 2 == 0 for digest in faces.digest.tolist()])
    return faces.take(first), faces.take(~first)


def clip_faces(
    datasets: Mapping[str, FaceDataset], development: FaceDataset | None
) -> tuple[FaceDataset, FaceDataset]:
    """Training faces and held-out faces of clips: of all datasets, and of the development set.
    Held-out faces have an emotion."""
    together = join(*datasets.values())
    held_out = together.only(VALIDATION)
    held_out = held_out.take(held_out.emotion >= 0)
    if development is not None:
        held_out = join(held_out, development)
    return together.only(TRAIN), held_out


def with_predicted_emotion(model: Model, faces: FaceDataset) -> FaceDataset:
    """The same faces; one without an emotion gets the one that the backbone predicts, so that clips
    show every emotion of every dataset."""
    emotion = faces.emotion.copy()
    for row in tqdm(np.flatnonzero(emotion < 0), "faces", delay=2, disable=None):
        emotion[row] = _predict_face(model, faces.pictures[row]).argmax()
    return replace(faces, emotion=emotion)


def make_clip_batches(
    model: Model, train: FaceDataset, held_out: FaceDataset, recipe: TemporalRecipe
) -> ClipBatches:
    """All clips through the backbone `model`. held_out: faces with emotions."""
    train = with_predicted_emotion(model, train)
    steps = max(2, round(recipe.held_out_s * recipe.fps))
    count, rate, seed = recipe.held_out_clips, (recipe.fps, recipe.fps), recipe.seed
    labels = model.outputs["emotion"].shape[-1]

    def targets(faces: FaceDataset) -> NDArray[np.float32]:
        return emotion_targets(faces, labels, recipe.votes_share)

    training = run_backbone(
        model, train, targets(train), recipe.clips, recipe.steps, seed, reading=recipe.reading
    )
    selection, reported = (  # different seeds: the clips have no motion or light in common
        run_backbone(model, half, targets(half), count, steps, seed + number, rate)
        for number, half in enumerate(halves(held_out), 1)
    )
    return ClipBatches(training, selection, reported)
