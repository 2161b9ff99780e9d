"""Conversion of a trained network, measured against the float network, with a limit of the loss.

Guarantees: a model that loses more than the limit on a validation split is not written; figures are
of validation splits alone, and quantization ranges are of training pictures.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np

from device.errors import UserError
from device.inference.litert import load_model
from device.values import EMOTIONS
from tools.datasets.face_dataset import SPLITS, TRAIN, VALIDATION, FaceDataset, join
from tools.scoring.metrics import measure
from tools.scoring.predict import median_ms, predict_keras, predict_tflite
from tools.scoring.tables import of_figures
from tools.training.model_cards import (
    COMPARED,
    DATA,
    MAX_LOSS,
    TEMPORAL,
    face_card,
    sha256_of,
    write_card,
)  # fmt: skip
from tools.training.networks import require_outputs
from tools.training.tflite import (
    Type,
    face_to_tflite,
    representative_faces,
    temporal_to_tflite,
)

TOLERANCE = 1e-4
"""Largest difference between a float conversion's outputs and the network's."""

TRAINING_ENTRIES = ("soft_targets", "temperatures", "biases", "drift")
"""Entries of a face model's card about the network's training, which conversion keeps."""


def measure_both(
    datasets: Mapping[str, FaceDataset], tflite: Path, network: keras.Model, splits: Sequence[int],
    kind: Type = "int8",
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """Figures of the float network and of the `.tflite`, by {"float", kind} and dataset and split;
    of the splits that have faces."""
    report: dict[str, dict[str, Any]] = {"float": {}, kind: {}}
    for name, dataset in datasets.items():
        for split in splits:
            faces = dataset.only(split)
            if not len(faces):
                continue
            title = f"{name} {SPLITS[split]}"
            if kind != "float":
                report["float"][title] = measure(predict_keras(network, faces.pictures), faces)
            report[kind][title] = measure(predict_tflite(tflite, faces.pictures), faces)
    return report


def refuse_loss(
    report: Mapping[str, Mapping[str, Any]], max_loss: float = MAX_LOSS, kind: Type = "int8"
) -> None:
    """Raise UserError if the conversion lost too much accuracy on what `COMPARED` names, or none of
    it has a label."""
    compared = {title: row for title, row in report["float"].items() if title.endswith(COMPARED)}
    if not any("accuracy" in row for row in compared.values()):
        raise UserError("no validation face has a label to compare by; nothing was written")
    for title, exact in compared.items():
        lost = round(exact.get("accuracy", 0.0) - report[kind][title].get("accuracy", 0.0), 6)
        if lost > max_loss:
            raise UserError(
                f"{title}: {kind} loses {lost:.4f} of accuracy, {max_loss:g} is allowed; nothing "
                "was written"
            )


def convert_face(
    network: keras.Model, source: Path, out: Path, datasets: Mapping[str, FaceDataset],
    labels: Sequence[str] = EMOTIONS, *, kind: Type = "int8", max_loss: float = MAX_LOSS,
    data: Sequence[Mapping[str, str]] = DATA, own: Mapping[str, Any] | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Convert a face network, compare both on the validation splits, and write file and card.

    data: name and terms of the training datasets, if no card beside the source names them. own: the
    card that describes the training; by default that beside the source. Returns the card, whose
    `conversion` has bytes and milliseconds a call of both.

    Raises:
        UserError: no output "emotion" or other labels, no labelled face to compare on, or the
            conversion loses too much; nothing is written.
    """
    require_outputs(network, source, ("emotion",))
    units, own = int(network.output["emotion"].shape[-1]), card_of(source) if own is None else own
    own_labels = own.get("labels", labels)
    if units != len(labels) or list(own_labels) != list(labels):
        raise UserError(
            f"{source}: has {units} labels, not {len(labels)} ({', '.join(labels)}), or others by "
            "its card; name the class folders that it was trained on with --labels"
        )
    samples = representative_faces(join(*(d.only(TRAIN) for d in datasets.values())))
    parts = {"float": out.with_suffix(".float.part.tflite"), kind: out.with_suffix(".part.tflite")}
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        for name, path in parts.items():
            path.write_bytes(face_to_tflite(network, samples, name))
        report = measure_both(datasets, parts[kind], network, (VALIDATION,), kind)
        refuse_loss(report, max_loss, kind)
        if kind == "float":
            _refuse_difference(source, _face_difference(network, parts[kind], samples[:8]))
        conversion = {
            "type": kind,
            "max_loss": max_loss,
            "bytes": {name: path.stat().st_size for name, path in parts.items()},
            "milliseconds": {name: median_ms(load_model(path)) for name, path in parts.items()},
        }
        dtype = load_model(parts[kind]).inputs["face"].dtype
        parts[kind].replace(out)
    finally:
        for path in parts.values():
            path.unlink(missing_ok=True)
    more = face_card(network) | {"conversion": conversion}
    more["input"] = more["input"] | {"dtype": str(dtype)}
    more |= {key: own[key] for key in TRAINING_ENTRIES if key in own}
    return write_card(
        out, source, labels, report, _command(source, out, kind),
        data=own.get("data", data), **more,
    )  # fmt: skip


def convert_temporal(network: keras.Model, source: Path, out: Path) -> dict[str, Any]:
    """Convert a temporal network to float, write file and card, and return the card.

    Labels and metrics are those of the card beside the source, if there is one.

    Raises:
        UserError: its labels are not known, or the outputs of the file differ from the network's;
            nothing is written.
    """
    own = card_of(source)
    labels = own.get("labels", EMOTIONS)
    units = int(network.output["emotion"].shape[-1])
    if units != len(labels):
        raise UserError(
            f"{source}: has {units} labels, and its card {source.with_suffix('.json').name} is not "
            "beside it to name them"
        )
    part = out.with_suffix(".part.tflite")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        part.write_bytes(temporal_to_tflite(network))
        _refuse_difference(source, temporal_difference(network, part))
        conversion = {"type": "float", "milliseconds": {"float": median_ms(load_model(part))}}
        part.replace(out)
    finally:
        part.unlink(missing_ok=True)
    kept = {key: own[key] for key in ("kind", "tensor_train") if key in own}
    return write_card(
        out, source, labels, own.get("metrics", {}), _command(source, out, "float"),
        **TEMPORAL, data=own.get("data", DATA), conversion=conversion, **kept,
    )  # fmt: skip


def _refuse_difference(source: Path, difference: float) -> None:
    if not difference <= TOLERANCE:  # also if it is NaN
        raise UserError(
            f"{source}: its .tflite differs from the network by {difference:.2g}; nothing was "
            "written"
        )


def _face_difference(network: keras.Model, tflite: Path, faces: np.ndarray) -> float:
    """Largest difference of any output, relative to the largest value of that output."""
    exact, converted = predict_keras(network, faces), predict_tflite(tflite, faces)
    return max(
        float(np.abs(value - exact[name]).max() / np.abs(exact[name]).max())
        for name, value in converted.items()
    )


def temporal_difference(network: keras.Model, tflite: Path, steps: int = 10) -> float:
    """Largest difference of any output of a temporal network and its `.tflite`, over some steps."""
    model, draw, worst = load_model(tflite), np.random.default_rng(0), 0.0
    state = {name: np.zeros(model.inputs[name].shape, np.float32) for name in ("h", "c")}
    for _ in range(steps):
        features = draw.uniform(0, 6, model.inputs["features"].shape).astype(np.float32)
        inputs = {"features": features, **state}
        converted, exact = model.run(inputs), network(inputs, training=False)
        gaps = (np.abs(converted[name] - np.asarray(value)).max() for name, value in exact.items())
        worst = max(worst, *map(float, gaps))
        state = {"h": converted["h"], "c": converted["c"]}
    return worst


def _command(source: Path, out: Path, kind: Type) -> str:
    return f"wayside-tools convert {source.name} --out {out.name} --type {kind}"


def card_of(source: Path) -> dict[str, Any]:
    """The card beside a `.keras` file, if it is of that file; else an empty one."""
    try:
        card = json.loads(source.with_suffix(".json").read_text())
    except (OSError, ValueError):
        return {}
    fits = isinstance(card, dict) and card.get("source_sha256") == sha256_of(source)
    return card if fits else {}


def as_table(card: Mapping[str, Any]) -> str:
    """A Markdown table of a face model's card: a row for each split and type."""
    by_type = card["metrics"]
    titles = dict.fromkeys(title for figures in by_type.values() for title in figures)
    return of_figures(
        {f"{title}, {kind}": rows[title] for title in titles for kind, rows in by_type.items()}
    )
