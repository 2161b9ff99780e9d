"""Measure the model that ships, through the runtime that the kiosk uses.

FER-2013's PublicTest and PrivateTest, UTKFace's held-out parts, or any folder of class folders;
as JSON, as a Markdown table, and with the confusion matrices as PNG.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.vision.litert import load_model
from tools.faces.datasets import PARTS, TEST, VALIDATION, Stills
from tools.faces.folders import Folder
from tools.learning.networks import SIZE
from tools.measuring.metrics import confusion, face_metrics, macro_f1

Array = NDArray[np.float32]


def as_input(pictures: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(N, 64, 64, 1) uint8, as the device would bring a face crop of another size to its own."""
    if pictures.shape[1:] != (SIZE, SIZE):
        pictures = np.stack([cv2.resize(p, (SIZE, SIZE)) for p in pictures])
    return pictures[..., None]


def predict_keras(network: keras.Model, pictures: NDArray[np.uint8]) -> dict[str, Array]:
    """Outputs of the float network by name, a row for each picture."""
    faces = as_input(pictures).astype(np.float32)
    parts = [
        {name: np.asarray(value) for name, value in network(batch, training=False).items()}
        for batch in np.array_split(faces, max(1, len(faces) // 256))
    ]
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def predict_tflite(
    path: Path, pictures: NDArray[np.uint8], *, quiet: bool = True
) -> dict[str, Array]:
    """Outputs of a `.tflite` by name, a row for each picture; one call a picture, as on a kiosk."""
    model = load_model(path)
    rows = [model.run({"face": face[None]}) for face in tqdm(as_input(pictures), disable=quiet)]
    return {name: np.concatenate([row[name] for row in rows]) for name in rows[0]}


def measure(outputs: Mapping[str, Array], stills: Stills) -> dict[str, Any]:
    """Figures, numbers of faces and, where emotions are known, the confusion matrix."""
    figures: dict[str, Any] = {"faces": len(stills)}
    figures |= {name: round(value, 4) for name, value in face_metrics(outputs, stills).items()}
    known = stills.emotion >= 0
    if known.any():
        told = outputs["emotion"][known].argmax(axis=1)
        counts = confusion(stills.emotion[known], told, outputs["emotion"].shape[1])
        figures["confusion"] = counts.tolist()
    return figures


def measure_parts(
    path: Path, tables: Mapping[str, Stills], parts: Sequence[int] = (VALIDATION, TEST)
) -> dict[str, dict[str, Any]]:
    """Figures of a `.tflite` on the held-out parts of each table, by "table part"."""
    report = {}
    for name, stills in tables.items():
        for part in parts:
            held_out = stills.of(part)
            outputs = predict_tflite(path, held_out.pictures)
            report[f"{name} {PARTS[part]}"] = measure(outputs, held_out)
    return report


def measure_folder(path: Path, folder: Folder, labels: Sequence[str]) -> dict[str, Any]:
    """Figures of a `.tflite` on a folder of class folders, and the recall of each class."""
    outputs = predict_tflite(path, folder.pictures)
    counts = confusion(folder.truth, outputs["emotion"].argmax(axis=1), len(labels))
    faces = counts.sum(axis=1)
    return {
        "model": path.name,
        "faces": int(faces.sum()),
        "accuracy": round(float(np.diag(counts).sum() / faces.sum()), 4),
        "macro_f1": round(macro_f1(counts), 4),
        "classes": {
            label: {"faces": int(faces[i]), "recall": round(float(counts[i, i] / faces[i]), 4)}
            for i, label in enumerate(labels)
            if faces[i]
        },
        "labels": list(labels),
        "confusion": counts.tolist(),
        "skipped": list(folder.skipped),
    }


COLUMNS = {
    "faces": "faces",
    "accuracy": "emotion accuracy",
    "macro_f1": "macro-F1",
    "age_error": "age error (years)",
    "age_band_accuracy": "age band accuracy",
    "gender_accuracy": "gender accuracy",
}


def as_markdown(report: Mapping[str, Mapping[str, Any]]) -> str:
    """A table, a row for each part of `measure_parts`."""
    lines = ["| | " + " | ".join(COLUMNS.values()) + " |", "|---" * (len(COLUMNS) + 1) + "|"]
    for name, figures in report.items():
        cells = [str(figures.get(column, "–")) for column in COLUMNS]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)
