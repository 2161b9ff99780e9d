"""A kiosk moves to the release that its operator wants, and stays where it is when that fails."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path

import pytest

from device.fleet import guard
from device.fleet.installed import Installed
from device.fleet.manifest import MOST_BYTES
from device.fleet.moment import CLOCKLESS_S, PATIENCE_S, Quiet, Scene
from tests.device.fleet.disks import FullDisk
from tests.device.fleet.kiosk import FACTORY, FakeKiosk, Release

NEW = {"models/face.tflite": b"new", "catalogue/example.sqlite": b"places"}
NEWER = {"models/face.tflite": b"newer", "catalogue/example.sqlite": b"places"}


@pytest.fixture
def kiosk(memory: Path) -> FakeKiosk:
    return FakeKiosk(memory)


def run(kiosk: FakeKiosk, counter: int, files: Mapping[str, bytes] = NEW, **more: object) -> str:
    """Publish a release and see how it ends."""
    kiosk.publish(Release(counter, files, **more))
    kiosk.run()
    return kiosk.updates.state.name


def staged(kiosk: FakeKiosk, counter: int = 7) -> None:
    """Publish a release and take it as far as it goes while somebody stands there."""
    kiosk.publish(Release(counter, NEW))
    for _ in range(10):
        kiosk.fetch(kiosk.turn(Scene(somebody=True)))
    assert kiosk.updates.state.name == "STAGED"


def test_a_kiosk_begins_with_the_factorys_release(kiosk: FakeKiosk) -> None:
    kiosk.run()
    assert (kiosk.runs(), kiosk.updates.state.name) == (None, "IDLE")


def test_a_release_is_fetched_tried_and_committed(kiosk: FakeKiosk) -> None:
    assert run(kiosk, 7) == "COMMITTED"
    assert kiosk.files() == NEW
    assert [(one.counter, one.trial) for one in kiosk.started] == [(7, True)]


def test_while_a_signed_document_travels_nothing_is_verified_again(kiosk: FakeKiosk) -> None:
    kiosk.publish(Release(7, NEW))
    wanted = [kiosk.turn() for _ in range(5)]
    assert len(set(wanted)) == 1
    assert kiosk.operator.verified == 1
    kiosk.fetch(wanted[0])
    kiosk.turn()
    assert kiosk.operator.verified == 2


def test_nothing_that_the_factory_has_travels(kiosk: FakeKiosk) -> None:
    same = {**NEW, "models/face.tflite": FACTORY["models/face.tflite"]}
    assert run(kiosk, 7, same) == "COMMITTED"
    assert len(kiosk.fetched) == 2  # the manifest and the table


def test_going_back_is_the_old_content_under_a_higher_counter_and_nothing_travels(
    kiosk: FakeKiosk,
) -> None:
    run(kiosk, 7)
    run(kiosk, 8, NEWER)
    before = len(kiosk.fetched)
    assert run(kiosk, 9) == "COMMITTED"
    assert kiosk.files() == NEW
    assert len(kiosk.fetched) == before + 1  # the manifest alone


@pytest.mark.parametrize(
    ("how", "starts", "reason"),
    [
        ("crashes", 3, "after 3 starts"),
        ("hangs", 1, "within 300 s"),
        ("models/face.tflite: its answers are 3 apart", 1, "answers"),
    ],
)
def test_a_bad_release_returns_by_itself_and_is_not_tried_again(
    kiosk: FakeKiosk, how: str, starts: int, reason: str
) -> None:
    run(kiosk, 7)
    kiosk.behaves[8] = how
    kiosk.started.clear()
    assert run(kiosk, 8, NEWER) == "ROLLED_BACK"
    assert kiosk.files() == NEW
    assert sum(one.trial for one in kiosk.started) == starts
    message = kiosk.updates.message(datetime.now(UTC))
    assert (message["running"], message["candidate"]) == (7, 8)
    assert reason in message["reason"]
    assert [one["release"] for one in message["refused"]] == [8]
    kiosk.started.clear()
    for _ in range(3):  # the same again, and after a restart
        assert run(kiosk, 8, NEWER) == "ROLLED_BACK"
        kiosk.power_on()
    assert kiosk.started == []


def test_a_bad_release_on_a_new_kiosk_returns_to_the_factorys(kiosk: FakeKiosk) -> None:
    kiosk.behaves[7] = "crashes"
    assert run(kiosk, 7) == "ROLLED_BACK"
    assert kiosk.files() == FACTORY


def test_three_bad_releases_in_a_row_leave_the_good_one(kiosk: FakeKiosk) -> None:
    run(kiosk, 1)
    for counter, how in ((2, "crashes"), (3, "hangs"), (4, "crashes")):
        kiosk.behaves[counter] = how
        assert run(kiosk, counter, {"models/face.tflite": str(counter).encode()}) == "ROLLED_BACK"
        assert kiosk.files() == NEW
    assert run(kiosk, 5, NEWER) == "COMMITTED"


def test_the_same_release_twice_changes_nothing(kiosk: FakeKiosk) -> None:  # failure 19
    run(kiosk, 7)
    sequence, fetched = kiosk.updates.state.sequence, list(kiosk.fetched)
    kiosk.started.clear()
    assert run(kiosk, 7) == "COMMITTED"
    assert (kiosk.updates.state.sequence, kiosk.started) == (sequence, [])
    assert len(kiosk.fetched) <= len(fetched) + 1


def test_nothing_is_written_while_nothing_changes(kiosk: FakeKiosk) -> None:
    run(kiosk, 7)
    before = {path: path.stat().st_mtime_ns for path in kiosk.folder.rglob("*")}
    for _ in range(50):
        kiosk.turn()
    assert {path: path.stat().st_mtime_ns for path in kiosk.folder.rglob("*")} == before


@pytest.mark.parametrize(
    ("needs", "reason"),
    [
        ({"agent": 2}, "agent: it needs 2"),
        ({"wheels": "f" * 12}, "wheels: it needs ffffffffffff"),
        ({"units": 2}, "units: it needs 2"),
        ({"hardware": ["riscv64"]}, "hardware: it is for riscv64"),
    ],
)
def test_a_release_for_another_machine_is_rejected_with_the_reason(
    kiosk: FakeKiosk, needs: dict[str, object], reason: str
) -> None:
    needs = {"agent": 1, "wheels": "0" * 12, "units": 1, **needs}
    assert run(kiosk, 7, needs=needs) == "REJECTED"
    assert kiosk.updates.message(datetime.now(UTC))["refused"][0]["reason"].startswith(reason)
    assert kiosk.files() == FACTORY
    sequence = kiosk.updates.state.sequence
    assert run(kiosk, 7, needs=needs) == "REJECTED"
    assert kiosk.updates.state.sequence == sequence


def test_settings_that_a_release_may_not_change_reject_it(kiosk: FakeKiosk) -> None:
    files = {**NEW, "overlay.yaml": b"mqtt: {broker: evil.example}"}
    assert run(kiosk, 7, files) == "REJECTED"
    reason = kiosk.updates.state.reason
    assert reason.startswith("overlay.yaml: mqtt.broker: not for a release to set")
    written = kiosk.updates.state.sequence
    assert run(kiosk, 7, files) == "REJECTED"
    assert kiosk.updates.state.sequence == written  # it is not tried again
    assert kiosk.runs() is None


def test_an_older_release_is_rejected(kiosk: FakeKiosk) -> None:  # failure 31
    run(kiosk, 7)
    assert run(kiosk, 6, NEWER) == "REJECTED"
    assert kiosk.updates.state.reason == "older: release 7 runs"
    assert kiosk.files() == NEW


def test_a_kiosk_that_the_rollout_does_not_include_stays(kiosk: FakeKiosk) -> None:
    kiosk.publish(Release(7, NEW), percent=0)
    kiosk.run()
    assert (kiosk.updates.state.name, kiosk.runs()) == ("IDLE", None)


def test_a_rollout_that_is_paused_stops_a_download_and_goes_on_where_it_was(
    kiosk: FakeKiosk,
) -> None:
    kiosk.publish(Release(7, NEW))
    kiosk.fetch(kiosk.turn())
    assert kiosk.turn()
    kiosk.publish(Release(7, NEW), percent=0)
    assert kiosk.turn() == ()
    assert kiosk.updates.state.name == "IDLE"
    assert run(kiosk, 7) == "COMMITTED"


def test_metadata_that_are_not_believed_change_nothing_and_are_reported(kiosk: FakeKiosk) -> None:
    run(kiosk, 7)
    kiosk.operator.refuses = "two signatures are missing"
    assert run(kiosk, 8, NEWER) == "COMMITTED"
    message = kiosk.updates.message(datetime.now(UTC))
    assert (message["running"], message["candidate"]) == (7, None)
    assert message["metadata"] == "signature: two signatures are missing"


def test_content_runs_on_the_code_of_the_release_that_it_names(kiosk: FakeKiosk) -> None:
    code = {"device/__init__.py": b"new code", "device/app.py": b"app"}
    assert run(kiosk, 7, {**NEW, **code}) == "COMMITTED"
    assert run(kiosk, 8, NEWER, base=7) == "COMMITTED"
    assert kiosk.files() == {**NEWER, **code}


def test_a_kiosk_that_missed_the_code_fetches_it_with_the_content(kiosk: FakeKiosk) -> None:
    code = {"device/__init__.py": b"new code"}
    kiosk.operator.publish(Release(7, code))
    assert run(kiosk, 8, NEWER, base=7) == "COMMITTED"
    assert kiosk.files() == {**NEWER, **code}


def test_no_switch_while_somebody_stands_there_but_not_for_ever(kiosk: FakeKiosk) -> None:
    staged(kiosk)
    kiosk.time += PATIENCE_S - 60
    kiosk.turn(Scene(somebody=True))
    assert kiosk.updates.state.name == "STAGED"
    kiosk.time += 60
    kiosk.turn(Scene(somebody=True))
    assert kiosk.updates.state.name == "TRIAL"


def test_a_switch_comes_as_soon_as_nobody_stands_there(kiosk: FakeKiosk) -> None:
    staged(kiosk)
    kiosk.turn()
    assert kiosk.updates.state.name == "TRIAL"


def at(hour: int) -> Scene:
    return Scene(now=datetime(2030, 1, 1, hour, 30, tzinfo=UTC))


def test_a_switch_waits_for_the_quiet_hours(memory: Path) -> None:
    kiosk = FakeKiosk(memory, Quiet(time(23), time(5)))
    staged(kiosk)
    for hour in (12, 22, 5):
        kiosk.time += 7200
        kiosk.turn(at(hour))
        assert kiosk.updates.state.name == "STAGED"
    kiosk.turn(replace(at(23), somebody=True))
    assert kiosk.updates.state.name == "STAGED"
    kiosk.turn(at(4))
    assert kiosk.updates.state.name == "TRIAL"


def test_a_kiosk_that_never_knows_the_time_is_switched_after_a_day(memory: Path) -> None:
    kiosk = FakeKiosk(memory, Quiet(time(23), time(5)))
    staged(kiosk)
    kiosk.time += CLOCKLESS_S / 2
    kiosk.turn()
    assert kiosk.updates.state.name == "STAGED"
    kiosk.time += CLOCKLESS_S
    kiosk.turn()
    assert kiosk.updates.state.name == "TRIAL"


def test_the_trial_is_told_whether_the_camera_gave_frames_before(kiosk: FakeKiosk) -> None:
    staged(kiosk)
    kiosk.turn(Scene(camera=True))
    assert kiosk.start().camera


def test_a_full_disk_refuses_the_update_and_an_hour_later_it_is_tried_again(
    kiosk: FakeKiosk,
) -> None:  # failure 32
    run(kiosk, 7)
    kiosk.updates.space = 1 << 60
    assert run(kiosk, 8, NEWER) == "FAILED"
    assert kiosk.updates.state.reason.startswith("disk: ")
    assert kiosk.files() == NEW
    kiosk.updates.space = 0
    kiosk.run()
    assert kiosk.updates.state.name == "FAILED"
    kiosk.time += 3601
    kiosk.run()
    assert kiosk.updates.state.name == "COMMITTED"
    assert kiosk.files() == NEWER


def test_what_has_arrived_already_needs_no_more_room(kiosk: FakeKiosk) -> None:
    model = bytes(4_000_000)
    release = Release(7, {"models/face.tflite": model})
    kiosk.updates.space = 10**18
    kiosk.store.append(release.manifest.files[0].sha256, model[:-10])
    assert run(kiosk, 7, {"models/face.tflite": model}) == "FAILED"
    assert "disk: 1000000000000 MB are needed" in kiosk.updates.state.reason


def test_what_is_damaged_while_it_waits_is_fetched_again_before_it_is_tried(
    kiosk: FakeKiosk,
) -> None:
    staged(kiosk)
    (kiosk.folder / "releases/7/models/face.tflite").write_bytes(b"")
    kiosk.turn()
    assert kiosk.updates.state.name != "TRIAL"
    kiosk.run()
    assert kiosk.updates.state.name == "COMMITTED"
    assert kiosk.files() == NEW


def test_room_is_made_by_dropping_the_release_before_the_last_one(kiosk: FakeKiosk) -> None:
    for counter in (6, 7, 8):
        run(kiosk, counter, {"models/face.tflite": str(counter).encode()})
    assert {path.name for path in (kiosk.folder / "releases").iterdir()} == {"6", "7", "8"}
    kiosk.updates.space = kiosk.store.free() * 2
    kiosk.publish(Release(9, NEWER))
    kiosk.run(5)
    assert {path.name for path in (kiosk.folder / "releases").iterdir()} == {"8"}


def test_a_switch_that_systemd_missed_is_asked_for_again(kiosk: FakeKiosk) -> None:
    staged(kiosk)
    kiosk.turn()
    switch = kiosk.folder / guard.SWITCH
    switch.unlink()
    kiosk.turn()
    assert not switch.exists()
    kiosk.time += 61
    kiosk.turn()
    assert switch.exists()


def test_a_switch_that_leads_to_no_trial_is_asked_for_ever_more_seldom(kiosk: FakeKiosk) -> None:
    staged(kiosk)
    kiosk.turn()
    switch = kiosk.folder / guard.SWITCH
    asked = 0
    for _ in range(24 * 60):  # a day in which the disk keeps the guard from noting a start
        asked += switch.exists()
        switch.unlink(missing_ok=True)
        kiosk.time += 60
        kiosk.turn()
    assert asked < 32  # one restart an hour, and some in the first


def test_metadata_that_are_sent_again_and_again_do_not_wake_a_full_disk(kiosk: FakeKiosk) -> None:
    kiosk.updates.space = 1 << 60
    kiosk.publish(Release(7, NEW))
    kiosk.run(5)
    written = kiosk.updates.state.sequence
    for _ in range(5):  # by a hub that is broken, or hostile
        kiosk.publish(Release(7, NEW))
        kiosk.run(5)
    assert kiosk.updates.state.sequence == written
    kiosk.updates.space = 0
    kiosk.publish(Release(8, NEWER))
    kiosk.run()
    assert kiosk.updates.state.name == "COMMITTED"


def test_the_packages_that_the_code_of_an_older_release_needs_must_be_there_too(
    kiosk: FakeKiosk,
) -> None:
    needs = {"agent": 1, "wheels": "f" * 12, "units": 1}
    assert run(kiosk, 7, {"device/app.py": b"new"}, needs=needs) == "REJECTED"
    assert run(kiosk, 8, NEW, base=7) == "REJECTED"
    assert kiosk.updates.state.reason.startswith("wheels: ")


def test_content_that_is_too_large_with_its_code_is_rejected(kiosk: FakeKiosk) -> None:
    half = {"sha256": "a" * 64, "size": MOST_BYTES // 2 + 1}
    kiosk.publish(Release(7, {}, files=[{"path": "device/app.py", **half}]))
    kiosk.publish(Release(8, {}, base=7, files=[{"path": "models/face.tflite", **half}]))
    kiosk.run(5)
    assert kiosk.updates.state.name == "REJECTED"
    assert kiosk.updates.state.reason == "too large with the code of release 7"


def test_whatever_a_release_on_trial_has_written_the_agent_starts_and_goes_on(
    kiosk: FakeKiosk,
) -> None:
    staged(kiosk)
    kiosk.turn()
    assert kiosk.updates.state.name == "TRIAL"
    for name in (*guard.STATES, guard.TRIAL, guard.VERDICT):
        (kiosk.folder / name).write_bytes(guard.seal({}))
    kiosk.power_on()
    assert run(kiosk, 8) == "COMMITTED"


def test_a_damaged_good_release_is_fetched_again(kiosk: FakeKiosk) -> None:
    run(kiosk, 7)
    (kiosk.folder / "releases/7/models/face.tflite").write_bytes(b"")
    assert kiosk.files() == FACTORY
    kiosk.power_on()
    kiosk.run()
    assert kiosk.files() == NEW


def test_where_all_good_releases_are_damaged_there_is_none(kiosk: FakeKiosk) -> None:
    run(kiosk, 7)
    run(kiosk, 8, NEWER)
    for counter in (7, 8):
        (kiosk.folder / f"releases/{counter}/models/face.tflite").write_bytes(b"")
    kiosk.power_on()
    assert (kiosk.updates.state.good, kiosk.updates.state.before) == (None, None)
    kiosk.run()
    assert kiosk.files() == NEWER


def test_a_disk_that_refuses_everything_does_not_keep_the_agent_from_starting(
    kiosk: FakeKiosk,
) -> None:
    run(kiosk, 7)
    (kiosk.folder / "releases/7/models/face.tflite").write_bytes(b"")
    kiosk.power_on(FullDisk(0))
    kiosk.run(5)
    assert kiosk.files() == FACTORY
    assert kiosk.updates.message(datetime.now(UTC))["reason"].startswith("disk: ")


def test_what_arrived_in_part_does_not_spoil_what_the_factory_has(kiosk: FakeKiosk) -> None:
    release = Release(7, FACTORY)
    for entry in release.manifest.files:
        kiosk.store.append(entry.sha256, b"half")
    kiosk.publish(release)
    kiosk.run()
    assert kiosk.updates.state.name == "COMMITTED"
    assert len(kiosk.fetched) == 1  # the manifest


def test_after_an_install_of_other_packages_the_factorys_release_runs_and_says_why(
    kiosk: FakeKiosk,
) -> None:
    run(kiosk, 7)
    kiosk.power_on(installed=Installed(wheels="f" * 12))
    kiosk.run()
    assert kiosk.files() == FACTORY
    message = kiosk.updates.message(datetime.now(UTC))
    assert (message["running"], message["state"]) == (None, "REJECTED")
    assert message["reason"].startswith("wheels: it needs 000000000000")
    kiosk.power_on()
    kiosk.run()
    assert kiosk.files() == NEW
