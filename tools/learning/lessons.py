"""What larger networks say of the training faces, kept by the faces' digests.

A small network learns more from a large one's probabilities than from labels alone (Hinton et al.
2015), most where both look at the very same variation of a picture (Beyer et al. 2022, "Knowledge
distillation: a good teacher is patient and consistent"), and from faces whose labels nobody gave:
an emotion for UTKFace's, an age for FER-2013's. So the teachers are asked about several views of
each face, which are drawn again, the same to the bit, when the small network learns.

Promises: a folder of small files holds all that a student needs, so it trains again without its
teachers; faces of held-out parts are never in it; what was asked is not asked again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import keras
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from tools.faces.augment import Picture, Range, augment
from tools.faces.datasets import TRAIN, Stills
from tools.learning.checkpoint import Checkpoint
from tools.learning.networks import HEADS, SEEN, load_network
from tools.learning.precision import by_policy, fastest_policy
from tools.measuring.metrics import probabilities

Array = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Views:
    """The variations of a face that teachers are asked about, `count` of them.

    Each is drawn by the face's digest and its own number alone.
    """

    count: int = 8
    variation: Range = field(default_factory=Range)
    seed: int = 1

    def of(self, picture: Picture, digest: str, number: int) -> Picture:
        """(48, 48) uint8: one of them."""
        draw = np.random.default_rng([self.seed, number, int(digest, 16)])
        return augment(picture, SEEN, draw, self.variation)


@dataclass(frozen=True, slots=True, eq=False)
class Lessons:
    """What is said of `views.count` views of N faces. shares: by head (views, N, C) uint8, 255 for
    certain: a 255th is less than teachers differ."""

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


def ask(teachers: Sequence[Path], stills: Stills, views: Views, folder: Path) -> None:
    """Ask `.keras` networks about each view of all faces and its mirror image, and keep the mean;
    each speaks for the heads that it has. A view that is kept in `folder` is not asked about again.

    Raises:
        UserError: a head that none of them has, or the folder keeps what other teachers said.
    """
    assert (stills.part == TRAIN).all()
    networks = [load_network(path) for path in teachers]
    if unsaid := [head for head in HEADS if not any(head in n.output for n in networks)]:
        raise UserError(f"no teacher has learnt {unsaid[0]}; name one that has")
    made_of = {
        "views": asdict(views),
        "teachers": [hashlib.sha256(path.read_bytes()).hexdigest()[:8] for path in teachers],
        "faces": len(stills),
    }
    Checkpoint(folder, made_of).begin()
    quick = [by_policy(network, fastest_policy()) for network in networks]
    digests = np.frombuffer(bytes.fromhex("".join(stills.digest)), np.uint8).reshape(-1, 16)
    for number in tqdm(range(views.count), "views", disable=None):
        path = folder / f"{number}.npz"
        if path.exists():
            continue
        faces = np.stack([
            views.of(picture, digest, number)
            for picture, digest in zip(stills.pictures, stills.digest, strict=True)
        ])  # fmt: skip
        part = path.with_suffix(".part.npz")
        np.savez_compressed(part, digests=digests, **_packed(_said(quick, faces)))
        part.replace(path)


def _said(networks: Sequence[keras.Model], faces: NDArray[np.uint8]) -> dict[str, Array]:
    told: dict[str, list[Array]] = {head: [] for head in HEADS}
    for network in networks:
        for seen in (faces, faces[:, :, ::-1]):
            outputs = network.predict(seen[..., None].astype(np.float32), 256, verbose=0)
            for head in told.keys() & outputs.keys():
                told[head].append(probabilities(head, np.asarray(outputs[head], np.float32)))
    return {head: np.mean(sayings, axis=0) for head, sayings in told.items()}


def _packed(said: Mapping[str, Array]) -> dict[str, NDArray[np.uint8]]:
    return {head: np.round(shares * 255).astype(np.uint8) for head, shares in said.items()}


def load(folder: Path, stills: Stills) -> Lessons:
    """The lessons of these faces, in their order.

    Raises:
        UserError: a view is missing, or the folder holds no lesson for some of the faces: it was
            made from other data.
    """
    told = json.loads((folder / "recipe.json").read_text())["views"]
    views = Views(**told | {"variation": Range(**told["variation"])})
    shares: dict[str, list[NDArray[np.uint8]]] = {head: [] for head in HEADS}
    for number in range(views.count):
        path = folder / f"{number}.npz"
        if not path.exists():
            raise UserError(f"{path}: no such file; `wayside-tools teach` makes it")
        with np.load(path) as kept:
            rows = {digest.tobytes(): row for row, digest in enumerate(kept["digests"])}
            wanted = [rows.get(bytes.fromhex(digest)) for digest in stills.digest]
            if None in wanted:
                missing = sum(row is None for row in wanted)
                raise UserError(
                    f"{path}: no lesson for {missing} of {len(wanted)} training faces; "
                    "ask the teachers again with `wayside-tools teach`"
                )
            for head in HEADS:
                shares[head].append(kept[head][np.array(wanted, np.int64)])
    return Lessons(views, {head: np.stack(some) for head, some in shares.items()})
