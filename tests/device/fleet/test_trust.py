"""What a kiosk believes: the newest signed state, and nothing older, forged, expired or mixed."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device.errors import UserError
from device.fleet.disk import Disk
from device.fleet.floor import COPIES
from device.fleet.metadata import Refused
from device.fleet.trust import ANCHOR, Missing, Trust, Verified
from tests.device.fleet.repository import NOW, FleetRepository

BUILT = NOW - timedelta(days=100)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> FleetRepository:
    """A fleet with one release of content, rolled out; not to be changed."""
    fleet = FleetRepository(tmp_path_factory.mktemp("published"))
    fleet.publish(1)
    return fleet


@pytest.fixture
def fleet(tmp_path: Path, published: FleetRepository) -> FleetRepository:
    """The same, to be changed."""
    return published.copy(tmp_path / "repository")


@pytest.fixture
def enrolled(tmp_path: Path, fleet: FleetRepository) -> Path:
    """A kiosk's folder of trust."""
    folder = tmp_path / "trust"
    folder.mkdir()
    (folder / ANCHOR).write_bytes(fleet.root)
    return folder


def ask(
    folder: Path, fleet: FleetRepository, now: datetime | None = NOW, disk: Disk | None = None
) -> Verified:
    """What a kiosk that has just started makes of the metadata message."""
    return Trust(folder, disk or Disk(), BUILT).update(fleet.files, fleet.blob, now)


def reason(folder: Path, fleet: FleetRepository, now: datetime | None = NOW) -> str:
    with pytest.raises(Refused) as refused:
        ask(folder, fleet, now)
    assert "\n" not in str(refused.value)
    return refused.value.reason


def test_a_signed_release_is_what_the_kiosk_is_to_run(
    enrolled: Path, fleet: FleetRepository
) -> None:
    manifest = fleet.publish(2, "device/app.py", "models/face.tflite")
    rollout = fleet.roll_out("code/2.json", percent=10, canaries=("town/station",))
    found = ask(enrolled, fleet)
    assert (found.manifest, found.rollout) == (manifest, rollout)
    assert found.expires == NOW + timedelta(days=30)


def test_only_what_is_named_is_fetched_with_its_size(
    enrolled: Path, fleet: FleetRepository
) -> None:
    ask(enrolled, fleet)
    for sha256, size in fleet.asked:
        assert fleet.repository.blob(sha256).stat().st_size == size
    assert len(fleet.asked) == 2


def test_a_blob_that_is_not_there_yet_is_asked_for(enrolled: Path, fleet: FleetRepository) -> None:
    ask(enrolled, fleet)
    manifest, _ = fleet.asked[1]
    fleet.unfetched = {manifest}
    with pytest.raises(Missing) as missing:
        ask(enrolled, fleet)
    assert missing.value.sha256 == manifest
    fleet.unfetched.clear()
    assert ask(enrolled, fleet).manifest.counter == 1


def test_the_same_message_again_writes_nothing(enrolled: Path, fleet: FleetRepository) -> None:
    class Worn(Disk):
        def write(self, path: Path, content: bytes) -> None:
            raise AssertionError(path)

    first = ask(enrolled, fleet)
    assert ask(enrolled, fleet, disk=Worn()) == first


def test_before_the_first_rollout_there_is_nothing_to_do(tmp_path: Path, enrolled: Path) -> None:
    fresh = FleetRepository(tmp_path / "fresh")
    (enrolled / ANCHOR).write_bytes(fresh.root)
    assert reason(enrolled, fresh) == "no rollout"


def test_a_kiosk_that_is_not_enrolled_says_so(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="enrol this kiosk"):
        Trust(tmp_path, Disk(), BUILT)


# Time


@pytest.mark.parametrize("role", ["root", "targets", "content", "rollout", "snapshot", "timestamp"])
def test_expired_metadata_stop_updates_and_newer_ones_start_them_again(
    enrolled: Path, fleet: FleetRepository, role: str
) -> None:  # failure 31
    fleet.expire(role)
    assert reason(enrolled, fleet, fleet.now) == "expired"
    fleet.now += timedelta(minutes=1)
    for name in ("root", "targets", "content", "rollout"):
        fleet.sign_anew(name)
    assert ask(enrolled, fleet, fleet.now).manifest.counter == 1


def test_expired_code_does_not_stop_content(enrolled: Path, fleet: FleetRepository) -> None:
    fleet.expire("code")
    assert ask(enrolled, fleet, fleet.now).manifest.counter == 1


def test_a_clock_years_back_does_not_revive_expired_metadata(
    enrolled: Path, fleet: FleetRepository
) -> None:
    old = fleet.files
    fleet.now += timedelta(days=60)
    fleet.refresh()
    ask(enrolled, fleet, fleet.now)
    for copy in COPIES:  # only time is left to tell that the old state is old
        found = json.loads((enrolled / copy).read_bytes()[64:])
        assert found["at"] == "2027-01-28T12:00:00Z"
    fleet.files = old
    assert reason(enrolled, fleet, NOW - timedelta(days=730)) == "expired"
    assert reason(enrolled, fleet, None) == "expired"


def test_without_a_right_clock_time_is_that_of_the_program_and_of_what_was_signed(
    enrolled: Path, fleet: FleetRepository
) -> None:
    assert ask(enrolled, fleet, None).manifest.counter == 1
    late = Trust(enrolled, Disk(), built=NOW + timedelta(days=31))
    with pytest.raises(Refused, match="expired"):
        late.update(fleet.files, fleet.blob, None)


def test_a_clock_years_ahead_stops_updates_only_while_it_is_wrong(
    enrolled: Path, fleet: FleetRepository
) -> None:
    assert reason(enrolled, fleet, NOW + timedelta(days=730)) == "expired"
    assert ask(enrolled, fleet, NOW).manifest.counter == 1


def test_a_thief_of_the_online_key_cannot_push_time_beyond_the_offline_signatures(
    enrolled: Path, fleet: FleetRepository
) -> None:
    fleet.now += timedelta(days=10_000)
    fleet.refresh()
    assert reason(enrolled, fleet) == "expired"
    fleet.now = NOW + timedelta(days=1)
    fleet.refresh()
    assert ask(enrolled, fleet).manifest.counter == 1


# Older states


@pytest.mark.parametrize("role", ["root", "timestamp", "snapshot", "targets", "content", "rollout"])
def test_an_older_state_is_refused(enrolled: Path, fleet: FleetRepository, role: str) -> None:
    old = dict(fleet.files)
    if role in ("timestamp", "snapshot"):
        fleet.refresh()
    elif role == "root":
        fleet.rotate("online")
    else:
        fleet.sign_anew(role)
    ask(enrolled, fleet)
    fleet.files = old
    # Without the new root, the old one's timestamp is signed by a key that no longer counts.
    assert reason(enrolled, fleet) == ("signature" if role == "root" else "older")


@pytest.mark.parametrize("role", ["targets", "content", "rollout"])
def test_an_older_file_in_a_new_snapshot_is_refused(
    enrolled: Path, fleet: FleetRepository, role: str
) -> None:
    """A thief of the online key takes back what the operator's own keys have signed."""
    fleet.sign_anew(role)
    ask(enrolled, fleet)
    for path in (fleet.repository.folder / "metadata").glob(f"*.{role}.json"):
        if path.name == fleet.name(role):
            path.unlink()
    fleet.refresh()
    assert reason(enrolled, fleet) == "older"


def test_a_lower_counter_is_refused_though_it_is_signed(
    enrolled: Path, fleet: FleetRepository
) -> None:  # failure 31
    fleet.publish(3)
    ask(enrolled, fleet)
    fleet.roll_out("content/1.json")
    assert reason(enrolled, fleet) == "older"
    fleet.publish(4)
    assert ask(enrolled, fleet).manifest.counter == 4


@pytest.mark.parametrize("damage", [b"", b"\0" * 500, b"{}"])
@pytest.mark.parametrize("copy", COPIES)
def test_one_damaged_record_changes_nothing(
    enrolled: Path, fleet: FleetRepository, copy: str, damage: bytes
) -> None:
    old = fleet.files
    fleet.publish(2)
    ask(enrolled, fleet)
    (enrolled / copy).write_bytes(damage)
    fleet.files = old
    assert reason(enrolled, fleet) == "older"
    assert len({(enrolled / name).read_bytes() for name in COPIES}) == 1


@pytest.mark.parametrize("damage", [None, b"", b"\0" * 4000])
def test_the_anchor_is_needed_only_until_something_was_accepted(
    enrolled: Path, fleet: FleetRepository, damage: bytes | None
) -> None:
    fleet.rotate("root")
    ask(enrolled, fleet)
    (enrolled / ANCHOR).unlink() if damage is None else (enrolled / ANCHOR).write_bytes(damage)
    fleet.publish(2)
    assert ask(enrolled, fleet).manifest.counter == 2


def test_a_power_cut_between_the_two_records_keeps_one(
    enrolled: Path, fleet: FleetRepository
) -> None:
    class Cut(Disk):
        def write(self, path: Path, content: bytes) -> None:
            if path.name == COPIES[1]:
                raise OSError("the power is gone")
            super().write(path, content)

    old = fleet.files
    fleet.publish(2)
    with pytest.raises(OSError, match="power"):
        ask(enrolled, fleet, disk=Cut())
    fleet.files = old
    assert reason(enrolled, fleet) == "older"


def test_enrolled_anew_the_kiosk_belongs_to_the_new_fleet(
    tmp_path: Path, enrolled: Path, fleet: FleetRepository
) -> None:
    fleet.publish(9)
    ask(enrolled, fleet)
    other = FleetRepository(tmp_path / "other")
    other.publish(1)
    assert reason(enrolled, other) == "signature"
    (enrolled / ANCHOR).write_bytes(other.root)
    assert ask(enrolled, other).manifest.counter == 1
    assert reason(enrolled, fleet) == "signature"


def test_enrolled_again_in_the_same_fleet_the_kiosk_forgets_nothing(
    enrolled: Path, fleet: FleetRepository
) -> None:
    old = fleet.files
    fleet.publish(2)
    ask(enrolled, fleet)
    for key in ("root", "targets", "online", "root"):
        fleet.rotate(key)
    (enrolled / ANCHOR).write_bytes(fleet.files["5.root.json"])
    del fleet.files["2.root.json"]  # the new anchor is the root to begin with
    assert ask(enrolled, fleet).manifest.counter == 2
    (enrolled / ANCHOR).write_bytes(fleet.root)
    assert ask(enrolled, fleet).manifest.counter == 2
    fleet.files = old
    assert reason(enrolled, fleet) == "signature"


# Keys


def test_a_root_that_was_rotated_three_times_while_the_kiosk_was_off(
    enrolled: Path, fleet: FleetRepository
) -> None:
    ask(enrolled, fleet)
    for key in ("root", "targets", "root"):
        fleet.rotate(key)
    fleet.now += timedelta(days=25)
    fleet.publish(2)
    assert {f"{version}.root.json" for version in range(1, 5)} <= set(fleet.files)
    assert ask(enrolled, fleet, fleet.now).manifest.counter == 2


def test_with_a_root_left_out_of_the_chain_nothing_newer_is_believed(
    enrolled: Path, fleet: FleetRepository
) -> None:
    for _ in range(2):
        fleet.rotate("online")
    del fleet.files["2.root.json"]
    assert reason(enrolled, fleet) == "signature"


@pytest.mark.parametrize("key", ["root", "targets", "content", "code-1", "rollout", "online"])
def test_after_a_rotation_the_new_key_signs(
    enrolled: Path, fleet: FleetRepository, key: str
) -> None:
    fleet.rotate(key)
    fleet.publish(2, "device/app.py")
    assert ask(enrolled, fleet).manifest.counter == 2


@pytest.mark.parametrize("role", ["root", "targets", "content", "rollout", "snapshot", "timestamp"])
def test_another_fleets_files_are_no_signatures(
    tmp_path: Path, enrolled: Path, fleet: FleetRepository, role: str
) -> None:
    other = FleetRepository(tmp_path / "other")
    other.publish(1)
    fleet.rotate("online")
    other.rotate("online")
    fleet.files[fleet.name(role)] = other.files[fleet.name(role)]
    assert reason(enrolled, fleet) == "signature"


def test_code_needs_both_signatures(enrolled: Path, fleet: FleetRepository) -> None:
    fleet.publish(2, "device/app.py")
    name = fleet.name("code")
    document = json.loads(fleet.files[name])
    for count in (1, 0):
        document["signatures"] = document["signatures"][:count]
        fleet.files[name] = json.dumps(document).encode()
        assert reason(enrolled, fleet) == "signature"


def test_one_signature_twice_is_one(enrolled: Path, fleet: FleetRepository) -> None:
    fleet.publish(2, "device/app.py")
    document = json.loads(fleet.files[fleet.name("code")])
    document["signatures"][1]["sig"] = document["signatures"][0]["sig"]
    fleet.files[fleet.name("code")] = json.dumps(document).encode()
    assert reason(enrolled, fleet) == "signature"


def test_the_signature_of_content_is_not_enough_for_code(
    enrolled: Path, fleet: FleetRepository
) -> None:
    fleet.publish(2, "models/face.tflite", "device/app.py", role="content")
    assert reason(enrolled, fleet) == "signature"


def test_after_all_keys_of_a_role_are_new_its_versions_may_begin_anew(
    enrolled: Path, fleet: FleetRepository
) -> None:
    """A thief has signed so high a version that nothing after it would be accepted."""
    fleet.jump("timestamp", 10**9)
    ask(enrolled, fleet)
    fleet.jump("timestamp", -(10**9))
    assert reason(enrolled, fleet) == "older"
    fleet.rotate("online")
    fleet.publish(2)
    assert ask(enrolled, fleet).manifest.counter == 2


# Damage


def test_files_of_two_states_are_mixed(enrolled: Path, fleet: FleetRepository) -> None:
    name = fleet.name("content")
    old = fleet.files[name]
    fleet.publish(2)
    fleet.files[fleet.name("content")] = old
    assert reason(enrolled, fleet) == "mixed"


@pytest.mark.parametrize("role", ["targets", "content", "rollout", "snapshot", "timestamp"])
def test_a_missing_file_is_named(enrolled: Path, fleet: FleetRepository, role: str) -> None:
    del fleet.files[fleet.name(role)]
    assert reason(enrolled, fleet) == "incomplete"


def test_a_rollout_of_a_release_that_is_not_there_is_refused(
    enrolled: Path, fleet: FleetRepository
) -> None:
    fleet.roll_out("code/7.json")
    assert reason(enrolled, fleet) == "incomplete"


@pytest.mark.parametrize("content", [b"", b"[]", b'{"release": "content/1.json", "more": 1}'])
def test_a_signed_document_that_is_none_is_refused(
    enrolled: Path, fleet: FleetRepository, content: bytes
) -> None:
    fleet.put("rollout", "rollout/rollout.json", content)
    assert reason(enrolled, fleet) == "broken"


def test_a_release_under_another_ones_name_is_refused(
    enrolled: Path, fleet: FleetRepository
) -> None:
    manifest = fleet.release(2)
    fleet.put("content", "content/3.json", manifest.model_dump_json().encode())
    fleet.roll_out("content/3.json")
    assert reason(enrolled, fleet) == "signature"


def test_a_blob_with_other_content_is_refused(enrolled: Path, fleet: FleetRepository) -> None:
    trust = Trust(enrolled, Disk(), BUILT)
    with pytest.raises(Refused, match="mixed"):
        trust.update(fleet.files, lambda sha256, size: b"y" * size, NOW)


def test_a_giant_is_refused_before_it_is_read(enrolled: Path, fleet: FleetRepository) -> None:
    fleet.put("rollout", "rollout/rollout.json", b" " * (256 * 1024 + 1))
    assert reason(enrolled, fleet) == "too large"
    assert fleet.asked == []


def test_giant_metadata_are_refused(enrolled: Path, fleet: FleetRepository) -> None:
    for content in (b"[" * (1 << 20), b"[" * (1 << 20 | 1)):
        fleet.files["timestamp.json"] = content
        assert reason(enrolled, fleet) in ("broken", "too large")


@pytest.mark.parametrize(
    "content", [b"", b"null", b"{}", b'{"signed": {}, "signatures": []}', b"\xff\xfe", b"9" * 5000]
)
@pytest.mark.parametrize("role", ["root", "timestamp", "content"])
def test_what_is_no_metadata_is_refused(
    enrolled: Path, fleet: FleetRepository, role: str, content: bytes
) -> None:
    fleet.rotate("online")
    fleet.files[fleet.name(role)] = content
    assert reason(enrolled, fleet) == "broken"


@pytest.mark.parametrize("role", ["targets", "content", "rollout", "snapshot", "timestamp"])
def test_a_changed_byte_in_what_is_signed_is_no_signature(
    enrolled: Path, fleet: FleetRepository, role: str
) -> None:
    whole = fleet.files[fleet.name(role)]
    fleet.corrupt(role, whole.index(b'"expires": "') + len(b'"expires": "'))  # 2 becomes 3
    assert reason(enrolled, fleet) == "signature"


Damage = Callable[[bytes, int], bytes]


def flip(content: bytes, at: int) -> bytes:
    return content[:at] + bytes([content[at] ^ 1 << at % 8]) + content[at + 1 :]


def cut(content: bytes, at: int) -> bytes:
    return content[:at]


def lose(content: bytes, at: int) -> bytes:
    return content[:at] + content[at + 1 :]


class Fleeting(Disk):
    """Does not wait for the disk."""

    def write(self, path: Path, content: bytes) -> None:
        path.write_bytes(content)


def test_any_damage_is_refused_or_changes_nothing(enrolled: Path, fleet: FleetRepository) -> None:
    whole = ask(enrolled, fleet)
    blobs = {sha256: fleet.blob(sha256, size) for sha256, size in list(fleet.asked)}
    everything = fleet.files | blobs

    @settings(max_examples=200, deadline=None)
    @given(st.sampled_from(sorted(everything)), st.sampled_from([flip, cut, lose]), st.data())
    def ask_with(name: str, damage: Damage, data: st.DataObject) -> None:
        content = everything[name]
        damaged = {name: damage(content, data.draw(st.integers(0, len(content) - 1)))}
        for copy in COPIES:
            (enrolled / copy).unlink()
        trust = Trust(enrolled, Fleeting(), BUILT)
        with suppress(Refused):
            found = trust.update(
                fleet.files | damaged, lambda sha256, size: (blobs | damaged)[sha256], NOW
            )
            assert found == whole
        assert trust.update(fleet.files, fleet.blob, NOW) == whole

    ask_with()


def test_content_comes_with_the_signed_release_whose_code_it_runs_on(
    enrolled: Path, fleet: FleetRepository
) -> None:
    fleet.release(2, "device/app.py")
    fleet.publish(3, base=2)
    base = ask(enrolled, fleet).base
    assert base is not None
    assert base.target == "code/2.json"
    fleet.publish(9, base=8)
    assert reason(enrolled, fleet) == "incomplete"
