"""`wayside-tools architectures`: errors before the data is read."""

from __future__ import annotations

import pytest

from tools.__main__ import main


def test_an_unknown_network_is_a_user_error_that_lists_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["architectures", "--only", "mini-xception,resnet"]) == 1
    error = capsys.readouterr().err
    assert error.count("\n") == 1
    assert "no such network: 'resnet'" in error
    assert "mobilenet-v2-0.5" in error
