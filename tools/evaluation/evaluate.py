"""Evaluation of a face model, in the kiosk's runtime, on the public datasets' held-out splits.

Accuracy, calibration, fairness and robustness on FER-2013's PublicTest and PrivateTest and
UTKFace's validation and test splits, as plain JSON. `report.py` makes tables and pictures of it;
`class_folders.py` evaluates on any folder of class folders.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from tools.datasets.face_dataset import SPLITS, FaceDataset
from tools.evaluation.fairness import fairness
from tools.evaluation.robustness import robustness
from tools.scoring.metrics import BALANCED, Array, balanced_weights, figures_of, measure, scored
from tools.scoring.predict import LOGITS, TFLiteModel
from tools.scoring.reliability import reliability


def calibration(outputs: Mapping[str, Array], faces: FaceDataset) -> dict[str, Any]:
    """Number of faces, expected calibration error, log loss and bins of each of `scored`."""
    report = {}
    for name, (shares, truth) in scored(outputs, faces).items():
        figures = figures_of(name, shares, truth)
        weights = balanced_weights(truth) if name in BALANCED else None
        report[name] = {
            "faces": len(truth),
            "ece": round(figures["ece"], 4),
            "nll": round(figures["nll"], 4),
            "bins": reliability(shares, truth, weights).rows(),
        }
    return report


def evaluate(
    path: Path, datasets: Mapping[str, FaceDataset], splits: Sequence[int],
    sections: Collection[str],
) -> tuple[dict[str, Any], dict[str, dict[str, Array]]]:  # fmt: skip
    """A `.tflite` on the held-out splits of each dataset.

    sections: some of "accuracy", "calibration", "fairness" and "robustness".

    Returns the report: "splits" (accuracy), "calibration" and "fairness" by "dataset split",
    "robustness" by split; and the outputs by "dataset split".
    """
    model = TFLiteModel(path)
    report: dict[str, Any] = {}
    outputs = {}
    for split in splits:
        held_out = {name: faces.only(split) for name, faces in datasets.items()}
        clean = {
            name: model.predict(faces.pictures, heads=LOGITS) for name, faces in held_out.items()
        }
        for name, faces in held_out.items():
            title = f"{name} {SPLITS[split]}"
            outputs[title] = clean[name]
            if "accuracy" in sections:
                report.setdefault("splits", {})[title] = measure(clean[name], faces)
            if "calibration" in sections:
                report.setdefault("calibration", {})[title] = calibration(clean[name], faces)
            if "fairness" in sections:
                report.setdefault("fairness", {})[title] = fairness(clean[name], faces)
        if "robustness" in sections:
            report.setdefault("robustness", {})[SPLITS[split]] = robustness(
                lambda pictures: model.predict(pictures, heads=LOGITS, quiet=True),
                held_out,
                clean,
            )
    return report, outputs
