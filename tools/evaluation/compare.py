"""A baseline on the same faces in the same run: another `.tflite`, or the PyPI package `fer`.

`fer` needs another TensorFlow set-up and an OpenCV that overwrites ours, so it is installed once
into its own environment, pinned by hashes, and runs as a child process. Differences are paired.
"""

from __future__ import annotations

import hashlib
import logging
import subprocess
import tempfile
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from device.errors import UserError
from device.inference.model_card import Card, load_card
from device.values import EMOTIONS
from tools.datasets.face_dataset import FaceDataset
from tools.places import ROOT
from tools.scoring.hsemotion import FILE, HSEmotion
from tools.scoring.intervals import mean_with_interval
from tools.scoring.metrics import Array, Scored, measure, scored
from tools.scoring.predict import LOGITS, TFLiteModel

log = logging.getLogger(__name__)

Pictures = NDArray[np.uint8]

FER = "fer"
HSEMOTION = "hsemotion"
REQUIREMENTS = ROOT / "requirements" / "compare-fer.txt"
CHILD = Path(__file__).with_name("fer_process.py")
FER_SIZE = 64
"""Side in pixels of the input of fer's emotion network."""

LEAST_SHARE = 1e-7
"""Probabilities are clipped here, so that their logits are finite."""


class Baseline(Protocol):
    """A model to compare with."""

    name: str

    def predict(self, pictures: Pictures) -> dict[str, Array]:
        """Logits by name, a row for each of (N, S, S) grey faces; at least "emotion"."""

    def predicts(self, faces: FaceDataset) -> bool:
        """Whether it has an output for a label that these faces have."""


def open_baseline(
    wanted: str, labels: tuple[str, ...], environments: Path, data: Path | None = None
) -> Baseline:
    """The baseline that `--compare` names: `fer`, `hsemotion`, or a file.

    labels: of the evaluated model; the baseline's must be the same. environments: the folder to
    install fer into, now, so that a missing network is an error before minutes of measuring. data:
    the folder with HSEmotion's file.

    Raises:
        UserError: none of them, a model of other classes, no data, or fer cannot be installed.
    """
    if wanted in (FER, HSEMOTION):
        found = EMOTIONS
    elif wanted.endswith(".tflite"):
        found = card_of(Path(wanted)).labels
    else:
        raise UserError(
            f"--compare: got {wanted!r}, takes `fer`, `hsemotion` or a file FILE.tflite"
        )
    if found != labels:
        raise UserError(
            f"--compare {wanted}: predicts {', '.join(found)}; the model predicts "
            f"{', '.join(labels)}: only models of the same classes can be compared"
        )
    if wanted == FER:
        return FerPackage(install(environments / FER, REQUIREMENTS))
    if wanted == HSEMOTION:
        if data is None:
            raise UserError("--compare hsemotion: its file is in the data folder; set --data")
        return HSEmotionFile(HSEmotion(data / FILE))
    return ModelFile(Path(wanted))


def card_of(model: Path) -> Card:
    """A model's card; without one the model is taken to predict logits of the seven emotions.

    Raises:
        UserError: no such model, or not the file of its card.
    """
    if not model.is_file():
        raise UserError(f"{model}: no such model")
    return load_card(model) if model.with_suffix(".json").is_file() else Card(EMOTIONS, "logits")


def logits_of(shares: Array) -> Array:
    """Logits whose softmax is these probabilities."""
    return np.log(np.maximum(shares, LEAST_SHARE)).astype(np.float32)


class ModelFile:
    """A `.tflite` with an input "face" (1, S, S, 1) and an output "emotion"."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such model, another kind, or not the file of its card."""
        self.name = str(path)  # with its folder: two models are often both called face.tflite
        self._scale = card_of(path).scale
        self._model = TFLiteModel(path)

    def predicts(self, faces: FaceDataset) -> bool:
        """See `Baseline`."""
        return True

    def predict(self, pictures: Pictures) -> dict[str, Array]:
        """See `Baseline`."""
        outputs = self._model.predict(pictures, heads=LOGITS)
        if self._scale == "probabilities":
            outputs["emotion"] = logits_of(outputs["emotion"])
        return outputs


@dataclass(slots=True)
class HSEmotionFile:
    """HSEmotion's MobileNet on the same grey crops."""

    network: HSEmotion
    name: str = "HSEmotion"

    def predicts(self, faces: FaceDataset) -> bool:
        """See `Baseline`: it predicts emotions only."""
        return bool((faces.emotion >= 0).any())

    def predict(self, pictures: Pictures) -> dict[str, Array]:
        """See `Baseline`."""
        return {"emotion": logits_of(self.network.predict(pictures))}


@dataclass(slots=True)
class FerPackage:
    """The package `fer`, run by the Python of its own environment."""

    python: Path
    name: str = FER

    def predicts(self, faces: FaceDataset) -> bool:
        """See `Baseline`: it predicts emotions only."""
        return bool((faces.emotion >= 0).any())

    def predict(self, pictures: Pictures) -> dict[str, Array]:
        """See `Baseline`. Raises UserError where it cannot be run."""
        if pictures.shape[1:] != (FER_SIZE, FER_SIZE):
            pictures = np.stack([cv2.resize(p, (FER_SIZE, FER_SIZE)) for p in pictures])
        with tempfile.TemporaryDirectory() as folder:
            faces, out = Path(folder) / "faces.npz", Path(folder) / "out.npz"
            np.savez(faces, faces=pictures)
            log.info("fer reads %d faces", len(pictures))
            _run([str(self.python), str(CHILD), str(faces), str(out)], "fer cannot be run")
            with np.load(out) as columns:
                shares, labels = columns["shares"], columns["labels"].tolist()
                self.name = f"{FER} {columns['version']}"
        return {"emotion": logits_of(shares[:, [labels.index(label) for label in EMOTIONS]])}


def install(environment: Path, requirements: Path) -> Path:
    """The Python of a virtual environment with exactly these pinned packages; made where it is
    missing, incomplete or of other pins.

    Raises:
        UserError: they cannot be installed, such as without a network.
    """
    python = environment / "bin" / "python"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    made = environment / "made-from"
    if made.is_file() and made.read_text() == digest and python.is_file():
        return python
    log.info("installing %s into %s (once, some minutes)", requirements.name, environment)
    try:
        venv.create(environment, clear=True, with_pip=True, symlinks=True)
    except (OSError, subprocess.CalledProcessError) as error:
        raise UserError(f"{environment}: cannot make a virtual environment ({error})") from None
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(
        [*pip, "--no-deps", "--require-hashes", "-r", str(requirements)],
        f"{requirements.name}: cannot be installed; this takes a network, once",
    )
    made.write_text(digest)
    return python


def _run(command: list[str], trouble: str) -> None:
    """Run a child process; if it fails, UserError has its last error line."""
    ended = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        lines = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
        errors = [line for line in lines if line.lower().startswith("error")] or lines
        last = errors[-1] if errors else f"exit code {ended.returncode}"
        raise UserError(f"{trouble} ({last[:160]})")


def compare(
    baseline: Baseline, held_out: Mapping[str, FaceDataset], ours: Mapping[str, Mapping[str, Array]]
) -> dict[str, Any]:
    """The baseline's figures on the same faces, and ours less theirs with 95 % intervals.

    held_out: faces, and ours: our model's outputs, by the same titles. Faces for which the baseline
    has no output are left out.
    """
    splits: dict[str, Any] = {}
    differences: dict[str, Any] = {}
    for title, faces in held_out.items():
        if not baseline.predicts(faces):
            continue
        theirs = baseline.predict(faces.pictures)
        splits[title] = measure(theirs, faces)
        differences[title] = difference(scored(ours[title], faces), scored(theirs, faces))
    return {"name": baseline.name, "splits": splits, "ours_less_theirs": differences}


def difference(
    ours: Mapping[str, Scored], theirs: Mapping[str, Scored]
) -> dict[str, dict[str, float]]:
    """Our accuracy less theirs with a paired interval, of each of `scored` that both have."""
    report = {}
    for name in ours.keys() & theirs.keys():
        correct = [shares.argmax(axis=1) == truth for shares, truth in (ours[name], theirs[name])]
        pairs = correct[0].astype(np.float64) - correct[1].astype(np.float64)
        report[name] = mean_with_interval(pairs).as_json()
    return report
