"""Soft targets for knowledge distillation: teachers' probabilities of the training faces.

A small network learns more from a large one's probabilities than from labels alone (Hinton et al.
2015), most if both see the same variation of a picture (Beyer et al. 2022, "Knowledge distillation:
a good teacher is patient and consistent"). Soft targets also exist for missing labels: emotions of
UTKFace's faces, ages of FER-2013's. Each teacher predicts several views of each face, which are
drawn again, bit by bit, when the small network trains; there they are lightly augmented as well,
against overfitting to a few views.

Guarantees: a file per teacher holds everything that a student needs, so that a student trains
without its teachers, and a teacher can be added later; held-out faces are never in it; a complete
file is not written again.
"""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.values import AGE_YEARS, EMOTIONS
from tools.datasets.augment import Augmentation, Picture, augment
from tools.datasets.face_dataset import TRAIN, VOTES, FaceDataset
from tools.scoring.metrics import log_prior, probabilities
from tools.training.networks import HEADS, WORKING_SIZE, load_network
from tools.training.precision import fastest_policy, with_policy

Array = NDArray[np.float32]

VIEW_AUGMENTATION = Augmentation(
    turn=8, zoom=0.08, shift=0.035, coarse=0.1, blurred=0.06, noisy=0.05, hidden=0.2
)
"""Of the views, and of the teachers' training: milder than the default, which is more variation
than can be learnt in some dozens of epochs."""

EXTERNAL = "external"
"""Name in `SoftTargets.of` of the emotions by a teacher of other data."""

CLASSES = {"emotion": len(EMOTIONS), "votes": len(VOTES), "age": len(AGE_YEARS), "female": 1}
"""Width of each head of a teacher."""


@dataclass(frozen=True, slots=True)
class Views:
    """The `count` variations of a face that teachers predict, each drawn by the face's digest and
    its number alone. The files store these names."""

    count: int = 8
    variation: Augmentation = VIEW_AUGMENTATION
    seed: int = 1

    def of(self, picture: Picture, digest: str, number: int) -> Picture:
        """(48, 48) uint8: one view."""
        draw = np.random.default_rng([self.seed, number, int(digest, 16)])
        return augment(picture, WORKING_SIZE, draw, self.variation)


@dataclass(frozen=True, slots=True, eq=False)
class SoftTargets:
    """Mean probabilities of `views.count` views of N faces. shares: by head (views, N, C) uint8,
    255 for certainty: teachers differ by more than a 255th. external: (N, 7) uint8 emotions by a
    teacher of other data, for which all classes are equally frequent; None: there is none."""

    views: Views
    shares: Mapping[str, NDArray[np.uint8]]
    external: NDArray[np.uint8] | None = None

    def of(self, numbers: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[str, Array]:
        """By head (n, C) probabilities of n faces, each in the view of that number.

        C is 7 for emotion, 8 for votes, 21 for age (over `AGE_YEARS`), 1 for female; the head
        `EXTERNAL`, where there is such a teacher, has 7.
        """
        chosen = {head: shares[numbers, rows] for head, shares in self.shares.items()}
        if self.external is not None:
            chosen[EXTERNAL] = self.external[rows]
        return {head: _probabilities_of(head, some) for head, some in chosen.items()}

    @property
    def digest(self) -> str:
        """Eight hexadecimal digits of all probabilities."""
        content = b"".join(self.shares[head].tobytes() for head in HEADS)
        content += b"" if self.external is None else self.external.tobytes()
        return hashlib.sha256(content).hexdigest()[:8]


def _probabilities_of(head: str, shares: NDArray[np.uint8]) -> Array:
    some = shares.astype(np.float32)
    return some / 255 if head == "female" else some / some.sum(axis=1, keepdims=True)


def write_soft_targets(teacher: Path, faces: FaceDataset, views: Views, out: Path) -> None:
    """Write the probabilities by a `.keras` network of each view of all faces, the means of the
    view and its mirror image, for the heads that it has. A file of the same request is kept.

    Raises:
        UserError: not a face network, or `out` is of another teacher, other views or other faces.
    """
    assert (faces.split == TRAIN).all()
    network = with_policy(_load_teacher(teacher), fastest_policy())
    digest = hashlib.sha256(teacher.read_bytes()).hexdigest()[:8]
    asked = request_of(faces, views) | {"teacher": digest}
    if out.exists():
        refuse_another(out, asked)
        return
    prior = log_prior(faces.emotion, len(EMOTIONS))
    shares: dict[str, list[NDArray[np.uint8]]] = {}
    for number in tqdm(range(views.count), f"{out.stem}: views", disable=None):
        pictures = np.stack([
            views.of(picture, digest, number)
            for picture, digest in zip(faces.pictures, faces.digest, strict=True)
        ])  # fmt: skip
        for head, some in _predict(network, pictures, prior).items():
            shares.setdefault(head, []).append(np.round(some * 255).astype(np.uint8))
    write_file(
        out, asked, digest_rows(faces), {head: np.stack(some) for head, some in shares.items()}
    )


def _load_teacher(path: Path) -> keras.Model:
    network = load_network(path)
    if len(network.inputs) != 1 or not {"emotion", "age"} & set(network.output):
        raise UserError(f"{path}: not a face network")
    for head in HEADS:
        if head in network.output and (width := network.output[head].shape[-1]) != CLASSES[head]:
            raise UserError(f"{path}: its {head} has {width} classes, not {CLASSES[head]}")
    return network


def _predict(network: keras.Model, faces: NDArray[np.uint8], prior: Array) -> dict[str, Array]:
    """Probabilities by head, the means of faces (N, 48, 48) and their mirror images.

    prior: logarithms of the label shares that the emotions assume, as the labels do.
    """
    sides = (faces, faces[:, :, ::-1])
    both = [network.predict(some[..., None].astype(np.float32), 256, verbose=0) for some in sides]
    for one in both:
        if "emotion" in one:
            one["emotion"] = one["emotion"] + prior
    return {
        head: np.mean(
            [probabilities(head, np.asarray(one[head], np.float32)) for one in both], axis=0
        )
        for head in HEADS
        if head in both[0]
    }


def request_of(faces: FaceDataset, views: Views) -> dict[str, Any]:
    """What identifies a file of soft targets, besides its teacher."""
    return {
        "views": json.loads(json.dumps(asdict(views))),
        "faces": _faces_digest(digest_rows(faces)),
    }


def digest_rows(faces: FaceDataset) -> NDArray[np.uint8]:
    """(N, 16): the faces' digests."""
    return np.frombuffer(bytes.fromhex("".join(faces.digest)), np.uint8).reshape(-1, 16)


def _faces_digest(digests: NDArray[np.uint8]) -> str:
    """Number of faces and eight hexadecimal digits, whatever their order."""
    rows = sorted(row.tobytes() for row in digests)
    return f"{len(rows)}, {hashlib.sha256(b''.join(rows)).hexdigest()[:8]}"


def _open(path: Path) -> Any:
    """The arrays of a file of soft targets by name; to be closed.

    Raises:
        UserError: another file.
    """
    try:
        file = np.load(path)
        if {"asked", "digests"} <= set(file.files):
            return file
    except (OSError, EOFError, ValueError, AttributeError, zipfile.BadZipFile):
        pass
    raise UserError(f"{path}: not a file of `wayside-tools distill`; remove it")


def refuse_another(out: Path, request: Mapping[str, Any]) -> None:
    """Raise UserError if a file of soft targets is of another request.

    request: all or some of "views", "faces" and "teacher", as in JSON.
    """
    with _open(out) as file:
        past = json.loads(str(file["asked"])) | {"faces": _faces_digest(file["digests"])}
    for key, value in request.items():
        if past[key] != value:
            raise UserError(
                f"{out}: written for another request ({key}: {past[key]}, now {value}); delete it, "
                "or use another --out"
            )


def require_files(folder: Path) -> None:
    """Raise UserError if a folder has no file of soft targets."""
    if not any(folder.glob("*.npz")):
        raise UserError(
            f"--soft-targets: {folder}: no soft targets there; `wayside-tools distill` writes "
            "them, `none` trains without"
        )


def load_soft_targets(folder: Path, faces: FaceDataset) -> SoftTargets:
    """The soft targets of these faces, in their order: for each head the mean of the teachers that
    have it.

    Raises:
        UserError: no files, files of other faces or of different views, two of one teacher, or no
            teacher for a head.
    """
    require_files(folder)
    views: Views | None = None
    teachers: dict[str, Path] = {}
    shares: dict[str, list[Array]] = {head: [] for head in HEADS}
    for path in sorted(folder.glob("*.npz")):
        with _open(path) as file:
            asked = json.loads(str(file["asked"]))
            if (same := teachers.setdefault(asked["teacher"], path)) is not path:
                raise UserError(f"{path}: of the same teacher as {same.name}; delete one of them")
            stored = asked["views"]
            own = Views(**stored | {"variation": Augmentation(**stored["variation"])})
            if views not in (None, own):
                raise UserError(f"{path}: of other views than the files beside it; write all anew")
            views = own
            rows = _rows_of(file["digests"], faces, path)
            for head in HEADS:
                if head in file:
                    shares[head].append(file[head][:, rows].astype(np.float32))
    if missing := [head for head, some in shares.items() if not some]:
        raise UserError(f"{folder}: no teacher for {missing[0]}; `wayside-tools distill` adds one")
    assert views is not None
    means = {head: np.mean(some, axis=0) for head, some in shares.items()}
    rounded = {head: np.round(mean).astype(np.uint8) for head, mean in means.items()}
    return SoftTargets(views, rounded, _external(folder / EXTERNAL, faces))


def _external(folder: Path, faces: FaceDataset) -> NDArray[np.uint8] | None:
    """(N, 7) mean emotions by the teachers of other data; None without a file of one."""
    found = []
    for path in sorted(folder.glob("*.npz")):
        with _open(path) as file:
            found.append(file["emotion"][_rows_of(file["digests"], faces, path)])
    return np.round(np.mean(found, axis=0)).astype(np.uint8) if found else None


def write_file(
    out: Path, asked: Mapping[str, Any], digests: NDArray[np.uint8],
    arrays: Mapping[str, NDArray[np.uint8]],
) -> None:  # fmt: skip
    """Write a file of soft targets, complete or not at all."""
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    with part.open("wb") as file:
        np.savez_compressed(file, asked=json.dumps(asked), digests=digests, **arrays)
    part.replace(out)


def _rows_of(digests: NDArray[np.uint8], faces: FaceDataset, path: Path) -> NDArray[np.int64]:
    rows = {digest.tobytes(): row for row, digest in enumerate(digests)}
    wanted = [rows.get(bytes.fromhex(digest)) for digest in faces.digest]
    if None in wanted:
        missing = sum(row is None for row in wanted)
        raise UserError(
            f"{path}: no soft targets for {missing} of {len(wanted)} training faces; write them "
            "with `wayside-tools distill --out DIR`, or train with `--soft-targets none`"
        )
    return np.array(wanted, np.int64)
