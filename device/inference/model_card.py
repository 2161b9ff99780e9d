"""The model card: what the device needs to know of a model file, from the JSON file beside it.

Labels come from the card, so that a model trained on other classes has its own. A model file
without the card's SHA-256 is refused: an incomplete copy must not run.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from device.errors import UserError

Scale = Literal["logits", "probabilities"]


@dataclass(frozen=True, slots=True)
class Card:
    """labels: classes of the emotion output. scale: what its values are."""

    labels: tuple[str, ...]
    scale: Scale


def load_card(model: Path) -> Card:
    """The model card beside a model: `face.json` of `face.tflite`.

    Raises:
        UserError: no model card, a broken one, or that of another file.
    """
    path = model.with_suffix(".json")
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8"))
        labels, sha256 = data["labels"], data["sha256"]
        scale = data["outputs"]["emotion"]
    except OSError as error:
        raise UserError(
            f"{path}: the model card of {model.name} cannot be read ({error.strerror})"
        ) from None
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path}: not a model card ({type(error).__name__}: {error}); "
            "`wayside-tools convert` writes one"
        ) from None
    if not (isinstance(labels, list) and labels and all(isinstance(x, str) for x in labels)):
        raise UserError(f"{path}: labels: got {labels!r}, takes a list of names")
    if scale not in ("logits", "probabilities"):
        raise UserError(f"{path}: outputs.emotion: got {scale!r}, takes logits or probabilities")
    if not model.is_file():
        raise UserError(f"{model}: no such model, though its model card is there")
    if hashlib.sha256(model.read_bytes()).hexdigest() != sha256:
        raise UserError(f"{model}: not the file that {path.name} describes; copy both again")
    return Card(tuple(labels), scale)
