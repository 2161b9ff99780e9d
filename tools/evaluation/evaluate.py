"""Measure the model that ships, through the runtime that the kiosk uses.

FER-2013's PublicTest and PrivateTest and UTKFace's held-out parts: accuracy, calibration, fairness
and robustness. What is given back is plain JSON; `report.py` makes tables and pictures
of it. Other people's faces are measured in `tools.evaluation.class_folders`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.inference.litert import load_model
from tools.datasets.load import PARTS, Stills
from tools.evaluation.fairness import fairness
from tools.evaluation.robustness import robustness
from tools.scoring.majority import CONTEMPT, majority
from tools.scoring.metrics import confusion, face_metrics, judged
from tools.scoring.reliability import log_loss, reliability
from tools.training.networks import HEADS, SIZE

Array = NDArray[np.float32]

LOGITS = (*HEADS, "consensus")
"""The outputs that are measured."""

CLEAR = {"votes": "votes", "consensus": "consensus", "emotion_by_votes": "emotion"}
"""What is held against FER+'s majority, and the output that it is of."""

AGREED = ("emotion", "votes", "consensus")
"""The outputs of which one tells the device what somebody feels."""


def as_input(pictures: NDArray[np.uint8], size: int = SIZE) -> NDArray[np.uint8]:
    """(N, size, size, 1) uint8, as the device would bring a face crop of another size to its
    own."""
    if pictures.shape[1:] != (size, size):
        pictures = np.stack([cv2.resize(p, (size, size)) for p in pictures])
    return pictures[..., None]


def predict_keras(network: keras.Model, pictures: NDArray[np.uint8]) -> dict[str, Array]:
    """Outputs of the float network by name, a row for each picture."""
    faces = as_input(pictures).astype(np.float32)
    parts = [
        {name: np.asarray(value) for name, value in network(batch, training=False).items()}
        for batch in np.array_split(faces, max(1, len(faces) // 256))
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


class TFLite:
    """A `.tflite` that was loaded once: what is measured is one model, whatever becomes of its
    file meanwhile."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such model, or one that takes no single grey face."""
        self._model = load_model(path)
        self._model.require({"face": (1, -1, -1, 1)}, {"emotion": (1, -1)})

    def predict(
        self, pictures: NDArray[np.uint8], *, heads: Collection[str] | None = None,
        quiet: bool = False,
    ) -> dict[str, Array]:  # fmt: skip
        """Outputs by name, a row for each picture; one call a picture, as on a kiosk.

        heads: keep only those of these names that there are; None: all.
        """
        model = self._model
        rows: dict[str, list[Array]] = {
            name: [] for name in model.outputs if heads is None or name in heads
        }
        faces = as_input(pictures, model.inputs["face"].shape[1])
        bar = tqdm(faces, desc=model.name, unit="face", delay=2, disable=True if quiet else None)
        for face in bar:
            told = model.run({"face": face[None]})
            for name, row in rows.items():
                row.append(told[name])
        return {name: np.concatenate(row) for name, row in rows.items()}


def predict_tflite(path: Path, pictures: NDArray[np.uint8]) -> dict[str, Array]:
    """All outputs of a `.tflite` by name, a row for each picture. Raises UserError as `TFLite`."""
    return TFLite(path).predict(pictures)


def measure(outputs: Mapping[str, Array], stills: Stills) -> dict[str, Any]:
    """Figures, numbers of faces and, where emotions are known, the confusion matrix.

    Where FER+ votes are known: of how many faces they give a majority, why others have none, and
    the accuracy on those of which more than half of the votes agree.
    """
    figures: dict[str, Any] = {"faces": len(stills)}
    figures |= {name: round(value, 4) for name, value in face_metrics(outputs, stills).items()}
    known = judged(outputs, stills)
    if "emotion" in known:
        shares, truth = known["emotion"]
        counts = confusion(truth, shares.argmax(axis=1), shares.shape[1])
        figures["confusion"] = counts.tolist()
    if stills.votes.any():
        figures["votes"] = _votes(known, stills) | _agreed(outputs, stills)
    return figures


def _votes(known: Mapping[str, tuple[Array, NDArray[np.int64]]], stills: Stills) -> dict[str, Any]:
    """Numbers of faces by FER+'s majority, accuracy where it is clear, and the confusion matrix
    (7, 8): no row of contempt, which is left out, but a column, since it may be told."""
    found = majority(stills.votes)
    told: dict[str, Any] = {
        "faces": int((found.label >= 0).sum()),
        "contempt": found.contempt,
        "ties": found.ties,
        "without_votes": found.unvoted,
        "clear_faces": int(found.clear.sum()),
    }
    clear = found.clear[found.label >= 0]
    for name in CLEAR:
        if name in known and clear.any():
            shares, truth = known[name]
            right = shares.argmax(axis=1) == truth
            told[f"{name}_clear_accuracy"] = round(float(right[clear].mean()), 4)
    if "votes" in known:
        shares, truth = known["votes"]
        counts = confusion(truth, shares.argmax(axis=1), shares.shape[1])
        told["confusion"] = counts[:CONTEMPT].tolist()
    return told


def _agreed(outputs: Mapping[str, Array], stills: Stills) -> dict[str, Any]:
    """How often each of `AGREED` is right, its seven emotions alone, where FER-2013's label is
    FER+'s majority as well: the truth that is in least doubt, by which the output that the device
    reads was chosen."""
    rows = (stills.emotion >= 0) & (stills.emotion == majority(stills.votes).label)
    told: dict[str, Any] = {"agreed_faces": int(rows.sum())}
    if {"emotion", "votes"} <= outputs.keys() and outputs["emotion"].shape[1] == CONTEMPT:
        mean = (outputs["emotion"] + outputs["votes"][:, :CONTEMPT]) / 2
        outputs = {"consensus": mean, **outputs}  # of a network that lacks it: what it would be
    for name in AGREED:
        if name in outputs and rows.any():
            right = outputs[name][rows, :CONTEMPT].argmax(axis=1) == stills.emotion[rows]
            told[f"{name}_agreed_accuracy"] = round(float(right.mean()), 4)
    return told


def calibration(outputs: Mapping[str, Array], stills: Stills) -> dict[str, Any]:
    """Of each of `judged`: faces, expected calibration error, log loss and the bins."""
    told = {}
    for name, (shares, truth) in judged(outputs, stills).items():
        found = reliability(shares, truth)
        told[name] = {
            "faces": len(truth),
            "ece": round(found.error, 4),
            "nll": round(log_loss(shares, truth), 4),
            "bins": found.rows(),
        }
    return told


def evaluate(
    path: Path, tables: Mapping[str, Stills], parts: Sequence[int],
    sections: Collection[str],
) -> tuple[dict[str, Any], dict[str, dict[str, Array]]]:  # fmt: skip
    """A `.tflite` on the held-out parts of each table.

    sections: some of "accuracy", "calibration", "fairness" and "robustness".

    Returns the report: "parts" (accuracy), "calibration" and "fairness" by "table part",
    "robustness" by part; and the outputs by "table part", for who wants to compare.
    """
    model = TFLite(path)
    report: dict[str, Any] = {}
    outputs = {}
    for part in parts:
        held_out = {name: stills.of(part) for name, stills in tables.items()}
        clean = {
            name: model.predict(stills.pictures, heads=LOGITS) for name, stills in held_out.items()
        }
        for name, stills in held_out.items():
            title = f"{name} {PARTS[part]}"
            outputs[title] = clean[name]
            if "accuracy" in sections:
                report.setdefault("parts", {})[title] = measure(clean[name], stills)
            if "calibration" in sections:
                report.setdefault("calibration", {})[title] = calibration(clean[name], stills)
            if "fairness" in sections:
                report.setdefault("fairness", {})[title] = fairness(clean[name], stills)
        if "robustness" in sections:
            report.setdefault("robustness", {})[PARTS[part]] = robustness(
                lambda pictures: model.predict(pictures, heads=LOGITS, quiet=True),
                held_out,
                clean,
            )
    return report, outputs
