"""Measure the model that ships, through the runtime that the kiosk uses.

FER-2013's PublicTest and PrivateTest and UTKFace's held-out parts: accuracy, calibration, fairness
and robustness. What is given back is plain JSON; `report.py` makes tables and pictures
of it. Other people's faces are measured in `tools.evaluation.class_folders`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tools.datasets.load import PARTS, Stills
from tools.evaluation.fairness import fairness
from tools.evaluation.robustness import robustness
from tools.scoring.metrics import judged, measure
from tools.scoring.predict import LOGITS, TFLite
from tools.scoring.reliability import log_loss, reliability

Array = NDArray[np.float32]


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
