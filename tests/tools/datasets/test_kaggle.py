"""Kaggle's table is read row by row, with FER+'s votes where they are of these very rows."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from device.errors import UserError
from device.values import EMOTIONS
from tests.tools.small_sets import kaggle, kaggle_row, noise
from tools.datasets.import_issues import Findings
from tools.datasets.load import TEST, TRAIN, VALIDATION, read_fer


def test_kaggles_table_is_read_with_the_votes_that_lie_beside_it(tmp_path: Path) -> None:
    usages = ("Training", "Training", "PublicTest", "PrivateTest")
    rows = [kaggle_row(n, n, usage) for n, usage in enumerate(usages)]
    path = kaggle(tmp_path, *rows)
    (tmp_path / "fer2013new.csv").write_text(
        "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,"
        "NF\nTraining,fer0.png,0,0,0,0,6,0,0,2,2,0\nTraining,,0,0,0,0,0,0,0,0,0,10\n"
        "PublicTest,,0,0,0,0,0,0,0,0,0,10\nPrivateTest,,0,0,0,0,0,0,0,0,0,10\n"
    )
    for form in (path, tmp_path):
        stills = read_fer(form)
        assert stills.part.tolist() == [TRAIN, TRAIN, VALIDATION, TEST]
        assert [EMOTIONS[n] for n in stills.emotion] == ["angry", "disgust", "fear", "happy"]
        np.testing.assert_array_equal(stills.pictures[2], noise(2))
        np.testing.assert_allclose(stills.votes[0], [0.75, 0, 0, 0, 0, 0, 0, 0.25])
        assert not stills.votes[1:].any()


def test_a_bad_row_of_a_table_is_named_and_the_rest_is_read(tmp_path: Path) -> None:
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
    findings = Findings()
    assert len(read_fer(path, findings)) == 2
    told = [f"{where}: {why}" for where, why in findings.left_out]
    assert told[:6] == [
        "fer2013.csv row 3: unknown label '9'",
        "fer2013.csv row 4: not 2304 pixels",
        "fer2013.csv row 5: unknown usage 'Practice'",
        "fer2013.csv row 6: a pixel that is not 0 to 255",
        "fer2013.csv row 7: pixels that are no numbers",
        "fer2013.csv row 8: not 2304 pixels",
    ]
    assert findings.counts()["a class without a picture"] == 5
    with pytest.raises(UserError, match=r"fer2013.csv row 3: unknown label '9'; mend it"):
        read_fer(path, Findings(strict=True))


def test_a_stray_quote_or_a_short_row_costs_no_other_row(tmp_path: Path) -> None:
    good = [kaggle_row(n % 7, n) for n in range(8)]
    kaggle(tmp_path, "6", good[0], '"' + good[1], *good[2:])  # the first row is cut short
    findings = Findings()
    assert len(read_fer(tmp_path, findings)) == 7
    assert [where for where, _ in findings.left_out[:2]] == [
        "fer2013.csv row 2",
        "fer2013.csv row 4",
    ]


@pytest.mark.parametrize(
    ("voted", "first"),
    [
        (["Training", "Training"], 4),  # it ends too early
        (["Training", "Training", "PublicTest", "PublicTest"], 5),  # too late
        (["Training", "Training", "Training"], 4),  # a row too many stands above
    ],
)
def test_votes_of_other_rows_are_refused(tmp_path: Path, voted: list[str], first: int) -> None:
    parts = ["Training", "Training", "PublicTest"]
    path = kaggle(tmp_path, *(kaggle_row(n, n, usage) for n, usage in enumerate(parts)))
    rows = "".join(f"{usage},5\n" for usage in voted)
    (tmp_path / "fer2013new.csv").write_text(f"Usage,anger\n{rows}")
    with pytest.raises(UserError, match=f"is not of the rows of fer2013.csv, .* row {first};"):
        read_fer(path)


@pytest.mark.parametrize("count", ["nan", "inf", "-5", "many"])
def test_votes_that_cannot_be_counted_are_no_votes(tmp_path: Path, count: str) -> None:
    path = kaggle(tmp_path, kaggle_row(0, 1), kaggle_row(1, 2))
    (tmp_path / "fer2013new.csv").write_text(f"anger,fear\n{count},5\n0,10\n")
    findings = Findings()
    stills = read_fer(path, findings)
    assert stills.votes.sum(axis=1).tolist() == [0, 1]
    assert ("fer2013new.csv row 2", "votes that cannot be counted") in findings.left_out
