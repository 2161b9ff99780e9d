"""`wayside catalogue feedback`: only what is large enough to be told."""

from __future__ import annotations

import argparse
import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from device.catalogue.build import write
from device.commands.catalogue import add_parser
from device.errors import UserError
from device.session.kept import FILE
from device.session.ledger import HALF_LIFE_DAYS, Ledger
from device.values import Item, Touch

NOON = datetime(2026, 11, 28, 12)


def run(config: Path, *words: str) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["catalogue", "feedback", "--config", str(config), *words])
    return int(arguments.run(arguments))


@pytest.fixture
def kiosk(tmp_path: Path) -> Path:
    """The configuration of a kiosk with two items."""
    items = [Item("tea", "place", "The Tea House", "cafe"), Item("inn", "place", "Inn", "pub")]
    write(items, tmp_path / "town.sqlite")
    (tmp_path / "state").mkdir()
    config = tmp_path / "config.yaml"
    config.write_text("{state: state, matching: {catalogue: town.sqlite}}")
    return config


def keep(kiosk: Path, ledger: Ledger) -> None:
    (kiosk.parent / "state" / FILE).write_text(ledger.kept().model_dump_json())


def a_day() -> Ledger:
    """Of tea 40 screens and 12 touches, of the inn 40 and 5, of an item that is gone 30."""
    ledger = Ledger(11)
    for number in range(40):
        ledger.screen(("tea", "inn", "gone")[: 3 if number < 30 else 2], NOON)
        if number < 12:
            ledger.touch(Touch("tea", "chosen"), NOON)
        if number < 5:
            ledger.touch(Touch("inn", "liked"), NOON)
    ledger.day((NOON + timedelta(days=1)).date())
    return ledger


def test_it_prints_screens_touches_and_rates_beside_the_mean(
    kiosk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(kiosk, a_day())
    assert run(kiosk) == 0
    mean, head, *items = capsys.readouterr().out.splitlines()
    assert mean.startswith("chosen or liked on 11 % of the screens of an item")  # 12 of 110
    assert " ".join(head.split()) == "item screens chosen liked not for me scanned chosen or liked"
    assert items[0].split("  ")[0] == "The Tea House"
    assert items[0].split()[3:7] == ["40", "12", "–", "–"]
    assert items[0].endswith("22 % (14 % to 33 %)")
    assert [line.split()[:2] for line in items[1:]] == [["gone", "30"], ["Inn", "40"]]
    assert not any(" 5 " in line for line in items)


def test_json_has_null_where_a_number_is_not_known(
    kiosk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keep(kiosk, a_day())
    assert run(kiosk, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    tea, gone, inn = said["items"]
    assert said["mean"] == pytest.approx(12 / 110)
    assert tea["touches"] == {"chosen": 12, "liked": None, "not_for_me": None, "scanned": None}
    assert tea["rate"]["low"] < tea["rate"]["rate"] < tea["rate"]["high"]
    assert (gone["title"], inn["rate"]) == ("", None)


def test_before_the_first_day_has_ended_there_is_nothing_to_tell(
    kiosk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = Ledger(11)
    for _ in range(10):
        ledger.screen(("tea",), NOON)
    ledger.day((NOON + timedelta(days=1)).date())
    keep(kiosk, ledger)
    assert run(kiosk) == 0
    assert capsys.readouterr().out == "nothing yet: no number is large enough to be told\n"


def test_a_release_that_asks_for_larger_numbers_is_heeded_here_too(
    kiosk: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(kiosk, a_day())
    release = kiosk.parent / "releases" / "7"
    release.mkdir(parents=True)
    (release / "overlay.yaml").write_text("privacy: {smallest_cell: 35}")
    monkeypatch.setenv("WAYSIDE_RELEASE", str(release))
    assert run(kiosk, "--json") == 0
    items = json.loads(capsys.readouterr().out)["items"]
    assert {item["id"]: item["screens"] for item in items} == {"tea": 40, "inn": 40}
    assert {n for item in items for n in item["touches"].values()} == {None}


def test_a_kiosk_that_keeps_nothing_says_how_to(kiosk: Path) -> None:
    kiosk.write_text("{matching: {catalogue: town.sqlite}}")
    with pytest.raises(UserError, match="state: not set"):
        run(kiosk)


def test_what_has_faded_below_the_smallest_number_is_not_shown_any_more(
    kiosk: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = a_day()
    ledger.day((NOON + timedelta(days=HALF_LIFE_DAYS)).date())
    keep(kiosk, ledger)
    assert run(kiosk, "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert {item["id"]: item["screens"] for item in said["items"]} == {
        "gone": 15,
        "inn": 20,
        "tea": 20,
    }
    assert {n for item in said["items"] for n in item["touches"].values()} == {None}
