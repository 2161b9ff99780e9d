"""The store: content by its hash, and releases as folders of links to it."""

from __future__ import annotations

from pathlib import Path

import pytest

from device.fleet import guard
from device.fleet.disk import Disk
from device.fleet.store import Store
from tests.device.fleet.releases import Release, fill, sha

FILES = {"models/face.tflite": b"model", "device/app.py": b"app", "device/deep/er/x.py": b""}


@pytest.fixture
def store(memory: Path) -> Store:
    return Store(memory / "fleet", Disk())


def filled(store: Store, release: Release) -> Store:
    fill(store, *release.contents.values())
    return store


def test_a_release_is_a_folder_of_its_files_that_everybody_may_read(store: Store) -> None:
    release = Release(7, FILES)
    assert filled(store, release).stage(release.manifest)
    place = store.release(7)
    assert {name: (place / name).read_bytes() for name in FILES} == FILES
    assert store.manifest(7) == release.manifest
    assert guard.fault(place) == ""
    assert all(path.stat().st_mode & 0o044 == 0o044 for path in place.rglob("*"))


def test_content_that_arrives_in_pieces_is_whole_or_dropped(store: Store) -> None:
    right, wrong = b"abcdef", sha(b"something else")
    for name in (sha(right), wrong):
        for part in (b"abc", b"def"):
            store.append(name, part)
    assert store.arrived(wrong) == 6
    assert (store.finish(sha(right)), store.finish(wrong)) == (True, False)
    assert (store.has(sha(right)), store.has(wrong), store.arrived(wrong)) == (True, False, 0)


def test_a_release_lacks_each_content_once(store: Store) -> None:
    twice = Release(
        7, {"models/a.tflite": b"same", "models/b.tflite": b"same", "models/c.tflite": b"other"}
    )
    assert len(store.missing(twice.manifest.files)) == 2
    fill(store, b"same")
    assert [one.path for one in store.missing(twice.manifest.files)] == ["models/c.tflite"]


def test_damaged_content_is_noticed_before_a_release_is_made_of_it(store: Store) -> None:
    release = Release(7, FILES)
    filled(store, release)
    store.path(sha(b"app")).write_bytes(b"aqq")
    assert not store.stage(release.manifest)
    assert not store.release(7).exists()
    assert [one.path for one in store.missing(release.manifest.files)] == ["device/app.py"]


def test_what_the_factory_has_is_copied(store: Store, memory: Path) -> None:
    (memory / "factory/models").mkdir(parents=True)
    (memory / "factory/models/face.tflite").write_bytes(b"model")
    (memory / "factory/models/big").write_bytes(b"other bytes")
    release = Release(7, {**FILES, "models/big.tflite": b"these bytes"})
    store.adopt(release.manifest.files, memory / "factory")
    assert store.read(sha(b"model")) == b"model"
    assert not store.has(sha(b"these bytes"))


def test_pruning_keeps_what_the_kept_releases_need(store: Store) -> None:
    for counter, content in ((7, b"old"), (8, b"new")):
        release = Release(counter, {"models/a.tflite": content, "models/b.tflite": b"shared"})
        filled(store, release).stage(release.manifest)
    store.append(sha(b"arriving"), b"arr")
    store.append(sha(b"left over"), b"left")
    store.prune([8], [sha(b"arriving")])
    assert not store.release(7).exists()
    assert guard.fault(store.release(8)) == ""
    held = {sha(b"new"): True, sha(b"shared"): True, sha(b"old"): False}
    assert {name: store.has(name) for name in held} == held
    assert (store.arrived(sha(b"arriving")), store.arrived(sha(b"left over"))) == (3, 0)


def test_a_document_that_is_damaged_is_not_there(store: Store) -> None:
    content = b"a signed document"
    fill(store, content)
    assert store.read(sha(content)) == content
    store.path(sha(content)).write_bytes(b"a spoiled document")
    assert store.read(sha(content)) is None
    assert not store.has(sha(content))
