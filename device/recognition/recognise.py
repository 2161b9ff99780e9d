"""Recognition of emotion, age and gender, each of which can be switched off.

One call of the backbone gives all three, and whether eyes and mouth are covered, which lowers the
trust in what is read from them; a one-step LSTM, whose state lasts as long as the track, follows
the emotion over time. Features and states never leave this module. `backend` says what runs
the backbone.
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from device.config import RecogniseConfig, VisionConfig
from device.errors import UserError
from device.faces.crop import CROP_SIZE, crop_face, trust_of
from device.faces.tracks import UNSEEN
from device.inference.edgetpu import Backend, choose_backend, compiled
from device.inference.litert import Model, load_model
from device.inference.model_card import Card, Scale, load_card
from device.values import AGE_YEARS, Floats, Frame, Image, Reading, Track, Trust

State: TypeAlias = tuple[Floats, Floats]
"""An LSTM's h and c, each (1, units)."""

Output: TypeAlias = dict[str, NDArray[np.float32]]
"""What the backbone gives of one face, by the names of its outputs."""


class Temporal:
    """The one-step LSTM. start: state of a new track."""

    def __init__(self, path: Path, labels: tuple[str, ...], features: tuple[int, ...]) -> None:
        """Load the model and its card.

        Raises:
            UserError: one is missing or broken, or it does not fit the backbone.
        """
        card = load_card(path)
        if card.labels != labels:
            raise UserError(
                f"{path}: labels {', '.join(card.labels)} are not those of face.tflite, "
                f"{', '.join(labels)}; put both models of one training there"
            )
        self.model = load_model(path)
        state = (1, -1)
        self.model.require(
            {"features": features, "h": state, "c": state},
            {"emotion": (1, len(labels)), "h": state, "c": state},
        )
        self._scale: Scale = card.scale
        self.start: State = (
            np.zeros(self.model.inputs["h"].shape, np.float32),
            np.zeros(self.model.inputs["c"].shape, np.float32),
        )

    def step(self, features: Floats, state: State) -> tuple[Floats, State]:
        """Emotion probabilities after one more frame, and the new state."""
        output = self.model.run({"features": features, "h": state[0], "c": state[1]})
        return probabilities(output["emotion"][0], self._scale), (output["h"], output["c"])


class Recogniser:
    """Reads faces. backend: what runs the backbone. labels: of the emotion probabilities."""

    def __init__(
        self,
        models: Path,
        vision: VisionConfig,
        recognise: RecogniseConfig,
        *,
        backend: Backend | None = None,
    ) -> None:
        """Load the models that the configuration switches on.

        models: the folder of `face.tflite`, `temporal.tflite` and their cards.
        backend: of the backbone; by default `edgetpu.choose_backend` decides.

        Raises:
            UserError: a model or model card is missing, broken or does not fit; no accelerator.
        """
        path = models / "face.tflite"
        self._on = recognise
        self.backend = backend or choose_backend(vision, path)
        card = load_card(path)
        self.labels = card.labels
        self._scale: Scale = card.scale
        self._face = self._load_backbone(path, card)
        temporal, features = models / "temporal.tflite", self._face.outputs["features"].shape
        self._temporal = Temporal(temporal, card.labels, features) if recognise.emotion else None
        self._states: dict[str, State] = {}

    @property
    def models(self) -> dict[str, Model]:
        """The models in use, by name: face, temporal."""
        found = {"face": self._face}
        if self._temporal is not None:
            found["temporal"] = self._temporal.model
        return found

    def read(self, frame: Frame, tracks: tuple[Track, ...]) -> tuple[Reading, ...]:
        """One reading for each track whose face is visible.

        A track that the detector has just missed gets none, and keeps its state.
        """
        self._forget_all_but({track.id for track in tracks})
        readings = []
        for track in tracks:
            if track.face.score > UNSEEN:
                crop = crop_face(frame.grey, track.face)
                trust = trust_of(crop, track.face)
                readings.append(self._reading(crop, track.id, frame.at, track.eyes_open, trust))
        return tuple(readings)

    def read_crop(self, crop: Image, at: float = 0.0, *, trust: float = 1.0) -> Reading:
        """Read a grey face crop (H, W) of any size, without a track. trust: in the crop."""
        square = cv2.resize(crop, (CROP_SIZE, CROP_SIZE), interpolation=cv2.INTER_LINEAR)
        return self._reading(np.asarray(square, np.uint8), None, at, None, trust)

    def clear(self) -> None:
        """Drop the state of every track."""
        self._forget_all_but(set())

    def _forget_all_but(self, ids: set[str]) -> None:
        for gone in self._states.keys() - ids:
            del self._states[gone]

    def _reading(
        self, crop: Image, track_id: str | None, at: float, eyes_open: float | None, trust: float
    ) -> Reading:
        """Read a crop (64, 64); what is switched off is None. trust: in the crop."""
        emotion = age = female = None
        trusts = Trust.same(trust)
        if self._on.emotion or self._on.age or self._on.gender:
            wanted = ("emotion", "features", "age", "female", "occluded")
            output = self._face.run({"face": crop[None, :, :, None]}, wanted)
            emotion = self._emotion(output, track_id) if self._on.emotion else None
            age = softmax(output["age"][0]) if self._on.age else None
            female = sigmoid(output["female"].item()) if self._on.gender else None
            if "occluded" in output:
                eyes, mouth = output["occluded"][0].tolist()
                trusts = trust_behind(trust, eyes, mouth)
                eyes_open = None if eyes > 0 else eyes_open
        name = track_id or ""
        return Reading(name, at, self.labels, emotion, age, female, eyes_open, trusts)

    def _emotion(self, output: Output, track_id: str | None) -> Floats:
        """Over time if there is a track and a temporal model, else of this crop alone."""
        if self._temporal is None or track_id is None:
            return probabilities(output["emotion"][0], self._scale)
        state = self._states.get(track_id, self._temporal.start)
        emotion, self._states[track_id] = self._temporal.step(output["features"], state)
        return emotion

    def _load_backbone(self, path: Path, card: Card) -> Model:
        if self.backend.name == "edgetpu":
            path = compiled(path)
        model = load_model(
            path, accelerator="edgetpu" if self.backend.name == "edgetpu" else "none"
        )
        model.require(
            {"face": (1, CROP_SIZE, CROP_SIZE, 1)},
            {
                "emotion": (1, len(card.labels)),
                "age": (1, len(AGE_YEARS)),
                "female": (1, 1),
                "features": (1, -1, -1, -1),
            },
        )
        if "occluded" in model.outputs:  # models for labels of one's own lack it
            model.require({}, {"occluded": (1, 2)})
        return model


def trust_behind(trust: float, eyes: float, mouth: float) -> Trust:
    """Trust in each reading of a face whose eyes or mouth may be covered.

    trust: in the picture. eyes, mouth: logits of the output "occluded". Which region a reading
    needs is measured (docs/experiments.md): emotion the mouth, age and gender the eyes.
    """
    bare_eyes, bare_mouth = sigmoid(-eyes), sigmoid(-mouth)
    return Trust(emotion=trust * bare_mouth, age=trust * bare_eyes, gender=trust * bare_eyes)


def probabilities(values: Floats, scale: Scale) -> Floats:
    """Class probabilities, shape (n,), of an output with the scale that the model card names."""
    return values if scale == "probabilities" else softmax(values)


def sigmoid(logit: float) -> float:
    """Probability of a logit."""
    return 0.5 + 0.5 * math.tanh(logit / 2)


def softmax(logits: Floats) -> Floats:
    """Probabilities of logits, shape (n,), sum 1."""
    powers = np.exp(logits - logits.max())
    shares: Floats = powers / powers.sum()
    return shares
