"""Temporal evaluation: single frames, their exponential mean, and both temporal networks.

`wayside-tools measure temporal` trains both networks on clips of training faces, unless that is
done for this backbone and recipe. It chooses on clips of one half of the held-out faces, those of
PublicTest and of the development set, and reports on the other: as a Markdown table, as JSON and as
a picture of the predictions over time.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import keras

from device.config import load_config
from device.errors import UserError
from device.inference.litert import load_model
from device.inference.model_card import load_card
from device.values import EMOTIONS
from tools.datasets.development import load_development
from tools.datasets.load import load_datasets
from tools.evaluation.labelled_clips import measure_clips, measure_development, methods_of
from tools.evaluation.plots import draw_clips
from tools.places import ROOT
from tools.scoring.predict import median_ms
from tools.scoring.tables import of_figures
from tools.scoring.temporal import ClipBatches, predict_all, rate
from tools.training.clips import KINDS, TemporalRecipe, clip_faces, make_clip_batches
from tools.training.model_cards import sha256_of
from tools.training.networks import load_network
from tools.training.temporal import train_temporal
from tools.training.tflite import temporal_to_tflite

COLUMNS = {
    "accuracy": "accuracy of all steps",
    "last": "of the last step",
    "switches_a_minute": "switches a minute",
    "lag_s": "lag (s)",
    "loss": "cross-entropy",
    "ece": "ECE",
    "development_frames": "development clips, labelled frames",
    "development_switches": "their switches a minute",
    "parameters": "parameters",
    "bytes": "bytes",
    "milliseconds": "ms a step",
    "clips_correct": "labelled clips correct",
}


def report(
    data: Path, models: Path, runs: Path, recipe: TemporalRecipe, mead: Path | None = None,
    limit: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Measure, print the table, and write `runs/temporal/report.json` and `clips.png`.

    models: the folder of `face.tflite` and `face.keras`. mead: a folder of labelled clips, read
    when everything has been chosen. limit: at most this many faces of each split, for a trial.

    Raises:
        UserError: a model or the data is missing.
    """
    face, source, folder = models / "face.tflite", models / "face.keras", runs / "temporal"
    labels = load_card(face).labels
    if labels != EMOTIONS:
        raise UserError(f"{face}: predicts {', '.join(labels)}; the clips have FER-2013's emotions")
    network = load_network(source)  # the temporal networks start from its head
    cache = runs / "cache"
    datasets = load_datasets(data, cache, limit)
    train, held_out = clip_faces(datasets, None if limit else load_development(data, cache))
    clips = make_clip_batches(load_model(face), train, held_out, recipe)
    made = {
        kind: _network(folder / kind, network, face, clips, replace(recipe, kind=kind))
        for kind in KINDS
    }
    networks = {f"LSTM, {kind}": path for kind, (path, _) in made.items()}
    methods = predict_all(clips, networks)
    figures = rate(methods, clips.reported)
    for kind, (path, parameters) in made.items():
        figures[f"LSTM, {kind}"] |= {
            "parameters": parameters,
            "bytes": path.stat().st_size,
            "milliseconds": median_ms(load_model(path)),
        }
    found: dict[str, Any] = {"recipe": asdict(recipe), "face": sha256_of(face), "clips": figures}
    labelled, config = methods_of(networks), load_config(ROOT / "config.yaml")
    if limit is None:
        for name, row in measure_development(data, face, labelled, config.vision).items():
            figures[name] |= row
    if mead is not None:
        found["mead"] = measure_clips(mead, face, labels, labelled, config)
        for name, correct in found["mead"]["correct"].items():
            figures[name]["clips_correct"] = f"{correct} of {found['mead']['clips']}"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "report.json").write_text(json.dumps(found, indent=1))
    draw_clips(methods, clips.reported, labels, folder / "clips.png")
    count, steps = clips.reported.frames.shape[:2]
    print(f"{count} clips of {steps / recipe.fps:g} s at {recipe.fps:g} frames a second\n")
    print(f"{of_figures(figures, COLUMNS)}\n\n{folder}: report.json, clips.png")
    return found


def _network(
    folder: Path, network: keras.Model, face: Path, clips: ClipBatches, recipe: TemporalRecipe
) -> tuple[Path, int]:
    """The `.tflite` of one kind and its number of parameters; trained unless the one in the folder
    is of this backbone and recipe."""
    path, card = folder / "temporal.tflite", folder / "made.json"
    wanted = {"recipe": asdict(recipe), "face": sha256_of(face)}
    kept = json.loads(card.read_text()) if card.is_file() and path.is_file() else {}
    if {key: kept.get(key) for key in wanted} != wanted:
        step = train_temporal(folder, network, clips, recipe)
        path.write_bytes(temporal_to_tflite(step))
        kept = wanted | {"parameters": int(step.count_params())}
        card.write_text(json.dumps(kept, indent=1))
    return path, kept["parameters"]
