"""What touches have taught outlives a restart and a power cut, and is written rarely."""

from __future__ import annotations

import stat
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from device.audience.group import audience_of
from device.config import PrivacyConfig
from device.errors import UserError
from device.session.counts import Counts
from device.session.kept import EVERY_S, FILE, Kept, read_kept
from device.values import Context, Touch, Tried
from tests.device.audience.people import visitor

NOON = datetime(2026, 11, 28, 12)


def counts(folder: Path | None, **privacy: object) -> Counts:
    return Counts(PrivacyConfig(**privacy), folder)


def screen(of: Counts, at: float) -> None:
    """A grown-up sees a screen with one item, and chooses it."""
    there = audience_of((visitor("grown"),))
    of.update(there, Context(at=at, now=NOON))
    of.update(there, Context(at=at, now=NOON, touches=(Touch("tea", "chosen"),)), ("tea",))


def test_a_kiosk_learns_on_after_a_restart(tmp_path: Path) -> None:
    before = counts(tmp_path / "state")
    screen(before, 0)
    before.keep(0)
    before.keep(1, stopping=True)
    assert dict(counts(tmp_path / "state").tried) == {"tea": Tried(1, 1)}
    assert stat.S_IMODE((tmp_path / "state" / FILE).stat().st_mode) == 0o600


def test_it_is_written_rarely_and_not_while_nobody_comes(tmp_path: Path) -> None:
    kiosk, file = counts(tmp_path), tmp_path / FILE
    kiosk.keep(0)
    screen(kiosk, 1)
    kiosk.keep(EVERY_S - 1)
    assert not file.exists()
    kiosk.keep(EVERY_S)
    assert read_kept(tmp_path).tried == {"tea": (1, 1)}
    file.unlink()
    kiosk.keep(3 * EVERY_S)
    kiosk.keep(3 * EVERY_S, stopping=True)
    assert not file.exists()
    screen(kiosk, 3 * EVERY_S)
    kiosk.keep(3 * EVERY_S + 1)
    assert read_kept(tmp_path).tried == {"tea": (2, 2)}


def test_what_is_told_is_kept_as_told_before_it_leaves(tmp_path: Path) -> None:
    tomorrow = Context(at=50, now=NOON + timedelta(days=1))
    before = counts(tmp_path)
    for at in range(14):
        screen(before, at)
    before.keep(14, stopping=True)
    screen(before, 20)
    told = before.touches_due(tomorrow)
    assert told
    assert told["screens"] == {"tea": 15}
    # A power cut: told again with 14, the difference would be a single touch.
    assert counts(tmp_path).touches_due(tomorrow) is None


def test_what_cannot_be_kept_as_told_is_not_told(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    kiosk = counts(tmp_path / "state")
    for at in range(14):
        screen(kiosk, at)
    assert kiosk.touches_due(Context(at=50, now=NOON + timedelta(days=1))) is None


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 4096, b'{"version":1,"tried":{"tea":[', b'{"version":2}',
     b'{"tried":{"a":[-1,0]}}', b'{"tried":{"a":[1e999,0]}}', "{}".encode("utf-16")],
)  # fmt: skip
def test_a_damaged_file_is_set_aside_with_one_line(
    tmp_path: Path, content: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / FILE).write_bytes(content)
    kiosk = counts(tmp_path)
    assert dict(kiosk.tried) == {}
    assert len(caplog.records) == 1
    assert "damaged; touches start anew, and it is now touches.broken" in caplog.text
    assert (tmp_path / "touches.broken").read_bytes() == content
    screen(kiosk, 0)
    kiosk.keep(0, stopping=True)
    assert read_kept(tmp_path).tried


def test_a_folder_that_cannot_be_written_is_one_line_and_the_kiosk_learns_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "state").write_text("a file where the folder should be")
    kiosk = counts(tmp_path / "state")
    caplog.clear()
    for number in range(1, 4):
        screen(kiosk, number)
        kiosk.keep(number, stopping=True)
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "cannot be written" in caplog.text
    assert kiosk.tried["tea"].liked == 3


@pytest.mark.parametrize(("folder", "on"), [(False, True), (True, False)])
def test_without_a_folder_or_counts_nothing_is_written(
    tmp_path: Path, folder: bool, on: bool
) -> None:
    kiosk = counts(tmp_path if folder else None, counts=on)
    screen(kiosk, 0)
    kiosk.keep(0, stopping=True)
    assert list(tmp_path.iterdir()) == []


def test_it_holds_items_and_numbers_and_nothing_of_people(tmp_path: Path) -> None:
    kiosk = counts(tmp_path)
    screen(kiosk, 0)
    kiosk.keep(0, stopping=True)
    assert read_kept(tmp_path).model_dump(mode="json", exclude_defaults=True) == {
        "day": "2026-11-28",
        "since": "2026-11-28",
        "tried": {"tea": [1.0, 1.0]},
        "screens": {"tea": 1},
        "touches": [["midday", "chosen", "tea", 1]],
    }


def test_the_operator_is_told_why_there_is_nothing_to_read(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file"):
        read_kept(tmp_path)
    (tmp_path / FILE).write_text("{")
    with pytest.raises(UserError, match="damaged"):
        read_kept(tmp_path)
    (tmp_path / FILE).write_text(Kept().model_dump_json())
    assert read_kept(tmp_path) == Kept()
