"""The power is cut at every write of an update, or a file is damaged: the old or the new runs."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest

from device.fleet import guard
from tests.device.fleet.disks import DyingDisk, FullDisk, PowerCutError
from tests.device.fleet.kiosk import FACTORY, FakeKiosk, Release

OLD = {"models/face.tflite": b"old", "catalogue/example.sqlite": b"places"}
NEW = {"models/face.tflite": b"new", "catalogue/example.sqlite": b"places", "device/app.py": b"app"}


def updating(folder: Path, disk: DyingDisk) -> FakeKiosk:
    """A kiosk that has committed a release and takes another with this disk."""
    kiosk = FakeKiosk(folder)
    kiosk.publish(Release(7, OLD))
    kiosk.run(8)
    assert kiosk.files() == OLD
    kiosk.power_on(disk)
    kiosk.publish(Release(8, NEW))
    return kiosk


@pytest.mark.parametrize("lose", [False, True])
def test_a_power_cut_at_any_write_leaves_the_old_or_the_new_release(
    memory: Path, lose: bool
) -> None:  # failure 30
    for number in itertools.count(1):
        kiosk = updating(memory / str(number), DyingDisk(number, lose=lose))
        try:
            kiosk.run(8)
        except PowerCutError:
            pass
        else:
            break
        kiosk.power_on()
        kiosk.start()
        assert kiosk.files() in (OLD, NEW), number
        (kiosk.folder / guard.SWITCH).touch()
        kiosk.run(8)
        assert kiosk.files() == NEW, number
        assert kiosk.updates.state.name == "COMMITTED", number
    assert number > 50  # from the first write to the commit


def test_a_disk_that_is_full_at_any_write_refuses_the_update_and_loses_nothing(
    memory: Path,
) -> None:  # failure 32
    refused = 0
    for number in range(1, 61):
        disk = FullDisk(number)
        kiosk = updating(memory / str(number), disk)
        kiosk.run(8)
        assert kiosk.files() in (OLD, NEW), number
        if kiosk.files() != NEW:
            refused += 1
            calls = disk.calls
            for _ in range(20):
                kiosk.turn()
            assert disk.calls == calls, number  # it is not asked again and again
            disk.empty()
            kiosk.time += 4000
            kiosk.run(12)
        assert kiosk.files() == NEW or kiosk.updates.state.failure(8), number
    assert refused > 30


@pytest.mark.parametrize("how", ["bad", "good"])
@pytest.mark.parametrize("damage", ["emptied", "cut", "zeroed", "removed"])
def test_any_file_may_be_damaged_at_any_time_and_a_whole_release_runs(
    memory: Path, how: str, damage: str
) -> None:
    names = [*guard.STATES, guard.TRIAL, guard.VERDICT, "releases/7/manifest.json",
             "releases/8/manifest.json", "releases/8/device/app.py",
             "releases/7/models/face.tflite"]  # fmt: skip
    for name in names:
        for after in range(7):
            kiosk = FakeKiosk(memory / name.replace("/", "-") / str(after))
            kiosk.publish(Release(7, OLD))
            kiosk.run(8)
            kiosk.behaves[8] = "crashes" if how == "bad" else "commits"
            kiosk.publish(Release(8, NEW))
            kiosk.run(after)
            spoil(kiosk.folder / name, damage)
            kiosk.start()
            assert kiosk.files() in (FACTORY, OLD, NEW), (name, after)
            kiosk.power_on()
            (kiosk.folder / guard.SWITCH).touch()
            kiosk.run(12)
            if how == "good" and "missing or damaged" not in kiosk.updates.state.failure(8):
                assert kiosk.files() == NEW, (name, after)
            else:
                assert kiosk.files() in (FACTORY, OLD), (name, after)


def spoil(file: Path, damage: str) -> None:
    """Damage a file, if it is there. Its links elsewhere are damaged with it, as on a disk."""
    if not file.is_file():
        return
    content = file.read_bytes()
    if damage == "removed":
        file.unlink()
    else:
        kinds = {"emptied": b"", "cut": content[:-2], "zeroed": bytes(len(content))}
        file.write_bytes(kinds[damage])


def test_both_copies_of_the_journal_may_be_lost(memory: Path) -> None:
    kiosk = FakeKiosk(memory)
    kiosk.behaves[8] = "crashes"
    for counter, files in ((7, OLD), (8, NEW)):
        kiosk.publish(Release(counter, files))
        kiosk.run(12)
    for name in guard.STATES:
        spoil(kiosk.folder / name, "emptied")
    assert kiosk.files() == FACTORY
    kiosk.power_on()
    kiosk.started.clear()
    kiosk.run(12)
    assert kiosk.started == []  # it is known that 8 failed
    kiosk.publish(Release(9, OLD))
    kiosk.run(12)
    assert kiosk.files() == OLD


def test_a_start_that_cannot_be_put_on_the_record_is_one_of_the_good_release(
    memory: Path,
) -> None:  # failure 32
    kiosk = FakeKiosk(memory)
    kiosk.publish(Release(7, OLD))
    kiosk.run(8)
    kiosk.publish(Release(8, NEW))
    while kiosk.updates.state.name != "TRIAL":
        kiosk.fetch(kiosk.turn())
    record = kiosk.folder / guard.TRIAL
    record.with_name(f".{record.name}.new").mkdir()  # nothing can be written there
    assert kiosk.start() == guard.Choice(7)
