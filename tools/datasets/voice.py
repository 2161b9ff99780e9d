"""Acted speech with emotions: RAVDESS and EmoDB, whose file names are their labels.

A zip or folder with `03-01-<emotion>-<intensity>-<statement>-<repetition>-<actor>` (RAVDESS,
Livingstone & Russo 2018) and `<speaker><text><emotion><version>` (EmoDB, Burkhardt et al. 2005)
sound files. Guarantees: byte-identical copies are read once; all clips of a speaker are in one of
`FOLDS` folds, and each fold has as many women as men of RAVDESS.
"""

from __future__ import annotations

import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.hearing.spectrogram import RATE
from tools.datasets.archive import Archive
from tools.datasets.import_issues import ImportIssues

FILE_NAME = "voice.zip"

CLASSES = ("neutral", "calm", "happy", "sad", "angry", "fear", "disgust", "surprise", "bored")
"""RAVDESS's eight in its order, and EmoDB's boredom."""

RAVDESS, EMODB = "RAVDESS", "EmoDB"
CORPORA = (RAVDESS, EMODB)

KNOWN = {
    RAVDESS: tuple(name != "bored" for name in CLASSES),
    EMODB: tuple(name not in ("calm", "surprise") for name in CLASSES),
}
"""Whether a corpus has each of `CLASSES`."""

UNIT_CORPUS, UNIT_CLASS = np.nonzero([KNOWN[name] for name in CORPORA])
"""(U,) each class of each corpus, as indices into `CORPORA` and `CLASSES`: a corpus's anger is its
own, since languages and actors differ."""

AROUSED = np.array([name in ("happy", "angry", "fear", "surprise") for name in CLASSES])
"""Which classes are of high arousal, as Schuller et al. (2009, "Acoustic emotion recognition: a
benchmark comparison of performances") divide EmoDB's and eNTERFACE's."""

VALENCES = ("negative", "neutral", "positive")
VALENCE = np.array([1, 1, 2, 0, 0, 0, 0, -1, 0])
"""Index into `VALENCES` of each class; -1: surprise has none of its own."""

FOLDS = 5

_RAVDESS_NAME = re.compile(r"03-01-0([1-8])-0[12]-0[12]-0[12]-(\d\d)")
_EMODB_NAME = re.compile(r"(\d\d)[ab]\d\d([WLEAFTN])[a-z]")
_EMODB_CLASSES = dict(
    zip("WLEAFTN", ("angry", "bored", "disgust", "fear", "happy", "sad", "neutral"), strict=True)
)
_EMODB_FOLDS = {3: 0, 8: 0, 9: 1, 10: 1, 11: 2, 13: 2, 12: 3, 16: 3, 14: 4, 15: 4}
"""A woman and a man in a fold, where there are both."""


@dataclass(frozen=True, slots=True, eq=False)
class VoiceDataset:
    """sounds: float32 samples at `RATE` of each clip, -1 to 1. label: (N,) indices into `CLASSES`.
    corpus: (N,) indices into `CORPORA`. speaker: (N,) the corpora's own numbers. fold: (N,)."""

    sounds: tuple[NDArray[np.float32], ...]
    label: NDArray[np.int64]
    corpus: NDArray[np.int64]
    speaker: NDArray[np.int64]
    fold: NDArray[np.int64]
    fingerprint: str

    def __len__(self) -> int:
        return len(self.sounds)

    @property
    def known(self) -> NDArray[np.bool_]:
        """(N, C) whether the corpus of each clip has each class."""
        return np.array([KNOWN[name] for name in CORPORA])[self.corpus]

    @property
    def own(self) -> NDArray[np.bool_]:
        """(N, U) whether each class of each corpus is of the clip's corpus."""
        return self.corpus[:, None] == UNIT_CORPUS

    def only(self, rows: NDArray[np.bool_] | NDArray[np.int64]) -> VoiceDataset:
        """The clips that an (N,) mask or an array of indices selects."""
        chosen = np.arange(len(self))[rows]
        sounds = tuple(self.sounds[at] for at in chosen)
        arrays = (getattr(self, name)[chosen] for name in ("label", "corpus", "speaker", "fold"))
        return VoiceDataset(sounds, *arrays, self.fingerprint)


def load_voice(data: Path) -> VoiceDataset:
    """The speech in the data folder's `voice.zip`.

    Raises:
        UserError: it is missing or has no such speech.
    """
    issues = ImportIssues()
    dataset = read_voice(data / FILE_NAME, issues)
    issues.log()
    return dataset


def read_voice(path: Path, issues: ImportIssues) -> VoiceDataset:
    """All clips in a zip file or folder. issues: receives what is skipped.

    Raises:
        UserError: no such file or folder, no clip in it, or a skipped one and `issues` is strict.
    """
    archive, seen = Archive(path), set()
    rows: list[tuple[int, int, int]] = []
    sounds = []
    names = archive.with_suffix(".opus", ".wav", ".flac", ".ogg")
    for name in tqdm(names, "speech", unit="clip", disable=None):
        labels = labels_of(name)
        if labels is None:
            issues.skip(name, "not a file name of RAVDESS's speech or EmoDB")
            continue
        try:
            content = archive.read(name)
            sound = decode_sound(content)
        except (OSError, ValueError) as error:
            issues.skip(name, f"not readable sound ({error})")
            continue
        digest = hashlib.sha256(content).digest()
        if digest in seen:
            issues.skip(name, "a copy of another clip")
            continue
        seen.add(digest)
        sounds.append(sound)
        rows.append(labels)
    if not sounds:
        raise UserError(f"{path}: no speech of RAVDESS or EmoDB in it")
    label, corpus, speaker = np.array(rows).T
    fold = np.array([fold_of(*pair) for pair in zip(corpus, speaker, strict=True)])
    return VoiceDataset(tuple(sounds), label, corpus, speaker, fold, archive.fingerprint())


def labels_of(name: str) -> tuple[int, int, int] | None:
    """Class, corpus and speaker by a file's name; None: neither of the corpora's."""
    stem = Path(name).stem
    if match := _RAVDESS_NAME.fullmatch(stem):
        return int(match[1]) - 1, CORPORA.index(RAVDESS), int(match[2])
    if match := _EMODB_NAME.fullmatch(stem):
        label = CLASSES.index(_EMODB_CLASSES[match[2]])
        return label, CORPORA.index(EMODB), int(match[1])
    return None


def fold_of(corpus: int, speaker: int) -> int:
    """The fold of a speaker: of RAVDESS, two women and two men each among the first twenty."""
    if CORPORA[corpus] == RAVDESS:
        return (speaker - 1) // 2 % FOLDS
    return _EMODB_FOLDS.get(speaker, speaker % FOLDS)


def decode_sound(content: bytes) -> NDArray[np.float32]:
    """Samples at `RATE` of a file that libsndfile reads, such as Opus; channels are averaged.

    Raises:
        ValueError: it is no such file, empty, or of another rate.
    """
    import soundfile

    try:
        sound, rate = soundfile.read(io.BytesIO(content), dtype="float32", always_2d=True)
    except soundfile.LibsndfileError as error:
        raise ValueError(error.error_string) from None
    if rate != RATE or not len(sound):
        raise ValueError(f"{rate} Hz, {len(sound)} samples; takes {RATE} Hz")
    return np.asarray(sound.mean(axis=1))


def speakers_in(dataset: VoiceDataset) -> dict[str, list[int]]:
    """The speakers of each corpus, in order."""
    rows = [(name, dataset.corpus == number) for number, name in enumerate(CORPORA)]
    return {name: sorted(set(dataset.speaker[some].tolist())) for name, some in rows}
