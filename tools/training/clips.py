"""What a temporal network learns from: clips made of stills, as the backbone that ships saw them.

Promises: clips that are learnt from are made of training stills; those that are chosen on and those
that are reported come from two halves of the held-out stills, which share no face.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from tqdm import tqdm

from device.faces.crop import CROP_SIZE
from device.inference.litert import Model
from device.recognition.recognise import emotion_output
from tools.datasets.face_dataset import FaceDataset
from tools.datasets.synthetic_clips import FRAME_RATES, make_clips
from tools.scoring.temporal import CEILING, ClipBatch, ClipBatches
from tools.training.batches import emotion_targets

Kind = Literal["tensor-train", "dense"]
KINDS: tuple[Kind, ...] = ("tensor-train", "dense")


@dataclass(frozen=True, slots=True)
class TemporalRecipe:
    """How a temporal network is made.

    kind: how a map becomes evidence. clips, steps: how many are learnt from, and how long they are.
    held_out_clips, held_out_s, fps: of each half of the held-out stills, in clips, seconds and
    frames a second. reading: share of the target that is not the label but what the backbone
    itself says of the undisturbed still. steadiness: weight of the total variation of the
    probabilities, against cross-entropy in nats. patience: epochs without a smaller loss on the
    first half, after which the best is taken. rank: of the tensor train's bonds. votes_share: how
    much of a label is what FER+'s annotators saw, or an equal share of all where they saw nothing.
    forgets_s: time constant that a network begins with; short, since what is told of a visitor is
    steadied by `device.audience.emotion` as well.
    """

    kind: Kind = "tensor-train"
    clips: int = 3000
    steps: int = 45
    held_out_clips: int = 200
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
    model: Model, stills: FaceDataset, targets: NDArray[np.float32], count: int, steps: int,
    seed: int, fps: tuple[float, float] = FRAME_RATES, reading: float = 0.0,
) -> ClipBatch:  # fmt: skip
    """What a backbone that ships says of every frame of `count` clips.

    targets: (stills, labels) shares. steps: frames of a clip. fps: frames a second, drawn for each
    clip between these two. seed: of everything drawn. reading: how much of a target is what the
    backbone says of the still itself, which teaches to see through what disturbs a frame.
    """
    shape, output = model.outputs["features"].shape[1:], emotion_output(model.outputs)
    batch = ClipBatch(
        np.empty((count, steps, *shape), np.uint8),
        np.empty((count, steps, targets.shape[1]), np.float32),
        np.empty((count, steps, targets.shape[1]), np.float32),
        np.empty(count, np.float32),
    )
    clips = make_clips(stills.pictures, stills.emotion, count, seed, steps=steps, fps=fps)
    for index, clip in enumerate(tqdm(clips, "clips", count, disable=None)):
        for step, face in enumerate(clip.frames):
            told = model.run({"face": face[None, ..., None]})
            batch.maps[index, step] = np.rint(told["features"][0] * (255 / CEILING))
            batch.frames[index, step] = told[output][0]
        shown = targets[list(clip.faces)]
        if reading:
            told_of = np.stack([undisturbed(model, stills.pictures[row]) for row in clip.faces])
            shown = (1 - reading) * shown + reading * told_of
        batch.target[index] = clip.weights @ shown
        batch.fps[index] = clip.fps
    return batch


def undisturbed(model: Model, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(labels,) probabilities of a still, the mean of it and of its mirror image."""
    face = cv2.resize(picture, (CROP_SIZE, CROP_SIZE))
    told = [model.run({"face": f[None, ..., None]}) for f in (face, face[:, ::-1])]
    output = emotion_output(model.outputs)
    return softmax(np.concatenate([one[output] for one in told]), axis=-1).mean(axis=0)


def halves(stills: FaceDataset) -> tuple[FaceDataset, FaceDataset]:
    """Two halves by the digests, the same for ever and with all copies on one side: what epochs
    are chosen on, and what is reported."""
    first = np.array([zlib.crc32(digest.encode()) % 2 == 0 for digest in stills.digest.tolist()])
    return stills.take(first), stills.take(~first)


def make_clip_batches(
    model: Model, train: FaceDataset, held_out: FaceDataset, recipe: TemporalRecipe
) -> ClipBatches:
    """Show all clips to a backbone. train, held_out: stills with emotions."""
    steps = max(2, round(recipe.held_out_s * recipe.fps))
    count, rate, seed = recipe.held_out_clips, (recipe.fps, recipe.fps), recipe.seed
    labels = model.outputs["emotion"].shape[-1]

    def targets(stills: FaceDataset) -> NDArray[np.float32]:
        return emotion_targets(stills, labels, recipe.votes_share)

    learnt = run_backbone(
        model, train, targets(train), recipe.clips, recipe.steps, seed, reading=recipe.reading
    )
    chosen_on, reported = (  # by a seed each: one's motion and light tell nothing of the other's
        run_backbone(model, half, targets(half), count, steps, seed + number, rate)
        for number, half in enumerate(halves(held_out), 1)
    )
    return ClipBatches(learnt, chosen_on, reported)
