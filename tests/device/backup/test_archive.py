"""A backup from anywhere is read as a whole or refused in one line, and never leaves its folder."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from device.backup import archive as archives
from device.backup.archive import FORMAT, MANIFEST, Manifest, extract, write_archive
from device.errors import UserError

FILES = {"settings.yaml": b"site: oulu\n", "folders/display.pictures/by the lake/1.jpg": b"jpeg"}


def manifest(hashes: dict[str, str], **changes: Any) -> Manifest:
    about = {"format": FORMAT, "release": "1", "kiosk": "oulu/k", "made": "2026-12-01T12:00:00"}
    return Manifest.model_validate({**about, "sha256": hashes, **changes})


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    write_archive(tmp_path / "a.wayside", FILES, manifest)
    return tmp_path / "a.wayside"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in/it").mkdir(parents=True)
    return tmp_path / "in/it"


def forged(path: Path, entries: dict[str, bytes], **changes: Any) -> Path:
    """An archive with a right manifest of whatever files, or one that says something else."""
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in entries.items()}
    about = {"format": FORMAT, "release": "1", "kiosk": "k", "made": "m", "sha256": hashes}
    with zipfile.ZipFile(path, "w") as file:
        for name, data in entries.items():
            file.writestr(name, data)
        file.writestr(MANIFEST, json.dumps({**about, **changes}))
    return path


def refused(path: Path, folder: Path) -> str:
    """The line; nothing may have been written beside the folder."""
    with pytest.raises(UserError) as error:
        extract(path, folder)
    assert "\n" not in str(error.value)
    assert [one.name for one in folder.parent.iterdir()] == [folder.name]
    return str(error.value)


def test_what_was_written_is_read(backup: Path, folder: Path) -> None:
    assert extract(backup, folder).kiosk == "oulu/k"
    assert {name: (folder / name).read_bytes() for name in FILES} == FILES
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "a/../../outside", "a//b", "./a", "a/", "C:outside", "a\\b",
     "a\nb", "cafe\u0301", "x" * 401, "a/" + "x" * 300],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, folder: Path, name: str) -> None:
    path = forged(tmp_path / "h.zip", {"settings.yaml": b"", name: b"x"})
    assert "it has a file that no backup has" in refused(path, folder)


def test_a_link_is_refused(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "h.zip"
    with zipfile.ZipFile(path, "w") as file:
        link = zipfile.ZipInfo("settings.yaml")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        file.writestr(link, "/etc/shadow")
    assert "it has a file that no backup has" in refused(path, folder)


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "h.zip"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("settings.yaml", "a: 1")
        file.writestr("settings.yaml", "a: 2")
    assert "it has a file that no backup has" in refused(path, folder)


def test_a_bomb_is_refused(tmp_path: Path, folder: Path) -> None:
    path = tmp_path / "bomb.zip"
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file,
        file.open("settings.yaml", "w") as entry,
    ):
        for _ in range(archives.MOST_BYTES // archives.CHUNK + 2):
            entry.write(bytes(archives.CHUNK))
    assert path.stat().st_size < 1_000_000
    assert "more than 300 MB or 20000 files" in refused(path, folder)


def test_a_file_that_is_longer_than_it_says_is_refused(tmp_path: Path, folder: Path) -> None:
    content = forged(tmp_path / "l.zip", {"settings.yaml": b"y" * 5000}).read_bytes()
    size = (5000).to_bytes(4, "little")
    assert content.count(size) == 4  # stored: packed and unpacked, in both headers
    (tmp_path / "l.zip").write_bytes(content.replace(size, (5).to_bytes(4, "little")))
    assert "damaged" in refused(tmp_path / "l.zip", folder)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"format": FORMAT + 1}, f"of format {FORMAT + 1}, and this release reads up to {FORMAT}"),
        ({"format": 0}, "damaged: its list of files"),
        ({"format": "one"}, "damaged: its list of files"),
        ({"sha256": {}}, "damaged: its list of files"),
        ({"sha256": {"settings.yaml": "0" * 64}}, "damaged: settings.yaml is not what was"),
        ({"kiosk": "k\nmqtt: {broker: evil}"}, "damaged: its list of files"),
        ({"left_out": ["\u001b[2J"]}, "damaged: its list of files"),
        ({"more": 1}, "damaged: its list of files"),
    ],
)
def test_a_manifest_that_lies_is_refused(
    tmp_path: Path, folder: Path, changes: dict[str, Any], words: str
) -> None:
    assert words in refused(forged(tmp_path / "m.zip", {"settings.yaml": b""}, **changes), folder)


def test_what_is_no_archive_is_refused(tmp_path: Path, folder: Path) -> None:
    for content in (b"", b"site: oulu\n", b"PK\x05\x06" + bytes(18)):
        (tmp_path / "x").write_bytes(content)
        assert "no backup of a kiosk" in refused(tmp_path / "x", folder)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.data())
def test_a_damaged_archive_is_refused_or_unharmed(tmp_path: Path, backup: Path, data: Any) -> None:
    content = bytearray(backup.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    damaged = tmp_path / "damaged"
    damaged.write_bytes(bytes(content) if data.draw(st.booleans()) else bytes(content[:cut]))
    with TemporaryDirectory(dir=tmp_path) as folder:
        try:
            extract(damaged, Path(folder))
        except UserError:
            return
        assert {name: (Path(folder) / name).read_bytes() for name in FILES} == FILES


def test_too_much_for_a_backup_is_said_before_it_is_written(tmp_path: Path) -> None:
    large = tmp_path / "large.jpg"
    with large.open("wb") as file:
        file.truncate(archives.MOST_BYTES + 1)  # sparse
    with pytest.raises(UserError, match=r"300 MB in 1 files: .* --no-pictures leaves them out"):
        write_archive(tmp_path / "b", {"folders/display.pictures/large.jpg": large}, manifest)
    assert not (tmp_path / "b").exists()
