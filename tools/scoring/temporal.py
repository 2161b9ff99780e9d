"""Temporal evaluation: single frames, their exponential mean and temporal networks on clips.

All methods read the same clips through the same backbone; networks are `.tflite` files, run step by
step as on a kiosk. Epochs are chosen on other clips than those that are reported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax
from tqdm import tqdm

from device.inference.litert import Model, load_model
from tools.scoring.reliability import reliability

Shares = NDArray[np.float32]
"""(N, T, labels) probabilities of every step of N clips."""

MEANS_S = (0.2, 0.8)
"""Time constants of the exponential means to compare with, seconds: as quick as a person's
expression, and as slow as `device.audience.smoothing`."""

CEILING = 6.0
"""Largest value of a feature map, which ends in ReLU6; it is stored in 255 levels."""

LEAST_SHARE = 1e-7
"""Probabilities are clipped here, so that no cross-entropy is infinite."""


@dataclass(frozen=True, slots=True, eq=False)
class ClipBatch:
    """N clips of T frames and the backbone's outputs. maps: (N, T, H, W, C) uint8, 255 levels up to
    `CEILING`. frames: (N, T, labels) logits of each frame. target: (N, T, labels) shares. fps: (N,)
    frames a second."""

    maps: NDArray[np.uint8]
    frames: NDArray[np.float32]
    target: NDArray[np.float32]
    fps: NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class ClipBatches:
    """Clips of one backbone. train: of training faces. selection and reported: of two halves of the
    held-out faces; epochs are chosen on the first, figures are of the second."""

    train: ClipBatch
    selection: ClipBatch
    reported: ClipBatch


def smoothed(
    shares: Shares, fps: Sequence[float] | NDArray[np.float32], constant_s: float
) -> Shares:
    """Exponential mean of each clip's probabilities over time; fps: (N,).

    Divided by its weight so far, as the device's `ExponentialMean`: it starts as the ordinary mean.
    """
    keep = np.exp(-1 / (np.asarray(fps, np.float32) * constant_s))[:, None]
    mean, total, weight = np.empty_like(shares), np.zeros_like(shares[:, 0]), np.zeros_like(keep)
    for step in range(shares.shape[1]):
        total = keep * total + (1 - keep) * shares[:, step]
        weight = keep * weight + (1 - keep)
        mean[:, step] = total / weight
    return mean


def cross_entropy(shares: Shares, target: Shares) -> float:
    """Mean over all steps, in nats."""
    return float(-(target * np.log(np.maximum(shares, LEAST_SHARE))).sum(axis=-1).mean())


def predict_clips(model: Model, batch: ClipBatch) -> Shares:
    """Probabilities by a temporal `.tflite` of every step; each clip starts from an empty state."""
    shares = np.empty_like(batch.frames)
    for index, clip in enumerate(tqdm(batch.maps, model.name, disable=None)):
        shares[index] = predict_clip(model, clip * np.float32(CEILING / 255))
    return shares


def predict_clip(model: Model, maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """(T, labels) probabilities of one clip's (T, H, W, C) maps."""
    h, c = (np.zeros(model.inputs[name].shape, np.float32) for name in "hc")
    logits = []
    for features in maps:
        output = model.run({"features": features[None], "h": h, "c": c})
        h, c = output["h"], output["c"]
        logits.append(output["emotion"][0])
    return softmax(np.stack(logits), axis=-1)


@dataclass(frozen=True, slots=True, eq=False)
class Changes:
    """Changes of the true label. clip, step: position of each; until: the step of the next change
    in the clip, or its end; before, after: the labels."""

    clip: NDArray[np.int64]
    step: NDArray[np.int64]
    until: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]

    @classmethod
    def of(cls, truth: NDArray[np.int64]) -> Changes:
        """truth: (N, T) labels."""
        clip, step = np.nonzero(truth[:, 1:] != truth[:, :-1])
        step = step + 1
        until = np.full(len(clip), truth.shape[1])
        until[:-1] = np.where(clip[1:] == clip[:-1], step[1:], until[:-1])
        return cls(clip, step, until, truth[clip, step - 1], truth[clip, step])


def lags(predicted: NDArray[np.int64], changes: Changes) -> NDArray[np.float64]:
    """Steps from each change until the new label is predicted.

    NaN where the old label was not predicted just before, or the new one is not before the next
    change.
    """
    found = np.full(len(changes.clip), np.nan)
    for index, (clip, step, until) in enumerate(
        zip(changes.clip, changes.step, changes.until, strict=True)
    ):
        correct = np.flatnonzero(predicted[clip, step:until] == changes.after[index])
        if len(correct) and predicted[clip, step - 1] == changes.before[index]:
            found[index] = correct[0]
    return found


def rate(methods: Mapping[str, Shares], batch: ClipBatch) -> dict[str, dict[str, Any]]:
    """Figures of each method on the same clips.

    accuracy: of all steps; last: of the last step of the clips; switches_a_minute: of the predicted
    label; lag_s: mean seconds from a change of the true label until it is predicted, over the
    changes that all methods predict; loss: cross-entropy of all steps, nats; ece: expected
    calibration error of all steps. The row "shown" has the true label's switches.
    """
    truth = batch.target.argmax(axis=-1)
    changes = Changes.of(truth)
    predicted = {name: shares.argmax(axis=-1) for name, shares in methods.items()}
    late = {name: lags(labels, changes) for name, labels in predicted.items()}
    common = np.isfinite(np.stack(list(late.values()))).all(axis=0)
    minutes = float((truth.shape[1] / batch.fps).sum()) / 60

    def switches(labels: NDArray[np.int64]) -> float:
        return round(float((labels[:, 1:] != labels[:, :-1]).sum()) / minutes, 1)

    report: dict[str, dict[str, Any]] = {"shown": {"switches_a_minute": switches(truth)}}
    for name, labels in predicted.items():
        seconds = late[name][common] / batch.fps[changes.clip[common]]
        flat = methods[name].reshape(-1, methods[name].shape[-1])
        report[name] = {
            "accuracy": round(float((labels == truth).mean()), 4),
            "last": round(float((labels[:, -1] == truth[:, -1]).mean()), 4),
            "switches_a_minute": switches(labels),
            "lag_s": round(float(seconds.mean()), 2) if common.any() else None,
            "changes_timed": int(common.sum()),
            "loss": round(cross_entropy(methods[name], batch.target), 4),
            "ece": round(reliability(flat, truth.ravel()).error, 4),
        }
    return report


def predict_all(clips: ClipBatches, networks: Mapping[str, Path]) -> dict[str, Shares]:
    """Probabilities of the reported clips by method: single frames, their exponential means, and
    `networks`, temporal `.tflite` files by name."""
    batch = clips.reported
    frames = softmax(batch.frames, axis=-1)
    means = {f"mean of {s:g} s": smoothed(frames, batch.fps, s) for s in MEANS_S}
    made = {name: predict_clips(load_model(path), batch) for name, path in networks.items()}
    return {"frame": frames, **means, **made}


def compare(clips: ClipBatches, networks: Mapping[str, Path]) -> dict[str, dict[str, Any]]:
    """`rate` of `predict_all`."""
    return rate(predict_all(clips, networks), clips.reported)
