"""`wayside-tools fleet keys`, `sign` and `refresh`, and a kiosk that believes what they signed."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from device.fleet.disk import Disk
from device.fleet.manifest import TARGET, Rollout
from device.fleet.trust import ANCHOR, Trust
from tools.__main__ import main
from tools.fleet.keys import Keyring
from tools.fleet.repository import Repository
from tools.fleet.roles import KEYS, ROLES
from tools.fleet.signing import add_target, change

WORDS = "correct horse battery staple"

Output = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `fleet keys new` makes, and a passphrase; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "words").write_text(WORDS + "\n")
    assert run(folder, "keys", "new") == 0
    return folder


@pytest.fixture
def place(tmp_path: Path, made: Path) -> Path:
    """The same in `fleet/`, to be changed, and in `release/` a folder of content."""
    folder = tmp_path / "place"
    shutil.copytree(made, folder)
    (folder / "release" / "catalogue").mkdir(parents=True)
    (folder / "release" / "catalogue" / "town.sqlite").write_bytes(b"a town")
    return folder


def run(place: Path, *words: str, fleet: str = "fleet", keys: str = "keys") -> int:
    options = ["--fleet", str(place / fleet), "--keys", str(place / keys)]
    return main(["fleet", *words, *options, "--passphrase-file", str(place / "words")])


def sign(place: Path, *words: str) -> int:
    return run(place, "sign", str(place / "release"), *words)


def code(place: Path) -> None:
    """Put a program into the release."""
    (place / "release" / "device").mkdir()
    (place / "release" / "device" / "app.py").write_text("print()\n")


def believed(place: Path, release: str) -> int:
    """The counter of the release that a newly enrolled kiosk is to run after a rollout of one."""
    repository = Repository(place / "fleet")
    keys = Keyring([place / "keys"], lambda name: WORDS, lambda name: WORDS)
    content = Rollout(release=release, percent=100).model_dump_json().encode()
    alter = add_target(TARGET, content, repository.add_blob(content), lambda name: True)
    change(repository, keys, "rollout", datetime.now(UTC), alter)
    assert run(place, "refresh") == 0
    kiosk = place / "kiosk"
    shutil.rmtree(kiosk, ignore_errors=True)
    kiosk.mkdir()
    shutil.copy(place / "fleet/metadata/1.root.json", kiosk / ANCHOR)
    trust = Trust(kiosk, Disk(), datetime(2026, 1, 1, tzinfo=UTC))
    blobs = repository.blobs()
    found = trust.update(
        repository.files(), lambda sha256, size: blobs[sha256].read_bytes(), datetime.now(UTC)
    )
    assert {entry.sha256 for entry in found.manifest.files} <= blobs.keys()
    return found.manifest.counter


def test_every_key_is_encrypted_and_its_owners_alone(made: Path) -> None:
    assert {path.stem for path in (made / "keys").iterdir()} == set(KEYS)
    for name in KEYS:
        path = made / "keys" / f"{name}.pem"
        assert path.read_text().startswith("-----BEGIN ENCRYPTED PRIVATE KEY-----")
        assert path.stat().st_mode & 0o077 == 0


def test_new_says_where_each_key_belongs(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "words").write_text(WORDS)
    assert run(tmp_path, "keys", "new") == 0
    said = capsys.readouterr().out
    for name in KEYS:
        assert f"{name}.pem: signs " in said
    assert said.count("offline, in a safe") == 2
    assert "Give code-2.pem to a second person" in said


def test_a_second_fleet_needs_another_folder(place: Path, capsys: Output) -> None:
    before = (place / "keys/root.pem").read_bytes()
    assert run(place, "keys", "new") == 1
    assert "there is a repository" in capsys.readouterr().err
    assert run(place, "keys", "new", fleet="other") == 1
    assert "keys/root.pem: there is a key" in capsys.readouterr().err
    assert (place / "keys/root.pem").read_bytes() == before


def test_a_short_passphrase_is_refused_and_nothing_is_made(tmp_path: Path, capsys: Output) -> None:
    (tmp_path / "words").write_text("eleven char")
    assert run(tmp_path, "keys", "new") == 1
    assert "take at least 12" in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"words"}


def test_content_is_signed_by_one_and_a_kiosk_believes_it(place: Path, capsys: Output) -> None:
    assert sign(place, "--version", "spring") == 0
    said = capsys.readouterr().out
    assert "release 1 (content), version spring; files: 1, bytes: 6" in said
    assert "new     catalogue/town.sqlite" in said
    assert believed(place, "content/1.json") == 1


def test_code_waits_for_the_second_person(
    place: Path, capsys: Output, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    code(place)
    (place / "stick").mkdir()
    (place / "keys/code-2.pem").rename(place / "stick/code-2.pem")
    assert sign(place) == 0
    assert "code-2 still has to sign" in capsys.readouterr().out
    assert "code/1.json" not in Repository(place / "fleet").manifests()

    shutil.copytree(place / "fleet", place / "hers")
    assert run(place, "sign", "--add-signature", fleet="hers", keys="stick") == 0
    said = capsys.readouterr().out
    assert "release 1 (code)" in said
    assert "new     device/app.py" in said
    assert "next, where the online key is: wayside-tools fleet refresh" in said

    shutil.rmtree(place / "fleet")
    shutil.copytree(place / "hers", place / "fleet")
    assert run(place, "refresh") == 0
    assert believed(place, "code/1.json") == 1
    assert caplog.text == ""


def test_the_second_person_signs_no_damaged_file(place: Path, capsys: Output) -> None:
    code(place)
    (place / "keys/code-2.pem").rename(place / "code-2.pem")
    assert sign(place) == 0
    repository = Repository(place / "fleet")
    (manifest,) = repository.manifests(signed=False).values()
    repository.blob(manifest.files[1].sha256).write_bytes(b"print(1)\n")
    (place / "code-2.pem").rename(place / "keys/code-2.pem")
    assert run(place, "sign", "--add-signature") == 1
    assert "damaged, it is device/app.py" in capsys.readouterr().err


def test_where_nothing_waits_there_is_nothing_to_add(place: Path, capsys: Output) -> None:
    assert run(place, "sign", "--add-signature") == 1
    assert "no code waits for a signature" in capsys.readouterr().err


def test_while_code_waits_content_goes_out(place: Path, capsys: Output) -> None:
    code(place)
    (place / "keys/code-2.pem").unlink()
    assert sign(place) == 0
    shutil.rmtree(place / "release" / "device")
    assert sign(place) == 0
    assert "code: its newest version waits for a signature" in capsys.readouterr().out
    assert believed(place, "content/2.json") == 2


def test_what_the_folder_lacks_comes_from_the_release_that_is_rolled_out(
    place: Path, capsys: Output
) -> None:
    code(place)
    (place / "release/pictures").mkdir()
    (place / "release/pictures/a.png").write_bytes(b"a picture")
    assert sign(place) == 0
    assert believed(place, "code/1.json") == 1
    shutil.rmtree(place / "release/device")
    shutil.rmtree(place / "release/pictures")
    (place / "release/catalogue/town.sqlite").write_bytes(b"another town")
    capsys.readouterr()
    assert sign(place) == 0
    said = capsys.readouterr().out
    assert "release 2 (content)" in said
    assert "on the code of release 1" in said
    assert "gone" not in said
    assert believed(place, "content/2.json") == 2
    manifest = Repository(place / "fleet").manifests()["content/2.json"]
    paths = {entry.path for entry in manifest.files}
    assert paths == {"catalogue/town.sqlite", "pictures/a.png"}
    assert manifest.base == 1
    assert sign(place, "--alone") == 0
    alone = Repository(place / "fleet").manifests()["content/3.json"]
    assert ([entry.path for entry in alone.files], alone.base) == (["catalogue/town.sqlite"], None)


def test_going_back_is_the_old_content_under_the_next_counter(place: Path, capsys: Output) -> None:
    assert sign(place) == 0
    (place / "release/catalogue/town.sqlite").write_bytes(b"a bad town")
    assert sign(place) == 0
    before = set((place / "fleet/blobs").iterdir())
    assert run(place, "sign", "--again", "1") == 0
    assert "changed catalogue/town.sqlite" in capsys.readouterr().out
    manifests = Repository(place / "fleet").manifests()
    assert manifests["content/3.json"].files == manifests["content/1.json"].files
    assert len(set((place / "fleet/blobs").iterdir()) - before) == 1  # the manifest
    assert believed(place, "content/3.json") == 3
    assert run(place, "sign", "--again", "9") == 1
    assert "9: no such release; there is 1, 2, 3" in capsys.readouterr().err


def test_old_releases_leave_the_metadata_but_not_the_one_that_is_rolled_out(place: Path) -> None:
    assert sign(place) == 0
    assert believed(place, "content/1.json") == 1
    for number in range(6):
        (place / "release/catalogue/town.sqlite").write_bytes(b"%d" % number)
        assert sign(place) == 0
    counters = {m.counter for m in Repository(place / "fleet").manifests().values()}
    assert counters == {1, 3, 4, 5, 6, 7}


@pytest.mark.parametrize("key", KEYS)
def test_after_a_rotation_the_old_key_signs_nothing(place: Path, key: str, capsys: Output) -> None:
    assert sign(place) == 0
    old = (place / "keys" / f"{key}.pem").read_bytes()
    assert run(place, "keys", "rotate", key) == 0
    assert "destroy it" in capsys.readouterr().out
    assert believed(place, "content/1.json") == 1
    (place / "keys" / f"{key}.pem").write_bytes(old)
    uses = {"online": ("refresh",), "commands": ("announce", "helsinki", "--take-back")}
    uses |= {
        role.keys[0]: ("keys", "renew", name)
        for name, role in ROLES.items()
        if role.keys[0] not in uses
    }
    uses["code-2"] = uses["code-1"]
    assert run(place, *uses[key]) == 1
    assert f"{key}.pem: not the key that the repository names" in capsys.readouterr().err


def test_a_key_that_is_elsewhere_is_named(place: Path, capsys: Output) -> None:
    (place / "keys/targets.pem").unlink()
    before = (place / "keys/content.pem").read_bytes()
    assert run(place, "keys", "rotate", "content") == 1
    assert "targets.pem: No such file or directory; --keys names" in capsys.readouterr().err
    assert (place / "keys/content.pem").read_bytes() == before
    assert run(place, "keys", "rotate", "page") == 1
    assert "got 'page', takes one of root, targets, content" in capsys.readouterr().err


def test_the_offline_keys_are_on_a_stick_and_the_others_here(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    assert sign(place) == 0
    (place / "stick").mkdir()
    for name in ("root", "targets"):
        (place / "keys" / f"{name}.pem").rename(place / "stick" / f"{name}.pem")
    old = {path: path.read_bytes() for path in place.glob("*/*.pem")}
    for key in ("content", "targets"):
        assert run(place, "keys", "rotate", key, keys="stick") == 0
    new = {path for path in place.glob("*/*.pem") if path.read_bytes() != old[path]}
    assert new == {place / "keys/content.pem", place / "stick/targets.pem"}
    assert believed(place, "content/1.json") == 1


def test_a_wrong_passphrase_is_one_line(place: Path, capsys: Output) -> None:
    (place / "words").write_text("another passphrase")
    assert sign(place) == 1
    error = capsys.readouterr().err
    assert "content.pem: a wrong passphrase" in error
    assert error.count("\n") == 1


def test_show_tells_what_expires_and_who_has_yet_to_sign(place: Path, capsys: Output) -> None:
    code(place)
    (place / "keys/code-2.pem").unlink()
    assert sign(place) == 0
    capsys.readouterr()
    show = ["fleet", "keys", "show", "--fleet", str(place / "fleet")]
    assert main([*show, "--json"]) == 0
    rows = {row["role"]: row for row in json.loads(capsys.readouterr().out)["roles"]}
    assert rows.keys() == ROLES.keys()
    assert rows["timestamp"]["days"] == 29
    assert rows["code"]["waits_for"] == ["code-2"]
    assert rows["code"]["keys"].keys() == {"code-1", "code-2"}
    assert main(show) == 0
    assert "its newest version waits for code-2" in capsys.readouterr().out


def test_without_a_fleet_the_way_to_one_is_told(tmp_path: Path, capsys: Output) -> None:
    for verb in (["keys", "show"], ["refresh"]):
        assert main(["fleet", *verb, "--fleet", str(tmp_path / "none")]) == 1
        error = capsys.readouterr().err
        assert "fleet keys new" in error
        assert error.count("\n") == 1
