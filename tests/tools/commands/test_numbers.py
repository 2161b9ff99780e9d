"""Numbers that people type: what makes no sense is one clear line."""

from __future__ import annotations

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (("train", "--limit", "3"), "got '3', takes a number from 8 on"),
        (("train", "--seed", "-1"), "got '-1', takes a number from 0 on"),
        (("train", "--epochs", "0"), "got '0', takes a number from 1 on"),
        (("teach", "--views", "0"), "got '0', takes a number from 1 on"),
        (("measure", "temporal", "--limit", "1"), "got '1', takes a number from 8 on"),
    ],
)
def test_a_number_that_makes_no_sense_is_refused(
    given: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(list(given))
    assert said in capsys.readouterr().err
