"""Content in parts and metadata in one message: what comes out is what went in, or nothing."""

from __future__ import annotations

import json
import tracemalloc
import zlib
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.fleet.blobs import (
    MOST_METADATA,
    PART,
    decode_metadata,
    decode_part,
    encode_metadata,
    encode_part,
    encode_parts,
    part_count,
    part_size,
)
from device.messaging.topics import blob_part, blob_topic


@pytest.mark.parametrize("size", [0, 1, PART - 1, PART, PART + 1, 3 * PART])
def test_a_blob_comes_back_from_its_parts(size: int) -> None:
    blob = bytes(n * 7 % 251 for n in range(size))
    payloads = list(encode_parts(blob))
    assert len(payloads) == part_count(size)
    parts = [decode_part(payload, part_size(size, n)) for n, payload in enumerate(payloads)]
    assert b"".join(parts) == blob


@given(st.binary(max_size=300), st.integers(0, 300))
def test_a_part_is_what_was_declared_or_refused(payload: bytes, size: int) -> None:
    with suppress(ValueError):
        assert len(decode_part(payload, size)) == size


@given(st.binary(max_size=400), st.data())
def test_a_part_that_was_cut_is_refused(content: bytes, data: st.DataObject) -> None:
    payload = encode_part(content)
    with pytest.raises(ValueError):  # noqa: PT011 (any reason will do)
        decode_part(payload[: data.draw(st.integers(0, len(payload) - 1))], len(content))


def test_a_part_that_unpacks_to_more_than_declared_takes_no_memory() -> None:
    bomb = b"\1" + zlib.compress(bytes(50_000_000), 9)
    tracemalloc.start()
    with pytest.raises(ValueError, match="more than"):
        decode_part(bomb, PART)
    with pytest.raises(ValueError, match="more than"):
        decode_metadata(bomb[1:])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 8 * MOST_METADATA


def test_metadata_come_back_from_their_message() -> None:
    files = {"1.root.json": b'{"signed": "\xc3\xa4"}', "timestamp.json": b"{}"}
    assert decode_metadata(encode_metadata(files)) == files


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"1",
        b"not json",
        b"[" * 100_000,
        json.dumps({"../root.json": "{}"}).encode(),
        json.dumps({"a/b": "{}"}).encode(),
        json.dumps({"": "{}"}).encode(),
        json.dumps({"1.root.json": 1}).encode(),
        json.dumps({"1.root.json": None}).encode(),
        json.dumps(dict.fromkeys(map(str, range(10_001)), "")).encode(),
        b'{"a": "\xff"}',
        b'{"a": "\\ud800"}',
    ],
)
def test_anything_else_is_no_metadata(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode_metadata(zlib.compress(content))


@given(st.binary(max_size=200))
def test_no_message_is_more_than_a_refusal(payload: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        decode_metadata(payload)


def test_a_topic_names_a_part_or_is_none() -> None:
    sha256 = "0a" * 32
    assert blob_part(blob_topic(sha256, 17)) == (sha256, 17)
    for topic in ("", sha256, blob_topic("0A" * 32, 1), blob_topic(sha256, 1) + "x", f"{sha256}/1",
                  blob_topic(sha256, -1), blob_topic(sha256, 10**7),
                  blob_topic(sha256, 1).replace("/1", "/01")):  # fmt: skip
        assert blob_part(topic) is None
