"""Simulated fleets on a real Mosquitto: what becomes of kiosks that fail, are silent, slow, cut."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.needs import needs
from tests.tools.fleet.clients import connected
from tools.__main__ import main
from tools.fleet.local_hub import LocalHub, local_hub
from tools.fleet.simulate import Plan, simulate
from tools.fleet.steps import Bounds

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]


def test_a_plan_draws_the_same_fates_again_and_spares_the_canaries() -> None:
    plan = Plan(kiosks=1000, canaries=10, failing=0.1, silent=0.1, slow=0.1, power_cut=0.1)
    fates = list(plan.fates().values())
    assert plan.fates() == plan.fates()
    assert len(set(fates[:10])) == 1
    for share in (
        sum(fate.program == "refuses" for fate in fates),
        sum(fate.silent for fate in fates),
        sum(fate.rate is not None for fate in fates),
        sum(fate.cut_after is not None for fate in fates),
    ):
        assert 70 < share < 130


@pytest.mark.slow
def test_a_bad_release_stops_within_the_canaries_after_three_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told = simulate(
        Plan(kiosks=8, canaries=2, bad=True, program="crashes", size=40_000, processes=1),
        show=lambda progress: None,
    )
    assert told.stopped
    assert told.tally() == dict.fromkeys(told.tally(), 0) | {"rolled back": 2, "not asked": 6}
    assert [outcome.starts for outcome in told.outcomes[:2]] == [3, 3]


@pytest.mark.slow
def test_silent_kiosks_stop_a_rollout_and_failing_ones_go_back() -> None:
    told = simulate(
        Plan(
            kiosks=10, canaries=2, failing=0.3, silent=0.3, size=40_000, processes=1, seed=3,
            bounds=Bounds(enough=0.9, failing=1.0, minutes=0.1),
        ),
        show=lambda progress: None,
    )  # fmt: skip
    tally = told.tally()
    assert told.verdict == "silence"
    assert tally["silent"] > 0
    assert tally["committed"] >= 2
    assert sum(tally.values()) == 10


@pytest.mark.slow
def test_the_command_simulates_at_an_empty_hub_and_leaves_it_empty(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ["--kiosks", "3", "--canaries", "1", "--kilobytes", "40", "--json"]
    with local_hub(tmp_path / "hub") as hub:
        at = ["--hub", str(hub.folder)]
        assert main(["fleet", "simulate", *options, *at]) == 0
        told = json.loads(capsys.readouterr().out.splitlines()[-1])
        assert told["kiosks"]["committed"] == 3
        assert told["bytes"] > 3 * 40_000
        assert retained(hub) == []
        hub.authority.certify("helsinki/kiosk-1")
        assert main(["fleet", "simulate", *options, *at]) == 1
        assert "serves a fleet" in capsys.readouterr().err


def test_more_canaries_than_kiosks_are_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", "simulate", "--kiosks", "3", "--canaries", "4"]) == 1
    assert "--canaries" in capsys.readouterr().err


def retained(hub: LocalHub) -> list[str]:
    """Topics of what a hub keeps."""
    with connected(hub.port, hub.operator.tls()) as client:
        client.subscribe("wayside/v1/#")
        client.publish("wayside/v1/fleet/echo/x", b"last")
        client.wait("wayside/v1/fleet/echo/x")
        return [message.topic for message in client.heard if message.retain]
