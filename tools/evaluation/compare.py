"""Another model on the same faces in the same run: a `.tflite`, or the PyPI package `fer`.

`fer` cannot live beside us (another TensorFlow set-up, an OpenCV that overwrites ours), so it is
installed once into an environment of its own, pinned by hashes, and runs as a child process that is
handed faces and hands back probabilities. Differences are of the same faces, pair by pair.
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
from tools.datasets.load import Stills
from tools.places import ROOT
from tools.scoring.intervals import mean_with_interval
from tools.scoring.metrics import Array, judged, measure
from tools.scoring.predict import LOGITS, TFLite
from tools.scoring.reliability import LEAST_SHARE

log = logging.getLogger(__name__)

Pictures = NDArray[np.uint8]

FER = "fer"
REQUIREMENTS = ROOT / "requirements" / "compare-fer.txt"
CHILD = Path(__file__).with_name("fer_process.py")
FER_SIZE = 64
"""Side in pixels that fer's emotion network takes, and enlarges faces to."""


class Rival(Protocol):
    """A model to compare with."""

    name: str

    def predict(self, pictures: Pictures) -> dict[str, Array]:
        """Logits by name, a row for each of (N, S, S) grey faces; at least "emotion"."""

    def knows(self, stills: Stills) -> bool:
        """Whether it tells anything of which these faces have a label."""


def open_rival(wanted: str, labels: tuple[str, ...], environments: Path) -> Rival:
    """What `--compare` names: `fer`, or a file.

    labels: of our own model; the rival's must be the same. environments: where fer is installed,
    now, so that nobody measures for minutes and then learns that there is no network.

    Raises:
        UserError: neither, a model of other classes, or fer cannot be installed.
    """
    if wanted == FER:
        rival_labels = EMOTIONS
    elif wanted.endswith(".tflite"):
        rival_labels = card_of(Path(wanted)).labels
    else:
        raise UserError(f"--compare: got {wanted!r}, takes `fer` or a file FILE.tflite")
    if rival_labels != labels:
        raise UserError(
            f"--compare {wanted}: tells {', '.join(rival_labels)}; the model tells "
            f"{', '.join(labels)}: only models of the same classes can be compared"
        )
    if wanted == FER:
        return Package(install(environments / FER, REQUIREMENTS))
    return File(Path(wanted))


def card_of(model: Path) -> Card:
    """A model's card; one without a card is taken for a model of the seven emotions, in logits.

    Raises:
        UserError: no such model, or not the file of its card.
    """
    if not model.is_file():
        raise UserError(f"{model}: no such model")
    return load_card(model) if model.with_suffix(".json").is_file() else Card(EMOTIONS, "logits")


def logits_of(shares: Array) -> Array:
    """Logits of which softmax makes these probabilities again."""
    return np.log(np.maximum(shares, LEAST_SHARE)).astype(np.float32)


class File:
    """A `.tflite` with an input "face" (1, S, S, 1) and an output "emotion"."""

    def __init__(self, path: Path) -> None:
        """Raises: UserError: no such model, another one, or not the file of its card."""
        # With the folder: two models are often both called face.tflite.
        self.name = str(path)
        self._scale = card_of(path).scale
        self._model = TFLite(path)

    def knows(self, stills: Stills) -> bool:
        """See `Rival`."""
        return True

    def predict(self, pictures: Pictures) -> dict[str, Array]:
        """See `Rival`."""
        outputs = self._model.predict(pictures, heads=LOGITS)
        if self._scale == "probabilities":
            for name in {"emotion", "consensus"} & outputs.keys():
                outputs[name] = logits_of(outputs[name])
        return outputs


@dataclass(slots=True)
class Package:
    """The package `fer`, run by the Python of its own environment."""

    python: Path
    name: str = FER

    def knows(self, stills: Stills) -> bool:
        """See `Rival`: it tells emotions alone."""
        return bool((stills.emotion >= 0).any())

    def predict(self, pictures: Pictures) -> dict[str, Array]:
        """See `Rival`. Raises UserError where it cannot be run."""
        if pictures.shape[1:] != (FER_SIZE, FER_SIZE):
            pictures = np.stack([cv2.resize(p, (FER_SIZE, FER_SIZE)) for p in pictures])
        with tempfile.TemporaryDirectory() as folder:
            given, told = Path(folder) / "faces.npz", Path(folder) / "told.npz"
            np.savez(given, faces=pictures)
            log.info("fer reads %d faces", len(pictures))
            _run([str(self.python), str(CHILD), str(given), str(told)], "fer cannot be run")
            with np.load(told) as columns:
                shares, labels = columns["shares"], columns["labels"].tolist()
                self.name = f"{FER} {columns['version']}"
        return {"emotion": logits_of(shares[:, [labels.index(label) for label in EMOTIONS]])}


def install(environment: Path, requirements: Path) -> Path:
    """A virtual environment with exactly these pinned packages: its Python. Made where it is not
    there, is half made, or was made from other pins.

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
        raise UserError(
            f"{environment}: no virtual environment can be made there ({error})"
        ) from None
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    _run(
        [*pip, "--no-deps", "--require-hashes", "-r", str(requirements)],
        f"{requirements.name}: cannot be installed; this takes a network, once",
    )
    made.write_text(digest)
    return python


def _run(command: list[str], trouble: str) -> None:
    """Run a child; where it fails, its last words are in the one line of UserError."""
    ended = subprocess.run(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False
    )
    if ended.returncode:
        words = [line.strip() for line in ended.stderr.splitlines() if line.strip()]
        errors = [line for line in words if line.lower().startswith("error")] or words
        last = errors[-1] if errors else f"exit code {ended.returncode}"
        raise UserError(f"{trouble} ({last[:160]})")


INSTEAD = {"consensus": "emotion_by_votes", "consensus_by_label": "emotion"}
"""What a model without a consensus is judged by in its place."""


def compare(
    rival: Rival, held_out: Mapping[str, Stills], ours: Mapping[str, Mapping[str, Array]]
) -> dict[str, Any]:
    """The rival's figures on the same faces, and ours less theirs with 95 % intervals.

    held_out: faces, and ours: what our model told of them, by the same titles. A set for which the
    rival has no output is left out.
    """
    parts: dict[str, Any] = {}
    differences: dict[str, Any] = {}
    for title, stills in held_out.items():
        if not rival.knows(stills):
            continue
        theirs = rival.predict(stills.pictures)
        parts[title] = measure(theirs, stills)
        differences[title] = difference(judged(ours[title], stills), judged(theirs, stills))
    return {"name": rival.name, "parts": parts, "ours_less_theirs": differences}


def difference(
    ours: Mapping[str, tuple[Array, NDArray[np.int64]]],
    theirs: Mapping[str, tuple[Array, NDArray[np.int64]]],
) -> dict[str, dict[str, float]]:
    """Our accuracy less theirs, of each of `judged` that both tell, with a paired interval; also
    of what our kiosk tells where they have but one output."""
    told = {}
    for name in ours:
        other = name if name in theirs else INSTEAD.get(name, "")
        if other not in theirs:
            continue
        right = [shares.argmax(axis=1) == truth for shares, truth in (ours[name], theirs[other])]
        pairs = right[0].astype(np.float64) - right[1].astype(np.float64)
        told[name] = mean_with_interval(pairs).as_json()
    return told
