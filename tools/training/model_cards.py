"""A model's card: the JSON that lies beside it; docs/model-card.md is what people read.

A card names the file by its hash, so the device can refuse a file that its card was not written
for, and states what was measured: never a number that was not.
"""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import keras

from device.values import AGE_YEARS
from tools.training.convert import sha256_of
from tools.training.networks import SIZE

DATA = (
    {
        "name": "FER-2013 (emotion), less the training pictures that stand in a test part too",
        "terms": "images: research use",
    },
    {"name": "FER+ votes (emotion)", "terms": "MIT"},
    {"name": "UTKFace, aligned (age, gender)", "terms": "non-commercial research"},
)


def write_card(
    model: Path, source: Path, labels: Sequence[str], metrics: Mapping[str, Any], command: str,
    *, data: Sequence[Mapping[str, str]] = DATA, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """Write `model`'s card beside it and return it.

    data: name and terms of each set it learnt from. more: what only this model has.
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


FACE: dict[str, Any] = {
    "input": {
        "name": "face",
        "size": SIZE,
        "channels": 1,
        "dtype": "uint8",
        "range": [0, 255],
        "framing": "device/faces/crop.py",
    },
    "outputs": {
        "emotion": "logits",
        "votes": "logits",
        "consensus": "logits",
        "age": "logits",
        "female": "logits",
        "embedding": "values",
        "features": "values",
    },
    "age_years": [int(year) for year in AGE_YEARS],
}
"""What is particular to the face model's card; a model may have fewer outputs."""


def face_card(network: keras.Model) -> dict[str, Any]:
    """`FACE` with the outputs that a network has."""
    outputs = {name: kind for name, kind in FACE["outputs"].items() if name in network.output}
    return FACE | {"outputs": outputs}


TEMPORAL = {
    "input": {"features": "of face.tflite", "h": "zeros at first", "c": "zeros at first"},
    "outputs": {"emotion": "logits", "h": "values", "c": "values"},
}
"""What is particular to the temporal model's card."""
