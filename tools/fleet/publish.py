"""Puts a repository on a hub, as the retained messages that kiosks fetch.

Guarantees: the metadata come last, and only when every part that they lead to was read back from
the hub and is right, so that no kiosk asks for what is not there; a kiosk sees the old metadata or
the new; `prune` removes what the metadata on the hub do not lead to, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from device.errors import UserError
from device.fleet.blobs import (
    PART,
    decode_part,
    encode_metadata,
    encode_parts,
    part_count,
    part_size,
)
from device.messaging.topics import FLEET_BLOBS, FLEET_METADATA, blob_part, blob_topic
from tools.fleet.connection import AT_ONCE, Connection

Progress = Callable[[str, int, int], None]
"""Told what is being done, how many parts are done, and of how many."""


class Source(Protocol):
    """What is published: tools/fleet/repository.py."""

    def files(self) -> dict[str, bytes]:
        """The files of the metadata message."""

    def blobs(self) -> dict[str, Path]:
        """By SHA-256, the file of each blob."""


@dataclass(frozen=True, slots=True)
class Published:
    """What was done. parts: of all blobs. written, bytes: of the parts that were sent."""

    parts: int
    written: int
    bytes: int


def quiet(_what: str, _done: int, _total: int) -> None:
    """No progress is shown."""


def publish(
    source: Source, connection: Connection, *, repair: bool = False, progress: Progress = quiet
) -> Published:
    """Put blobs and metadata on the hub. repair: also parts of blobs that seem to be there.

    Raises:
        UserError: the hub lost or changed a part of a blob that was there, and `repair` is off; it
            does not keep what it is sent; a blob of the repository is damaged.
    """
    blobs = source.blobs()
    sizes = {sha256: path.stat().st_size for sha256, path in blobs.items()}
    parts = sum(map(part_count, sizes.values()))
    # The first part is written last: where it is, the blob was written whole.
    begun = connection.read([blob_topic(sha256, 0) for sha256 in blobs])
    there = {sha256 for sha256 in blobs if blob_topic(sha256, 0) in begun}
    missing = [
        (sha256, n) for sha256 in blobs if sha256 not in there for n in _parts(sizes, sha256)
    ]
    written, sent = _write(connection, blobs, missing, progress)
    wrong = _wrong(connection, blobs, sizes, progress)
    if wrong and not repair:
        raise UserError(
            f"the hub has lost or changed {len(wrong)} of {parts} parts; publish with --repair"
        )
    more, more_sent = _write(connection, blobs, wrong, progress)
    if wrong and (still := _wrong(connection, {s: blobs[s] for s, _ in wrong}, sizes, progress)):
        raise UserError(f"the hub does not keep {len(still)} of {parts} parts; see its log")
    refresh(source, connection)
    return Published(parts, written + more, sent + more_sent)


def refresh(source: Source, connection: Connection) -> None:
    """Publish the metadata alone, such as a new timestamp.

    Raises:
        UserError: the metadata are too large, or the hub does not keep them.
    """
    try:
        payload = encode_metadata(source.files())
    except ValueError as error:
        raise UserError(f"the metadata cannot be published: {error}") from None
    connection.write(FLEET_METADATA, payload)
    connection.flush()
    if connection.read([FLEET_METADATA]).get(FLEET_METADATA) != payload:
        raise UserError("the hub does not keep the metadata; see its log")


def prune(source: Source, connection: Connection) -> int:
    """Remove the parts of blobs that the metadata do not lead to; how many.

    Raises:
        UserError: the hub has other metadata than the repository: publish first.
    """
    if connection.read([FLEET_METADATA]).get(FLEET_METADATA) != encode_metadata(source.files()):
        raise UserError("the hub has other metadata than this repository; publish first")
    wanted, removed = source.blobs(), 0
    first = connection.read([f"{FLEET_BLOBS}+/0"])
    there = {part[0] for topic in first if (part := blob_part(topic))}
    for sha256 in sorted(there - wanted.keys()):
        topics = connection.read([f"{FLEET_BLOBS}{sha256}/+"])
        # The first part last, so that a blob whose removal was cut short is found again.
        for topic in sorted(topics, key=_number, reverse=True):
            connection.write(topic, b"")
            removed += 1
        connection.flush()
    return removed


def _number(topic: str) -> int:
    part = blob_part(topic)
    return part[1] if part else 0


def _parts(sizes: Mapping[str, int], sha256: str) -> Iterator[int]:
    """The numbers of a blob's parts, the first one last."""
    return reversed(range(part_count(sizes[sha256])))


def _write(
    connection: Connection,
    blobs: Mapping[str, Path],
    parts: Iterable[tuple[str, int]],
    progress: Progress,
) -> tuple[int, int]:
    """Send parts, in this order; how many, and their bytes."""
    parts, sent, loaded = list(parts), 0, ("", list[bytes]())
    for done, (sha256, number) in enumerate(parts):
        if loaded[0] != sha256:
            loaded = sha256, list(encode_parts(_content(sha256, blobs[sha256])))
        connection.write(blob_topic(sha256, number), loaded[1][number])
        sent += len(loaded[1][number])
        progress("sending", done + 1, len(parts))
    connection.flush()
    return len(parts), sent


def _content(sha256: str, path: Path) -> bytes:
    content = path.read_bytes()
    if hashlib.sha256(content).hexdigest() != sha256:
        raise UserError(f"{path}: damaged, its hash is another; take the file from a copy")
    return content


def _wrong(
    connection: Connection,
    blobs: Mapping[str, Path],
    sizes: Mapping[str, int],
    progress: Progress,
) -> list[tuple[str, int]]:
    """Parts that the hub has not, or has otherwise, each blob's first one last."""
    parts = [(sha256, number) for sha256 in blobs for number in _parts(sizes, sha256)]
    wrong = []
    for begin in range(0, len(parts), AT_ONCE):
        some = parts[begin : begin + AT_ONCE]
        found = connection.read([blob_topic(*part) for part in some])
        wrong += [
            (sha256, number)
            for sha256, number in some
            if not _right(
                found.get(blob_topic(sha256, number)), blobs[sha256], sizes[sha256], number
            )
        ]
        progress("reading back", begin + len(some), len(parts))
    return wrong


def _right(payload: bytes | None, path: Path, size: int, number: int) -> bool:
    """Whether a payload holds what the file has there."""
    if payload is None:
        return False
    length = part_size(size, number)
    with path.open("rb") as file:
        file.seek(number * PART)
        content = file.read(length)
    try:
        return decode_part(payload, length) == content
    except ValueError:
        return False
