"""From a trained backbone to the models that ship: calibrated, converted, measured, with cards.

What is measured are the files that ship; the test parts are looked at last, once, when nothing is
left to choose.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras

from device.values import EMOTIONS
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION, FaceDataset, join
from tools.scoring.plots import draw_confusion
from tools.training.calibrate import calibrate, correct
from tools.training.clips import TemporalRecipe
from tools.training.convert import face_to_tflite
from tools.training.export import deliver, make_temporal
from tools.training.model_cards import face_card, write_card
from tools.training.networks import with_consensus
from tools.training.quantized import calibration, measure_all, refuse_loss
from tools.training.soft_targets import Lessons


def release(
    tables: Mapping[str, FaceDataset], network: keras.Model, runs: Path, models: Path,
    temporal: TemporalRecipe, command: str, lessons: Lessons | None = None,
) -> dict[str, Any]:  # fmt: skip
    """All six files to `models`; returns the face model's card.

    command: what the cards name as their maker. lessons: what the network learnt from beside
    labels.

    Raises:
        UserError: int8 loses too much; `models` is left as it was.
    """
    made = runs / "release"
    made.mkdir(parents=True, exist_ok=True)
    together = join(*tables.values())
    temperatures = calibrate(network, together.only(VALIDATION))
    network = with_consensus(network)
    temperatures |= calibrate(network, together.only(VALIDATION), ("consensus",))
    # After the consensus, which stands between label and votes: their biases would pull it apart.
    biases = correct(network, together.only(VALIDATION))
    face = made / "face.tflite"
    face.write_bytes(face_to_tflite(network, calibration(together.only(TRAIN))))
    network.save(made / "face.keras")
    report = measure_all(tables, face, network, (VALIDATION,))
    refuse_loss(report)

    fer = tables["fer2013"]
    make_temporal(
        made, network, fer.only(TRAIN), fer.only(VALIDATION), temporal, EMOTIONS, command,
        title="clips of PublicTest stills",
    )  # fmt: skip
    final = measure_all(tables, face, network, (TEST,))
    for kind in report:
        report[kind] |= final[kind]
    for title, figures in report["int8"].items():
        if "confusion" in figures:
            draw_confusion(figures["confusion"], made / f"confusion {title}.png")
    card = write_card(
        face, made / "face.keras", EMOTIONS, report, command, **face_card(network),
        conversion={"type": "int8"}, lessons=None if lessons is None else lessons.digest,
        temperatures={head: round(value, 4) for head, value in temperatures.items()},
        biases=biases,
    )  # fmt: skip
    deliver(made, models)
    return card
