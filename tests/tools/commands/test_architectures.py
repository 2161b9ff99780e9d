"""The verb `architectures`, up to where the data begins."""

from __future__ import annotations

import pytest

from tools.__main__ import main


def test_an_unknown_network_is_one_line_that_names_the_known_ones(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["architectures", "--only", "mini-xception,resnet"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "no such network: 'resnet'" in said
    assert "mobilenet-v2-0.5" in said
