"""The `touches` messages of a site's kiosks become one file."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest

from device.errors import UserError
from device.matching.pooled import load_pool
from device.session.ledger import Ledger
from tools.commands.catalogue import add_parser
from tools.pool import pool, read_lines


def line(kiosk: str, day: str, site: str = "here", **message: object) -> str:
    sent = {"day": day, "by_daypart": {}, "screens": {}} | message
    return f"wayside/v1/{site}/{kiosk}/touches {json.dumps(sent)}"


def lines(*some: str) -> str:
    return "\n".join(some) + "\n"


MORNING = {"morning": {"tea": {"chosen": 12, "liked": 11}}, "evening": {"tea": {"chosen": 20}}}


def run(*words: object) -> int:
    parser = argparse.ArgumentParser()
    add_parser(parser.add_subparsers(required=True))
    arguments = parser.parse_args(["catalogue", "pool", *map(str, words)])
    return int(arguments.run(arguments))


def test_touches_of_all_kiosks_days_and_dayparts_are_added_and_a_message_counts_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = line("k-1", "2026-11-01", by_daypart=MORNING, screens={"tea": 100, "inn": 30})
    (tmp_path / "a.txt").write_text(lines(first, 'wayside/v1/here/k-1/health {"fps": 15}', first))
    (tmp_path / "b.txt").write_text(
        lines(first, "", line("k-2", "2026-11-02", by_daypart=MORNING, screens={"tea": 50}))
    )
    out = tmp_path / "here.json"
    assert run(tmp_path / "a.txt", tmp_path / "b.txt", "--out", out) == 0
    assert capsys.readouterr().out == (
        f"{out}: 2 items of 2 kiosks of here, 2026-11-01 to 2026-11-02; "
        "of 1 both screens and touches are known\n"
    )
    assert json.loads(out.read_text()) == {
        "site": "here",
        "first": "2026-11-01",
        "last": "2026-11-02",
        "kiosks": {
            "k-1": {
                "inn": {"screens": 30},
                "tea": {"screens": 100, "chosen": 32, "liked": 11},
            },
            "k-2": {"tea": {"screens": 50, "chosen": 32, "liked": 11}},
        },
    }
    assert load_pool(out).site_without().tried["tea"].liked == 86


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no `touches` message"),
        ('{"day": "2026-11-01"}', ":1: no topic of a kiosk before the message"),
        ("wayside/v1/here/k/touches {", ":1: no `touches` message"),
        (line("k", "yesterday"), ":1: no `touches` message"),
        (line("k", "2026-11-01", screens={"tea": -1}), "a number below 0"),
        (line("k", "2026-11-01", screens={"tea": "many"}), "screens.tea"),
        (line("k", "2026-11-01", by_daypart={"morning": {"tea": {"hated": 12}}}), "unknown key"),
        (lines(line("k", "2026-11-01"), line("k", "2026-11-01", "there")), "here, there"),
    ],
)
def test_what_is_no_message_is_one_line_and_the_old_file_stays(
    tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "in.txt").write_text(text)
    (tmp_path / "out.json").write_text("old")
    with pytest.raises(UserError) as error:
        run(tmp_path / "in.txt", "--out", tmp_path / "out.json")
    assert why in str(error.value)
    assert "\n" not in str(error.value)
    assert (tmp_path / "out.json").read_text() == "old"


def test_a_file_that_is_not_there_or_no_json_to_write_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot be read"):
        run(tmp_path / "none.txt", "--out", tmp_path / "out.json")
    with pytest.raises(UserError, match="--out: got"):
        run(tmp_path / "none.txt", "--out", tmp_path / "out.csv")


def test_a_line_is_as_the_ledger_tells_it(tmp_path: Path) -> None:
    from datetime import datetime, timedelta

    from device.values import Touch

    ledger, now = Ledger(11), datetime(2026, 11, 1, 9)
    for _ in range(15):
        ledger.touch(Touch("tea", "liked"), now)
        ledger.screen(("tea",), now)
    message = ledger.day((now + timedelta(days=1)).date())
    assert message
    (tmp_path / "in.txt").write_text(line("k-1", **message))
    found = pool(read_lines(tmp_path / "in.txt"))
    assert found.kiosks["k-1"]["tea"].model_dump(exclude_none=True) == {"screens": 15, "liked": 15}
