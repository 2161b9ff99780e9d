"""What larger networks say of the training faces, kept by the faces' digests.

A small network learns more from a large one's probabilities than from labels alone (Hinton et al.
2015), most where both look at the very same variation of a picture (Beyer et al. 2022, "Knowledge
distillation: a good teacher is patient and consistent"), and from faces whose labels nobody gave:
an emotion for UTKFace's, an age for FER-2013's. So each teacher is asked about several views of
each face, which are drawn again, the same to the bit, when the small network learns. There they are
retouched as well, little enough for what was said to stay true: few views would be learnt by heart.

Promises: a file for each teacher holds all that a student needs of it, so a student trains without
its teachers, and a teacher can be added when the others are long gone; faces of held-out parts are
never in it; a file that is whole is not made again.
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
from tools.scoring.metrics import probabilities
from tools.training.networks import HEADS, SEEN, load_network
from tools.training.precision import by_policy, fastest_policy

Array = NDArray[np.float32]

VARIATION = Augmentation(
    turn=8, zoom=0.08, shift=0.035, coarse=0.1, blurred=0.06, noisy=0.05, hidden=0.2
)
"""What teachers are trained on and asked about: milder than the default, which is more than can be
learnt in some dozens of epochs."""


WIDTHS = {"emotion": len(EMOTIONS), "votes": len(VOTES), "age": len(AGE_YEARS), "female": 1}
"""Classes that a teacher tells, by head."""


@dataclass(frozen=True, slots=True)
class Views:
    """The variations of a face that teachers are asked about, `count` of them.

    Each is drawn by the face's digest and its own number alone.
    """

    count: int = 8
    variation: Augmentation = VARIATION
    seed: int = 1

    def of(self, picture: Picture, digest: str, number: int) -> Picture:
        """(48, 48) uint8: one of them."""
        draw = np.random.default_rng([self.seed, number, int(digest, 16)])
        return augment(picture, SEEN, draw, self.variation)


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What is said of `views.count` views of N faces and of their mirror images. shares: by head
    (views, N, C) uint8, 255 for certain: a 255th is less than teachers differ."""

    views: Views
    shares: Mapping[str, NDArray[np.uint8]]

    def of(self, numbers: NDArray[np.int64], rows: NDArray[np.int64]) -> dict[str, Array]:
        """By head (n, C) probabilities of n faces, each in the view of that number.

        emotion: C is 7. votes: 8. age: 21, over `AGE_YEARS`. female: 1.
        """
        said = {
            head: shares[numbers, rows].astype(np.float32) for head, shares in self.shares.items()
        }
        return {
            head: some / 255 if head == "female" else some / some.sum(axis=1, keepdims=True)
            for head, some in said.items()
        }

    @property
    def digest(self) -> str:
        """Of all that is said: eight hexadecimal digits."""
        said = b"".join(self.shares[head].tobytes() for head in HEADS)
        return hashlib.sha256(said).hexdigest()[:8]


def ask(teacher: Path, stills: FaceDataset, views: Views, out: Path) -> None:
    """Ask a `.keras` network about each view of all faces and its mirror image, and keep the means
    of the heads that it has; nothing is asked where `out` keeps just that.

    Raises:
        UserError: it is no such network, or `out` keeps what another teacher said, or of other
            views or faces.
    """
    assert (stills.split == TRAIN).all()
    network = by_policy(_face_network(teacher), fastest_policy())
    digest = hashlib.sha256(teacher.read_bytes()).hexdigest()[:8]
    asked = asked_of(stills, views) | {"teacher": digest}
    if out.exists():
        refuse_another(out, asked)
        return
    said: dict[str, list[NDArray[np.uint8]]] = {}
    for number in tqdm(range(views.count), f"{out.stem}: views", disable=None):
        faces = np.stack([
            views.of(picture, digest, number)
            for picture, digest in zip(stills.pictures, stills.digest, strict=True)
        ])  # fmt: skip
        for head, shares in _said(network, faces).items():
            said.setdefault(head, []).append(np.round(shares * 255).astype(np.uint8))
    out.parent.mkdir(parents=True, exist_ok=True)
    part = out.with_suffix(".part")
    kept: dict[str, Any] = {head: np.stack(shares) for head, shares in said.items()}
    with part.open("wb") as file:
        np.savez_compressed(file, asked=json.dumps(asked), digests=_bytes_of(stills), **kept)
    part.replace(out)


def _face_network(path: Path) -> keras.Model:
    network = load_network(path)
    reads = {"emotion", "age"} & set(network.output)
    if len(network.inputs) != 1 or not reads:
        raise UserError(f"{path}: reads no face; name a face network")
    for head in HEADS:
        if head in network.output and (width := network.output[head].shape[-1]) != WIDTHS[head]:
            raise UserError(f"{path}: its {head} tells {width} classes, not {WIDTHS[head]}")
    return network


def asked_of(stills: FaceDataset, views: Views) -> dict[str, Any]:
    """What a file of lessons is told by, beside its teacher."""
    faces = _faces(_bytes_of(stills))
    return {"views": json.loads(json.dumps(asdict(views))), "faces": faces}


def _bytes_of(stills: FaceDataset) -> NDArray[np.uint8]:
    """(N, 16): their digests."""
    return np.frombuffer(bytes.fromhex("".join(stills.digest)), np.uint8).reshape(-1, 16)


def _faces(digests: NDArray[np.uint8]) -> str:
    """Which faces these are, in whatever order: their number and eight hexadecimal digits."""
    rows = sorted(row.tobytes() for row in digests)
    return f"{len(rows)}, {hashlib.sha256(b''.join(rows)).hexdigest()[:8]}"


def _opened(path: Path) -> Any:
    """A file of lessons, its arrays by name; to be closed.

    Raises:
        UserError: it is something else.
    """
    try:
        kept = np.load(path)
        if {"asked", "digests"} <= set(kept.files):
            return kept
    except (OSError, EOFError, ValueError, AttributeError, zipfile.BadZipFile):
        pass
    raise UserError(f"{path}: no lessons, which `wayside-tools teach` writes; take it away")


def refuse_another(out: Path, asked: Mapping[str, Any]) -> None:
    """Raise UserError where a file of lessons is of something else.

    asked: all or some of "views", "faces" and "teacher", as JSON has them.
    """
    with _opened(out) as kept:
        past = json.loads(str(kept["asked"])) | {"faces": _faces(kept["digests"])}
    for key, value in asked.items():
        if past[key] != value:
            raise UserError(
                f"{out}: of another {key} ({past[key]}, now {value}); delete it, or use "
                "another --out"
            )


def _said(network: keras.Model, faces: NDArray[np.uint8]) -> dict[str, Array]:
    seen = (faces, faces[:, :, ::-1])
    both = [network.predict(some[..., None].astype(np.float32), 256, verbose=0) for some in seen]
    return {
        head: np.mean(
            [probabilities(head, np.asarray(told[head], np.float32)) for told in both], axis=0
        )
        for head in HEADS
        if head in both[0]
    }


def refuse_none(folder: Path) -> None:
    """Raise UserError where a folder has no file of lessons."""
    if not any(folder.glob("*.npz")):
        raise UserError(
            f"--lessons: {folder}: no lessons there; `wayside-tools teach` makes some, `none` goes "
            "without"
        )


def load(folder: Path, stills: FaceDataset) -> Lessons:
    """What the teachers of a folder say of these faces, in their order: for each head the mean of
    those that have it.

    Raises:
        UserError: there are none, they were asked about other faces, each about other views, two
            are the same, or none knows a head.
    """
    refuse_none(folder)
    views: Views | None = None
    teachers: dict[str, Path] = {}
    said: dict[str, list[Array]] = {head: [] for head in HEADS}
    for path in sorted(folder.glob("*.npz")):
        with _opened(path) as kept:
            asked = json.loads(str(kept["asked"]))
            if (same := teachers.setdefault(asked["teacher"], path)) is not path:
                raise UserError(f"{path}: what {same.name} says as well; delete one of them")
            told = asked["views"]
            seen = Views(**told | {"variation": Augmentation(**told["variation"])})
            if views not in (None, seen):
                raise UserError(f"{path}: of other views than the files beside it; ask all anew")
            views = seen
            rows = _rows_of(kept["digests"], stills, path)
            for head in HEADS:
                if head in kept:
                    said[head].append(kept[head][:, rows].astype(np.float32))
    if unsaid := [head for head, some in said.items() if not some]:
        raise UserError(f"{folder}: no teacher has learnt {unsaid[0]}; `wayside-tools teach` does")
    assert views is not None
    means = {head: np.mean(some, axis=0) for head, some in said.items()}
    return Lessons(views, {head: np.round(mean).astype(np.uint8) for head, mean in means.items()})


def _rows_of(digests: NDArray[np.uint8], stills: FaceDataset, path: Path) -> NDArray[np.int64]:
    rows = {digest.tobytes(): row for row, digest in enumerate(digests)}
    wanted = [rows.get(bytes.fromhex(digest)) for digest in stills.digest]
    if None in wanted:
        missing = sum(row is None for row in wanted)
        raise UserError(
            f"{path}: no lesson for {missing} of {len(wanted)} training faces; ask again with "
            "`wayside-tools teach --out DIR`, or train with `--lessons none`"
        )
    return np.array(wanted, np.int64)
