"""From a trained backbone to the shipped models: calibrated, converted, measured, with cards.

Guarantees: the figures are of the shipped files, and of the test split after everything is chosen;
files are copied beside their destination and renamed, cards last, so that a reader of the folder
finds complete files, and at worst a file without its card.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from device.inference.litert import load_model
from device.values import EMOTIONS
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION, FaceDataset, join
from tools.scoring.plots import draw_confusion
from tools.scoring.temporal import compare
from tools.training.calibrate import scale_heads, shift_heads
from tools.training.clips import TemporalRecipe, clip_faces, make_clip_batches
from tools.training.convert import measure_both, refuse_loss
from tools.training.model_cards import DATA, MAX_LOSS, TEMPORAL, face_card, write_card
from tools.training.occlusion import with_occlusion
from tools.training.soft_targets import SoftTargets
from tools.training.temporal import kind_of, train_temporal
from tools.training.tflite import face_to_tflite, representative_faces, temporal_to_tflite

SUFFIXES = (".keras", ".tflite", ".json")
"""Files of a model: its source, itself, and its card."""


def export_models(
    datasets: Mapping[str, FaceDataset], network: keras.Model, runs: Path, out: Path,
    temporal: TemporalRecipe, command: str, soft_targets: SoftTargets | None = None,
    development: FaceDataset | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Write all six files to `out`; returns the face model's card.

    command: for the cards. soft_targets: that the network was trained with. development: other
    people's faces, for the clips on which the temporal network is chosen.

    Raises:
        UserError: int8 loses too much; `out` is unchanged.
    """
    folder = runs / "release"
    folder.mkdir(parents=True, exist_ok=True)
    together = join(*datasets.values())
    train, held_out = together.only(TRAIN), together.only(VALIDATION)
    temperatures = scale_heads(network, held_out)
    biases = shift_heads(network, held_out)
    network = with_occlusion(network, train, held_out)
    face = folder / "face.tflite"
    face.write_bytes(face_to_tflite(network, representative_faces(train)))
    network.save(folder / "face.keras")
    report = measure_both(datasets, face, network, (VALIDATION,))
    refuse_loss(report)

    export_temporal(
        folder, network, *clip_faces(datasets, development), temporal, EMOTIONS, command,
        title="clips of held-out faces",
    )  # fmt: skip
    tested = measure_both(datasets, face, network, (TEST,))
    for kind in report:
        report[kind] |= tested[kind]
    for title, figures in report["int8"].items():
        if "confusion" in figures:
            draw_confusion(figures["confusion"], folder / f"confusion {title}.png")
    card = write_card(
        face, folder / "face.keras", EMOTIONS, report, command, **face_card(network),
        conversion={"type": "int8", "max_loss": MAX_LOSS},
        soft_targets=None if soft_targets is None else soft_targets.digest,
        temperatures={head: round(value, 4) for head, value in temperatures.items()},
        biases=biases,
    )  # fmt: skip
    copy_models(folder, out)
    return card


def export_temporal(
    folder: Path, network: keras.Model, train: FaceDataset, held_out: FaceDataset,
    recipe: TemporalRecipe, labels: Sequence[str], command: str,
    *, title: str, data: Sequence[Mapping[str, str]] = DATA,
) -> None:  # fmt: skip
    """Train and convert a temporal network for `folder`/face.tflite; its files go beside it.

    network: the float network of that file. title: of the figures on the held-out clips.
    """
    clips = make_clip_batches(load_model(folder / "face.tflite"), train, held_out, recipe)
    step = train_temporal(folder, network, clips, recipe)
    tflite = folder / "temporal.tflite"
    tflite.write_bytes(temporal_to_tflite(step))
    write_card(
        tflite, folder / "temporal.keras", labels, {title: compare(clips, {recipe.kind: tflite})},
        command, data=data, **TEMPORAL, **kind_of(step), conversion={"type": "float"},
    )  # fmt: skip


def copy_models(folder: Path, out: Path) -> None:
    """Copy both models with their sources and cards to `out`."""
    out.mkdir(parents=True, exist_ok=True)
    names = [f"{name}{suffix}" for suffix in SUFFIXES for name in ("face", "temporal")]
    for name in names:
        shutil.copyfile(folder / name, out / f"{name}.part")
    for name in names:
        (out / f"{name}.part").replace(out / name)
