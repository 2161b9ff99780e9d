"""The last steps of every training: a temporal network for the new backbone, and the way out.

Promises: `deliver` puts files beside their destination first and renames them, cards last, so that
whoever reads the folder meanwhile finds whole files, and a file without its card at the worst.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

import keras

from device.inference.litert import load_model
from tools.datasets.face_dataset import FaceDataset
from tools.scoring.temporal import compare
from tools.training.clips import TemporalRecipe, make_clip_batches
from tools.training.convert import temporal_to_tflite
from tools.training.model_cards import DATA, TEMPORAL, write_card
from tools.training.temporal import card_of, train_temporal

SUFFIXES = (".keras", ".tflite", ".json")
"""What a model consists of: where it came from, itself, and its card."""


def make_temporal(
    made: Path, network: keras.Model, train: FaceDataset, held_out: FaceDataset,
    recipe: TemporalRecipe, labels: Sequence[str], command: str,
    *, title: str, data: Sequence[Mapping[str, str]] = DATA,
) -> None:  # fmt: skip
    """Train and convert a temporal network for `made`/face.tflite; its three files lie beside it.

    network: the float network of that file. title: what the held-out clips are of.
    """
    clips = make_clip_batches(load_model(made / "face.tflite"), train, held_out, recipe)
    step = train_temporal(made, network, clips, recipe)
    tflite = made / "temporal.tflite"
    tflite.write_bytes(temporal_to_tflite(step))
    write_card(
        tflite, made / "temporal.keras", labels, {title: compare(clips, {recipe.kind: tflite})},
        command, data=data, **TEMPORAL, **card_of(step), conversion={"type": "float"},
    )  # fmt: skip


def deliver(made: Path, out: Path) -> None:
    """Put both models with their sources and cards into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    names = [f"{name}{suffix}" for suffix in SUFFIXES for name in ("face", "temporal")]
    for name in names:
        shutil.copyfile(made / name, out / f"{name}.part")
    for name in names:
        (out / f"{name}.part").replace(out / name)
