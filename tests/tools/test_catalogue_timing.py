"""The bench of a catalogue measures what the kiosk does, on made-up items or on the operator's."""

from __future__ import annotations

import pytest

from device.catalogue.store import Catalogue
from device.config import Config
from tools.__main__ import main
from tools.catalogue_timing import made_up, measure_catalogue


def test_made_up_items_are_the_same_each_time() -> None:
    assert list(made_up(20, ["quiet"])) == list(made_up(20, ["quiet"]))


def test_a_made_up_catalogue_is_built_opened_and_asked(config: Config) -> None:
    figures = measure_catalogue(config, 700)
    assert figures.items == 700
    assert 0 < figures.question_ms <= figures.slow_ms
    assert figures.bare_ms > 0
    assert figures.ready_s > 0
    assert (figures.build_s or 0) > 0
    assert (figures.build_mb or 0) > 20


def test_without_a_number_the_configured_catalogue_is_timed(
    config: Config, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["bench", "--catalogue"]) == 0
    count = len(Catalogue.open(config.matching.catalogue))
    out = capsys.readouterr().out
    assert out.startswith(f"{count} items\nnew question, median")
    assert "build" not in out
