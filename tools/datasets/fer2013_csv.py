"""FER-2013 as Kaggle's CSV file, `emotion,pixels,Usage`, and the FER+ votes for it.

FER+ has ten people's votes on each picture: Barsoum, Zhang, Canton Ferrer and Zhang, "Training Deep
Networks for Facial Expression Recognition with Crowd-Sourced Label Distribution", ICMI 2016. Its
table `fer2013new.csv` has one row for each row of Kaggle's file and is read if it is in the same
folder. Guarantees: a vote table with another number of rows, or another usage in any row, is
refused, since it would give faces the votes of their neighbours.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.values import EMOTIONS
from tools.datasets.archive import Archive
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION
from tools.datasets.import_issues import ImportIssues

SIDE = 48
"""Side of FER-2013's pictures in pixels."""

USAGES = {"Training": TRAIN, "PublicTest": VALIDATION, "PrivateTest": TEST}

COLUMNS = {"emotion", "pixels", "Usage"}
"""Of Kaggle's file."""

VOTE_TABLE = "fer2013new.csv"

VOTE_COLUMNS = (
    "anger", "disgust", "fear", "happiness", "sadness", "surprise", "neutral", "contempt",
)  # fmt: skip
"""FER+'s names for `face_dataset.VOTES`; its "unknown" and "NF" (no face) are not used."""

NO_VOTES = np.zeros(len(VOTE_COLUMNS), np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """A picture (48, 48), its split, its index into `EMOTIONS`, and counts of votes (8,)."""

    picture: NDArray[np.uint8]
    split: int
    emotion: int
    votes: NDArray[np.float32]


def is_kaggle(archive: Archive, name: str) -> bool:
    """Whether a CSV file has Kaggle's columns."""
    return set(archive.columns(name)) >= COLUMNS


def read_kaggle(archive: Archive, name: str, issues: ImportIssues) -> Iterator[Row]:
    """The faces of a CSV file; a row that is not valid is skipped.

    Raises:
        UserError: not a CSV file, or the FER+ table beside it has other rows.
    """
    votes = _read_votes(archive, issues)
    number = 1  # the header
    for number, row in tqdm(archive.rows(name), "FER-2013", unit="face", disable=None):
        usage = row.get("Usage", "")
        if votes and not _matches(votes.get(number), usage):
            raise _vote_mismatch(archive, name, number)
        try:
            yield Row(
                picture_of(row.get("pixels", "")),
                _split(usage),
                _emotion(row.get("emotion", "")),
                votes[number].counts if votes else NO_VOTES,
            )
        except ValueError as error:
            issues.skip(f"{name} row {number}", str(error))
    if number < max(votes, default=0):
        raise _vote_mismatch(archive, name, number + 1)


def votes_of(row: Mapping[str, str], prefix: str = "") -> NDArray[np.float32]:
    """(8,) counts of votes, zeros if the row has none.

    Raises:
        ValueError: a count is not a number, or negative.
    """
    try:
        counts = [float(row.get(prefix + name) or 0) for name in VOTE_COLUMNS]
    except ValueError:
        counts = [-1.0]
    votes = np.array(counts, np.float32)
    if not np.isfinite(votes).all() or votes.min() < 0:
        raise ValueError("votes are not counts")
    return votes


@dataclass(frozen=True, slots=True, eq=False)
class _Votes:
    """A row of FER+'s table. usage: "" if it has none. counts: (8,)."""

    usage: str
    counts: NDArray[np.float32]


def _read_votes(archive: Archive, issues: ImportIssues) -> dict[int, _Votes]:
    """Rows of FER+'s table by line number, if there is one; invalid votes count as none."""
    tables = archive.named(VOTE_TABLE)
    votes = {}
    for number, row in archive.rows(tables[0]) if tables else ():
        counts = NO_VOTES
        try:
            counts = votes_of(row)
        except ValueError as error:
            issues.skip(f"{tables[0]} row {number}", str(error))
        votes[number] = _Votes(row.get("Usage", ""), counts)
    return votes


def _matches(votes: _Votes | None, usage: str) -> bool:
    """Whether a row of FER+'s table can belong to a row of this usage."""
    return votes is not None and (usage not in USAGES or votes.usage in ("", usage))


def _vote_mismatch(archive: Archive, name: str, number: int) -> UserError:
    return UserError(
        f"{archive.path}: {VOTE_TABLE} does not match {name} from row {number} on; use both files "
        "as published, or remove the votes"
    )


def picture_of(text: str) -> NDArray[np.uint8]:
    """(48, 48) from numbers separated by spaces.

    Raises:
        ValueError: too few, too many, or not numbers from 0 to 255.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # an older numpy only warns
        try:
            values = np.fromstring(text, np.int64, sep=" ")
        except (ValueError, DeprecationWarning):
            raise ValueError("pixels are not numbers") from None
    if len(values) != SIDE * SIDE:
        raise ValueError(f"not {SIDE * SIDE} pixels")
    if values.min() < 0 or values.max() > 255:
        raise ValueError("a pixel is not in 0 to 255")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def _split(usage: str) -> int:
    if usage not in USAGES:
        raise ValueError(f"unknown usage {usage!r}")
    return USAGES[usage]


def _emotion(text: str) -> int:
    """Kaggle numbers the classes in the order of `EMOTIONS`."""
    if not text.isdecimal() or int(text) >= len(EMOTIONS):
        raise ValueError(f"unknown label {text!r}")
    return int(text)
