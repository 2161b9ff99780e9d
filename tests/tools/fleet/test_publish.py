"""Publishing onto a real hub: what kiosks are led to is there, also after the hub was killed."""

from __future__ import annotations

import hashlib
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from device.errors import UserError
from device.fleet.blobs import PART, decode_metadata, encode_part, part_count
from device.messaging.topics import FLEET_BLOBS, FLEET_METADATA, blob_topic
from tests.device.fleet.repository import FleetRepository
from tests.needs import needs
from tools.__main__ import main
from tools.fleet.connection import Connection, operator_connection
from tools.fleet.local_hub import LocalHub, local_hub
from tools.fleet.publish import Published, prune, publish, refresh

pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]

PLACES = random.Random(1).randbytes(40 * PART + 5)
"""More parts than are asked for at once."""


@dataclass
class Folder:
    """A repository: `add` puts content into it."""

    path: Path
    metadata: dict[str, bytes] = field(default_factory=lambda: {"1.root.json": b"{}"})
    hashes: list[str] = field(default_factory=list)

    def add(self, content: bytes) -> str:
        sha256 = hashlib.sha256(content).hexdigest()
        (self.path / sha256).write_bytes(content)
        self.hashes.append(sha256)
        return sha256

    def files(self) -> dict[str, bytes]:
        return self.metadata

    def blobs(self) -> dict[str, Path]:
        return {sha256: self.path / sha256 for sha256 in self.hashes}


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[LocalHub]:
    with local_hub(tmp_path / "hub") as hub:
        yield hub


@pytest.fixture
def connection(hub: LocalHub) -> Iterator[Connection]:
    with operator_connection(hub.operator) as connection:
        yield connection


@pytest.fixture
def source(tmp_path: Path) -> Folder:
    (tmp_path / "blobs").mkdir()
    folder = Folder(tmp_path / "blobs")
    folder.add(PLACES)
    folder.add(b"")
    return folder


def held(connection: Connection) -> set[str]:
    """The topics of all parts on the hub."""
    return set(connection.read([f"{FLEET_BLOBS}+/+"]))


def metadata(connection: Connection) -> dict[str, bytes] | None:
    """The metadata on the hub."""
    payload = connection.read([FLEET_METADATA]).get(FLEET_METADATA)
    return None if payload is None else decode_metadata(payload)


def test_what_is_there_is_not_sent_again(source: Folder, connection: Connection) -> None:
    parts = part_count(len(PLACES)) + 1
    done = publish(source, connection)
    assert (done.parts, done.written) == (parts, parts)
    assert done.bytes <= len(PLACES) * 1.001
    assert metadata(connection) == source.metadata
    assert publish(source, connection) == Published(parts, 0, 0)
    source.add(b"one more")
    assert publish(source, connection) == Published(parts + 1, 1, len(encode_part(b"one more")))


def test_while_a_part_is_lost_or_wrong_the_metadata_stay_until_it_is_repaired(
    source: Folder, connection: Connection
) -> None:
    publish(source, connection)
    before = metadata(connection)
    connection.write(blob_topic(source.hashes[0], 3), b"")
    connection.write(blob_topic(source.hashes[0], 4), encode_part(bytes(PART)))
    connection.write(blob_topic(source.hashes[0], 5), b"no part")
    connection.flush()
    source.metadata = {"2.root.json": b"{}"}
    with pytest.raises(UserError, match="lost or changed 3 of 42 parts; publish with --repair"):
        publish(source, connection)
    assert metadata(connection) == before
    assert publish(source, connection, repair=True).written == 3
    assert metadata(connection) == source.metadata


def test_a_new_timestamp_is_the_metadata_alone(source: Folder, connection: Connection) -> None:
    refresh(source, connection)
    assert metadata(connection) == source.metadata
    assert held(connection) == set()


def test_what_no_release_needs_is_removed_and_nothing_else(
    source: Folder, connection: Connection
) -> None:
    publish(source, connection)
    old, _ = source.hashes
    source.hashes.remove(old)
    source.metadata = {"2.root.json": b"{}"}
    source.add(b"new")
    with pytest.raises(UserError, match="publish first"):
        prune(source, connection)
    publish(source, connection)
    assert prune(source, connection) == part_count(len(PLACES))
    assert held(connection) == {blob_topic(sha256, 0) for sha256 in source.hashes}
    assert prune(source, connection) == 0


def test_a_damaged_file_of_the_repository_is_not_published(
    source: Folder, connection: Connection
) -> None:
    (source.path / source.hashes[0]).write_bytes(b"another")
    with pytest.raises(UserError, match="damaged"):
        publish(source, connection)
    assert metadata(connection) is None


def test_a_hub_that_cannot_be_reached_is_one_line(hub: LocalHub) -> None:
    operator = hub.operator
    hub.stop()
    with pytest.raises(UserError, match="cannot be reached"), operator_connection(operator):
        pass


@contextmanager
def fleet(folder: Path) -> Iterator[tuple[FleetRepository, list[str]]]:
    """A signed repository with a release, and the options of `publish` for it."""
    repository = FleetRepository(folder / "fleet")
    repository.publish(7, "catalogue/places.sqlite", content=PLACES)
    yield repository, ["--fleet", str(folder / "fleet"), "--hub", str(folder / "hub")]


def test_after_publishing_a_killed_hub_has_every_part(
    hub: LocalHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fleet(tmp_path) as (repository, options):
        assert main(["fleet", "publish", *options]) == 0
        assert "read back" in capsys.readouterr().out
        hub.stop(signal.SIGKILL)
        hub.start()
        with operator_connection(hub.operator) as connection:
            assert metadata(connection) == repository.files
            sizes = [path.stat().st_size for path in repository.repository.blobs().values()]
            assert len(held(connection)) == sum(map(part_count, sizes))
        assert main(["fleet", "publish", "--prune", *options]) == 0
        assert "published 0 of" in capsys.readouterr().out


def test_a_hub_whose_database_was_cut_starts_and_is_repaired_within_a_minute(
    hub: LocalHub, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with fleet(tmp_path) as (repository, options):
        assert main(["fleet", "publish", *options]) == 0
        hub.stop(signal.SIGKILL)
        hub.database.write_bytes(hub.database.read_bytes()[:200_000])  # failure 17
        began = time.monotonic()
        hub.start()
        assert main(["fleet", "publish", "--repair", *options]) == 0
        assert time.monotonic() - began < 60
        assert main(["fleet", "publish", "--refresh", *options]) == 0
        assert capsys.readouterr().err == ""
        with operator_connection(hub.operator) as connection:
            assert metadata(connection) == repository.files
