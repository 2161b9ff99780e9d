"""Options that several commands share: an invalid number is a usage error."""

from __future__ import annotations

import pytest

from tools.__main__ import main


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (("train", "--limit", "3"), "got '3', takes a whole number from 8 on"),
        (("train", "--seed", "-1"), "got '-1', takes a whole number from 0 on"),
        (("train", "--epochs", "0"), "got '0', takes a whole number from 1 on"),
        (("distill", "--views", "0"), "got '0', takes a whole number from 1 on"),
        (("measure", "temporal", "--limit", "1"), "got '1', takes a whole number from 8 on"),
    ],
)
def test_a_number_out_of_range_is_refused(
    arguments: tuple[str, ...], error: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(list(arguments))
    assert error in capsys.readouterr().err
