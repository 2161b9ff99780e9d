"""FER-2013 as Kaggle has it: one table, `emotion,pixels,Usage`, a row a face.

FER+'s own table belongs to it row by row: where that lies in the same folder, its votes are taken.
Promises: a table of votes that ends at another row, or names another part at any, is refused, since
every face from there on would have its neighbour's votes.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from device.errors import UserError
from device.values import EMOTIONS
from tools.datasets.archive import Tree
from tools.datasets.ferplus import NO_VOTES, SIDE, TABLE, USAGES, Row, Voted, read_votes
from tools.datasets.import_issues import Findings

COLUMNS = {"emotion", "pixels", "Usage"}


def is_kaggle(tree: Tree, name: str) -> bool:
    """Whether a CSV file has these columns."""
    return set(tree.columns(name)) >= COLUMNS


def read_kaggle(tree: Tree, name: str, findings: Findings) -> Iterator[Row]:
    """The faces of the table; a row that is not one is told to `findings`.

    Raises:
        UserError: not a CSV file, or FER+'s table beside it is of other rows.
    """
    votes = read_votes(tree, findings)
    number = 1  # the header's
    for number, row in tqdm(tree.rows(name), "FER-2013", unit="face", disable=None):
        if votes and not _belongs(votes.get(number), row):
            raise _other_rows(tree, name, number)
        try:
            yield Row(
                picture_of(row.get("pixels", "")),
                _part(row),
                _emotion(row.get("emotion", "")),
                votes[number].counts if votes else NO_VOTES,
            )
        except ValueError as error:
            findings.leave_out(f"{name} row {number}", str(error))
    if number < max(votes, default=0):
        raise _other_rows(tree, name, number + 1)


def _belongs(voted: Voted | None, row: Mapping[str, str]) -> bool:
    """Whether a row of FER+'s table may be of this one: of the same part, where both name one."""
    usage = row.get("Usage", "")
    return voted is not None and (usage not in USAGES or voted.usage in ("", usage))


def _other_rows(tree: Tree, name: str, number: int) -> UserError:
    return UserError(
        f"{tree.path}: {TABLE} is not of the rows of {name}, first told at row {number}; put both "
        "there as they were published, or take the votes away"
    )


def picture_of(text: str) -> NDArray[np.uint8]:
    """(48, 48) from numbers with spaces between them.

    Raises:
        ValueError: too few, too many, or not numbers from 0 to 255.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error", DeprecationWarning)  # an older numpy only warns
        try:
            values = np.fromstring(text, np.int64, sep=" ")
        except (ValueError, DeprecationWarning):
            raise ValueError("pixels that are no numbers") from None
    if len(values) != SIDE * SIDE:
        raise ValueError(f"not {SIDE * SIDE} pixels")
    if values.min() < 0 or values.max() > 255:
        raise ValueError("a pixel that is not 0 to 255")
    return values.astype(np.uint8).reshape(SIDE, SIDE)


def _part(row: Mapping[str, str]) -> int:
    if row.get("Usage") not in USAGES:
        raise ValueError(f"unknown usage {row.get('Usage', '')!r}")
    return USAGES[row["Usage"]]


def _emotion(text: str) -> int:
    """Kaggle numbers the classes in the order of `EMOTIONS`."""
    if not text.isdecimal() or int(text) >= len(EMOTIONS):
        raise ValueError(f"unknown label {text!r}")
    return int(text)
