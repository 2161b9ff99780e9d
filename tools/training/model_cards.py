"""Model cards: the JSON file beside a model. docs/model-card.md is for people.

A card has the model's hash, so that the device can refuse a file that the card was not written for,
and figures that were measured on that file.
"""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.faces.crop import CROP_SIZE
from device.values import AGE_YEARS

if TYPE_CHECKING:
    import keras

COMPARED = ("validation", " held out, quiet")
"""Ends of the titles of the figures by which a conversion is judged: of faces a validation split,
of voices, which are too few for another one, the held-out speakers."""

MAX_LOSS = 0.005
"""Emotion accuracy that a conversion may lose, if its card's `conversion.max_loss` is not there."""

DATA = (
    {
        "name": "FER-2013 (emotion), without training pictures that are also held out",
        "terms": "images: research use",
    },
    {"name": "FER+ votes (emotion)", "terms": "MIT"},
    {"name": "UTKFace, aligned (age, gender)", "terms": "non-commercial research"},
    {
        "name": "HSEmotion's predictions, a network trained on AffectNet (emotion)",
        "terms": "HSEmotion: Apache-2.0; AffectNet: non-commercial research",
    },
)
"""What the shipped network was trained on."""

FACE: dict[str, Any] = {
    "input": {
        "name": "face",
        "size": CROP_SIZE,
        "channels": 1,
        "dtype": "uint8",
        "range": [0, 255],
        "framing": "device/faces/crop.py",
    },
    "outputs": {
        "emotion": "logits",
        "votes": "logits",
        "age": "logits",
        "female": "logits",
        "occluded": "logits",
        "embedding": "values",
        "features": "values",
    },
    "age_years": [int(year) for year in AGE_YEARS],
}
"""Entries of a face model's card."""

TEMPORAL = {
    "input": {"features": "of face.tflite", "h": "zeros at first", "c": "zeros at first"},
    "outputs": {"emotion": "logits", "h": "values", "c": "values"},
}
"""Entries of a temporal model's card."""


def sha256_of(path: Path) -> str:
    """Hexadecimal digest of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def face_card(network: keras.Model) -> dict[str, Any]:
    """`FACE` with the outputs that a network has."""
    outputs = {name: kind for name, kind in FACE["outputs"].items() if name in network.output}
    return FACE | {"outputs": outputs}


def own_data(folder: Path, labels: Sequence[str]) -> list[dict[str, str]]:
    """The data of a network that was fine-tuned on class folders."""
    return [{"name": f"{folder.name} ({', '.join(labels)})", "terms": "its owner's"}, *DATA]


def write_card(
    model: Path, source: Path, labels: Sequence[str], metrics: Mapping[str, Any], command: str,
    *, data: Sequence[Mapping[str, str]] = DATA, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Write `model`'s card beside it and return it.

    data: name and terms of each training dataset. more: entries of this kind of model.
    """
    card = {
        "name": model.stem,
        "file": model.name,
        "sha256": sha256_of(model),
        "bytes": model.stat().st_size,
        "source": source.name,
        "source_sha256": sha256_of(source),
        "labels": list(labels),
        **more,
        "data": [dict(row) for row in data],
        "metrics": dict(metrics),
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "command": command,
    }
    model.with_suffix(".json").write_text(json.dumps(card, indent=1) + "\n")
    return card
