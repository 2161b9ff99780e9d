"""Kaggle's CSV is read row by row, with FER+ votes if they match its rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from device.values import EMOTIONS
from tests.tools.small_datasets import kaggle, kaggle_row, noise
from tools.datasets.face_dataset import TEST, TRAIN, VALIDATION
from tools.datasets.fer2013 import read_fer
from tools.datasets.import_issues import ImportIssues


def test_kaggles_csv_is_read_with_the_votes_beside_it(tmp_path: Path) -> None:
    usages = ("Training", "Training", "PublicTest", "PrivateTest")
    rows = [kaggle_row(n, n, usage) for n, usage in enumerate(usages)]
    path = kaggle(tmp_path, *rows)
    (tmp_path / "fer2013new.csv").write_text(
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,"
        "NF\nTraining,fer0.png,0,0,0,0,6,0,0,2,2,0\nTraining,,0,0,0,0,0,0,0,0,0,10\n"
        "PublicTest,,0,0,0,0,0,0,0,0,0,10\nPrivateTest,,0,0,0,0,0,0,0,0,0,10\n"
    )
    for form in (path, tmp_path):
        faces = read_fer(form)
        assert faces.split.tolist() == [TRAIN, TRAIN, VALIDATION, TEST]
        assert [EMOTIONS[n] for n in faces.emotion] == ["angry", "disgust", "fear", "happy"]
        np.testing.assert_array_equal(faces.pictures[2], noise(2))
        np.testing.assert_allclose(faces.votes[0], [0.75, 0, 0, 0, 0, 0, 0, 0.25])
        assert not faces.votes[1:].any()


def test_an_invalid_row_is_reported_and_the_rest_is_read(tmp_path: Path) -> None:
    good = kaggle_row(3, 1)
    path = kaggle(
        tmp_path,
        good,
        kaggle_row(9, 2),  # row 3: no such class
        "0,1 2 3,Training",  # too few pixels
        good.replace("Training", "Practice"),
        "4," + "300 " * 2304 + ",Training",
        "5," + "x " * 2304 + ",PublicTest",
        "6",  # cut short
        "",
        kaggle_row(6, 3),
    )
    issues = ImportIssues()
    assert len(read_fer(path, issues)) == 2
    skipped = [f"{where}: {reason}" for where, reason in issues.skipped]
    assert skipped[:6] == [
        "fer2013.csv row 3: unknown label '9'",
        "fer2013.csv row 4: not 2304 pixels",
        "fer2013.csv row 5: unknown usage 'Practice'",
        "fer2013.csv row 6: a pixel is not in 0 to 255",
        "fer2013.csv row 7: pixels are not numbers",
        "fer2013.csv row 8: not 2304 pixels",
    ]
    assert issues.counts()["a class without a picture"] == 5
    with pytest.raises(UserError, match=r"fer2013.csv row 3: unknown label '9'; fix it"):
        read_fer(path, ImportIssues(strict=True))


def test_a_stray_quote_or_a_short_row_affects_no_other_row(tmp_path: Path) -> None:
    good = [kaggle_row(n % 7, n) for n in range(8)]
    kaggle(tmp_path, "6", good[0], '"' + good[1], *good[2:])  # the first row is cut short
    issues = ImportIssues()
    assert len(read_fer(tmp_path, issues)) == 7
    assert [where for where, _ in issues.skipped[:2]] == [
        "fer2013.csv row 2",
        "fer2013.csv row 4",
    ]


@pytest.mark.parametrize(
    ("usages", "first"),
    [
        (["Training", "Training"], 4),  # it ends too early
        (["Training", "Training", "PublicTest", "PublicTest"], 5),  # too late
        (["Training", "Training", "Training"], 4),  # one row too many before it
    ],
)
def test_a_vote_table_with_other_rows_is_refused(
    tmp_path: Path, usages: list[str], first: int
) -> None:
    faces = ["Training", "Training", "PublicTest"]
    path = kaggle(tmp_path, *(kaggle_row(n, n, usage) for n, usage in enumerate(faces)))
    rows = "".join(f"{usage},5\n" for usage in usages)
    (tmp_path / "fer2013new.csv").write_text(f"Usage,anger\n{rows}")
    with pytest.raises(UserError, match=f"does not match fer2013.csv from row {first} on"):
        read_fer(path)


@pytest.mark.parametrize("count", ["nan", "inf", "-5", "many"])
def test_invalid_votes_are_reported_and_not_used(tmp_path: Path, count: str) -> None:
    path = kaggle(tmp_path, kaggle_row(0, 1), kaggle_row(1, 2))
    (tmp_path / "fer2013new.csv").write_text(f"anger,fear\n{count},5\n0,10\n")
    issues = ImportIssues()
    faces = read_fer(path, issues)
    assert faces.votes.sum(axis=1).tolist() == [0, 1]
    assert ("fer2013new.csv row 2", "votes are not counts") in issues.skipped
