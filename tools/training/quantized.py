"""A converted network beside the float one it was made from: accuracy, size, speed, and a limit.

Promises: what loses more than the limit on a validation part is not written. Only validation parts
are looked at, and the ranges of a quantized model come from training pictures.
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
from tools.training.convert import Type, face_to_tflite, sha256_of, temporal_to_tflite
from tools.training.model_cards import DATA, TEMPORAL, face_card, write_card
from tools.training.networks import require

MOST_LOST = 0.005
"""Emotion accuracy that a conversion may cost; beyond it nothing is released."""

SAME = 1e-4
"""Farthest that a float conversion's outputs may lie from the network's."""

MADE_BY = ("lessons", "temperatures", "biases", "kept")
"""What a face model's card tells of how its network was made, which conversion does not change."""

CALIBRATION = 500


def calibration(train: FaceDataset, count: int = CALIBRATION) -> np.ndarray:
    """Training pictures that stand for all of them: (count, 64, 64) uint8."""
    return train.pictures[np.random.default_rng(0).permutation(len(train))[:count]]


def measure_all(
    tables: Mapping[str, FaceDataset], tflite: Path, network: keras.Model, parts: Sequence[int],
    kind: Type = "int8",
) -> dict[str, dict[str, Any]]:  # fmt: skip
    """The same figures of the float network and of the `.tflite`, by {"float", kind} and part; of a
    part that has faces."""
    report: dict[str, dict[str, Any]] = {"float": {}, kind: {}}
    for name, table in tables.items():
        for part in parts:
            stills = table.only(part)
            if not len(stills):
                continue
            title = f"{name} {SPLITS[part]}"
            if kind != "float":
                report["float"][title] = measure(predict_keras(network, stills.pictures), stills)
            report[kind][title] = measure(predict_tflite(tflite, stills.pictures), stills)
    return report


def refuse_loss(
    report: Mapping[str, Mapping[str, Any]], most_lost: float = MOST_LOST, kind: Type = "int8"
) -> None:
    """Raise UserError where the conversion lost too much accuracy on a validation part, or no such
    part has anything to compare."""
    chosen = {t: told for t, told in report["float"].items() if t.endswith(SPLITS[VALIDATION])}
    if not any("accuracy" in exact for exact in chosen.values()):
        raise UserError("no validation face has a label to compare by; nothing was written")
    for title, exact in chosen.items():
        for figure in ("accuracy", "consensus_accuracy"):
            lost = round(exact.get(figure, 0.0) - report[kind][title].get(figure, 0.0), 6)
            if lost > most_lost:
                raise UserError(
                    f"{title}: {kind} loses {lost:.4f} of {figure.replace('_', ' ')}, "
                    f"{most_lost:g} is allowed; nothing was written"
                )


def convert_face(
    network: keras.Model, source: Path, out: Path, tables: Mapping[str, FaceDataset],
    labels: Sequence[str] = EMOTIONS, *, kind: Type = "int8", most_lost: float = MOST_LOST,
    data: Sequence[Mapping[str, str]] = DATA,
) -> dict[str, Any]:  # fmt: skip
    """Convert a trained face network, compare both on the validation parts, write file and card.

    data: name and terms of what it learnt from, where no card beside it says. Returns the card,
    whose `conversion` has the bytes and the milliseconds a call of both.

    Raises:
        UserError: it tells no emotion or other labels, no face is there to compare on, or the
            conversion loses too much; nothing is written.
    """
    require(network, source, ("emotion",))
    units, beside = int(network.output["emotion"].shape[-1]), _card_of(source)
    own = beside.get("labels", labels)
    if units != len(labels) or list(own) != list(labels):
        raise UserError(
            f"{source}: tells {units} labels, not {len(labels)} ({', '.join(labels)}), or others "
            "by its card; --labels names the folder of class folders that it was trained on"
        )
    faces = calibration(join(*(table.only(TRAIN) for table in tables.values())))
    made = {"float": out.with_suffix(".float.part.tflite"), kind: out.with_suffix(".part.tflite")}
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        for name, path in made.items():
            path.write_bytes(face_to_tflite(network, faces, name))
        report = measure_all(tables, made[kind], network, (VALIDATION,), kind)
        refuse_loss(report, most_lost, kind)
        if kind == "float" and not (off := _off(network, made[kind], faces[:8])) <= SAME:
            raise UserError(f"{source}: its .tflite is {off:.2g} off the network; nothing written")
        conversion = {
            "type": kind,
            "bytes": {name: path.stat().st_size for name, path in made.items()},
            "milliseconds": {name: median_ms(load_model(path)) for name, path in made.items()},
        }
        seen = load_model(made[kind]).inputs["face"].dtype
        made[kind].replace(out)
    finally:
        for path in made.values():
            path.unlink(missing_ok=True)
    more = face_card(network) | {"conversion": conversion}
    more["input"] = more["input"] | {"dtype": str(seen)}
    more |= {key: beside[key] for key in MADE_BY if key in beside}
    return write_card(
        out, source, labels, report, _command(source, out, kind),
        data=beside.get("data", data), **more,
    )  # fmt: skip


def convert_temporal(network: keras.Model, source: Path, out: Path) -> dict[str, Any]:
    """Convert a trained temporal network, in float, and write file and card, which is returned.

    Labels and metrics are those of the card beside the source, where there is one.

    Raises:
        UserError: nobody says which labels it tells, or the file tells something else than the
            network; nothing is written.
    """
    beside = _card_of(source)
    labels = beside.get("labels", EMOTIONS)
    units = int(network.output["emotion"].shape[-1])
    if units != len(labels):
        raise UserError(
            f"{source}: tells {units} labels, and its card {source.with_suffix('.json').name} is "
            "not beside it to name them"
        )
    made = out.with_suffix(".part.tflite")
    out.parent.mkdir(parents=True, exist_ok=True)
    try:
        made.write_bytes(temporal_to_tflite(network))
        off = farthest(network, made)
        if off > SAME:
            raise UserError(f"{source}: its .tflite is {off:.2g} off the network; nothing written")
        conversion = {"type": "float", "milliseconds": median_ms(load_model(made))}
        made.replace(out)
    finally:
        made.unlink(missing_ok=True)
    kept = {key: beside[key] for key in ("kind", "tensor_train") if key in beside}
    return write_card(
        out, source, labels, beside.get("metrics", {}), _command(source, out, "float"),
        **TEMPORAL, data=beside.get("data", DATA), conversion=conversion, **kept,
    )  # fmt: skip


def _off(network: keras.Model, tflite: Path, faces: np.ndarray) -> float:
    """Largest difference of any output, against the largest of that output."""
    exact, told = predict_keras(network, faces), predict_tflite(tflite, faces)
    return max(
        float(np.abs(told[name] - exact[name]).max() / np.abs(exact[name]).max()) for name in told
    )


def farthest(network: keras.Model, tflite: Path, steps: int = 10) -> float:
    """Largest difference of any output of a temporal network and its `.tflite`, over some steps."""
    model, draw, worst = load_model(tflite), np.random.default_rng(0), 0.0
    given = {
        name: np.zeros(tensor.shape, np.float32)
        for name, tensor in model.inputs.items()
        if name != "features"
    }
    for _ in range(steps):
        features = draw.uniform(0, 6, model.inputs["features"].shape).astype(np.float32)
        given = {"features": features, **given}
        told = model.run(given)
        exact = network(given, training=False)
        gaps = (np.abs(told[name] - np.asarray(value)).max() for name, value in exact.items())
        worst = max(worst, *map(float, gaps))
        given = {"h": told["h"], "c": told["c"]}
    return worst


def _command(source: Path, out: Path, kind: Type) -> str:
    return f"wayside-tools convert {source.name} --out {out.name} --type {kind}"


def _card_of(source: Path) -> dict[str, Any]:
    """The card beside a `.keras` file, where it is of that very file; else nothing."""
    try:
        card = json.loads(source.with_suffix(".json").read_text())
    except (OSError, ValueError):
        return {}
    fits = isinstance(card, dict) and card.get("source_sha256") == sha256_of(source)
    return card if fits else {}


def as_table(card: Mapping[str, Any]) -> str:
    """A Markdown table of a face model's card: for each part the float network and the file."""
    by_type = card["metrics"]
    parts = dict.fromkeys(title for figures in by_type.values() for title in figures)
    return of_figures(
        {f"{title}, {kind}": told[title] for title in parts for kind, told in by_type.items()}
    )
