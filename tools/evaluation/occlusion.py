"""Covered faces: how many are noticed, and what becomes of their readings.

`wayside-tools measure occlusion` composes each kind of `worn.py` before UTKFace's test faces and
reads them, and the bare faces, with the model that ships. UTKFace has no emotion labels, so a
reading is compared with that of the bare face: a flip is another emotion or gender than it had.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import astuple
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from device.config import AudienceConfig
from device.errors import UserError
from device.recognition.recognise import trust_behind
from tools.datasets.face_dataset import FaceDataset
from tools.evaluation.worn import KINDS, wear
from tools.scoring.metrics import mean_years
from tools.scoring.predict import TFLiteModel
from tools.scoring.tables import markdown

Outputs = Mapping[str, NDArray[np.float32]]
Flags = NDArray[np.bool_]

TITLES = (
    *("cover", "noticed", "other region too", "emotion unknown", "age unknown", "gender unknown"),
    *("emotion flips", "age moves (years)", "gender flips"),
)
BARS = "bars: noticed at least 90 %, bare faces called covered at most 3 %"


def covered(outputs: Outputs) -> Flags:
    """(N, 2) whether the device takes eyes and mouth for covered: what is read from a region whose
    bare probability is below `audience.least_trust` is unknown."""
    bare = 1 / (1 + np.exp(outputs["occluded"]))
    return np.asarray(bare < AudienceConfig().least_trust)


def known(outputs: Outputs) -> Flags:
    """(N, 3) whether the device reports emotion, age and gender of a well seen face."""
    trusts = [astuple(trust_behind(1.0, *logits)) for logits in outputs["occluded"].tolist()]
    return np.array(trusts) >= AudienceConfig().least_trust


def changes(bare: Outputs, worn: Outputs) -> tuple[Flags, NDArray[np.float32], Flags]:
    """(N,) each: another emotion than the bare face's, change of age in years, another gender."""
    return (
        bare["emotion"].argmax(axis=1) != worn["emotion"].argmax(axis=1),
        np.abs(mean_years(bare["age"]) - mean_years(worn["age"])),
        ((bare["female"] > 0) != (worn["female"] > 0))[:, 0],
    )


def row(kind: str, hidden: Flags, bare: Outputs, worn: Outputs) -> list[str]:
    """A row of the table of one kind. hidden: (N, 2) which regions the covers hide.

    Flips after are shares of all faces; the change of age after is of those whose age is reported.
    """
    called = covered(worn)
    noticed, more = (called | ~hidden).all(axis=1).mean(), (called & ~hidden).any(axis=1).mean()
    reported = known(worn)
    emotion, years, gender = changes(bare, worn)
    moved = f"{years[reported[:, 1]].mean():.1f}" if reported[:, 1].any() else "–"
    return [
        kind,
        f"{noticed:.1%}",
        f"{more:.1%}",
        *(f"{share:.1%}" for share in 1 - reported.mean(axis=0)),
        f"{emotion.mean():.1%} to {(emotion & reported[:, 0]).mean():.1%}",
        f"{years.mean():.1f} to {moved}",
        f"{gender.mean():.1%} to {(gender & reported[:, 2]).mean():.1%}",
    ]


def report(model: Path, utkface: FaceDataset, fer: FaceDataset, seed: int = 0) -> Iterator[str]:
    """The lines of both tables.

    utkface: faces that covers are composed before. fer: bare faces.

    Raises:
        UserError: the model does not predict occlusion.
    """
    network = TFLiteModel(model)
    bare = network.predict(utkface.pictures)
    if "occluded" not in bare:
        raise UserError(f"{model}: no output `occluded`; `wayside-tools convert` adds it")
    yield "bare faces called covered: eyes, mouth, either"
    for name, outputs in (("UTKFace", bare), ("FER-2013", network.predict(fer.pictures))):
        called = covered(outputs)
        shares = (*called.mean(axis=0), called.any(axis=1).mean())
        yield f"{name}: {', '.join(f'{share:.1%}' for share in shares)} of {len(called)}"
    rows = []
    for number, kind in enumerate(KINDS):
        draw = np.random.default_rng([seed, number])
        pictures, hidden = zip(*(wear(face, kind, draw) for face in utkface.pictures), strict=True)
        rows.append(row(kind, np.stack(hidden), bare, network.predict(np.stack(pictures))))
    yield ""
    yield markdown(TITLES, rows)
    yield BARS
