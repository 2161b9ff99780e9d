"""Downloads over links that are slow and break; the bench runs them at full length."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.needs import needs
from tools.__main__ import main
from tools.commands.fleet_bench import NAMES
from tools.fleet.bars import BARS
from tools.fleet.bench import measure_fetch
from tools.fleet.local_hub import LocalHub, local_hub

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalHub]:
    with local_hub(tmp_path_factory.mktemp("bench") / "hub") as hub:
        yield hub


def test_three_percent_more_bytes_than_the_content_has_at_most(
    hub: LocalHub, tmp_path: Path
) -> None:
    fetched = measure_fetch(hub, tmp_path / "free", 1_000_000)
    assert fetched.ratio <= 1.03
    assert fetched.parts_again == 0


def test_over_a_slow_link_nothing_travels_twice(hub: LocalHub, tmp_path: Path) -> None:
    fetched = measure_fetch(hub, tmp_path / "slow", 1_000_000, rate=800_000)
    assert fetched.seconds >= 1.2
    assert fetched.ratio <= 1.03
    assert fetched.parts_again == 0


def test_over_a_link_that_breaks_all_the_time_it_arrives(hub: LocalHub, tmp_path: Path) -> None:
    fetched = measure_fetch(hub, tmp_path / "cut", 1_000_000, rate=640_000, cut_every_s=0.5)
    assert fetched.cuts >= 2
    assert fetched.ratio <= fetched.bar


@pytest.mark.slow
def test_the_command_prints_the_figures(capsys: pytest.CaptureFixture[str]) -> None:
    some = ("idle", "bytes", "stalled", "bad", "hub")
    only = [word for name in some for word in ("--only", name)]
    main(["fleet", "bench", *only, "--seconds", "1", "--kilobytes", "1000", "--json"])
    figures = json.loads(capsys.readouterr().out)
    assert tuple(figures) == some
    assert figures["idle"]["resident_mb"] < 60, "its load is nothing for a busy machine's test"
    assert all(figures[name]["met"] for name in some[1:])
    assert figures["bad"]["starts"] == 3


def test_every_bar_has_a_name_that_can_be_chosen() -> None:
    assert tuple(BARS) == NAMES
