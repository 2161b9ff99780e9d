"""How content travels: a blob in numbered parts, and all signed metadata in one message.

A blob is the content of one file, named by its SHA-256. Its size is known before it is asked for
(a signed document says it), so the number and the length of its parts are too. Guarantee: decoding
takes no more memory than what was declared, whatever arrives.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping

PART = 32_768
"""Bytes of a part, the last one apart. A message of 3 MB never arrives by a link that is cut every
ten seconds, and a broker would keep 2.9 MB for each reader that stalls."""

MOST_METADATA = 1 << 20
"""Bytes of the metadata message's files together, as JSON."""

MOST_NAMES = 10_000

_PLAIN, _ZLIB = b"\0", b"\1"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def part_count(size: int) -> int:
    """How many parts a blob of so many bytes has; an empty one has one."""
    return max(1, -(-size // PART))


def part_size(size: int, number: int) -> int:
    """Bytes of one part of a blob of `size` bytes."""
    return min(PART, size - number * PART)


def encode_part(content: bytes) -> bytes:
    """The payload of a part: compressed where that is shorter."""
    packed = zlib.compress(content, 9)
    return _ZLIB + packed if len(packed) < len(content) else _PLAIN + content


def encode_parts(blob: bytes) -> Iterator[bytes]:
    """The payloads of a blob, in order."""
    for number in range(part_count(len(blob))):
        yield encode_part(blob[number * PART : (number + 1) * PART])


def decode_part(payload: bytes, size: int) -> bytes:
    """The content of a part that must have `size` bytes.

    Raises:
        ValueError: it is something else.
    """
    how, data = payload[:1], payload[1:]
    if how == _PLAIN:
        content = data
    elif how == _ZLIB:
        content = _unpacked(data, size)
    else:
        raise ValueError("neither plain nor zlib")
    if len(content) != size:
        raise ValueError(f"{len(content)} bytes instead of {size}")
    return content


def encode_metadata(files: Mapping[str, bytes]) -> bytes:
    """The payload of the metadata message.

    Raises:
        ValueError: the files are too many or too large, not UTF-8, or have other names.
    """
    text = json.dumps({name: content.decode() for name, content in files.items()}).encode()
    payload = zlib.compress(text, 9)
    decode_metadata(payload)
    return payload


def decode_metadata(payload: bytes) -> dict[str, bytes]:
    """The files of a metadata message, by name.

    Raises:
        ValueError: it is none.
    """
    text = _unpacked(payload, MOST_METADATA)
    try:
        files = json.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if not isinstance(files, dict) or len(files) > MOST_NAMES:
        raise ValueError("not an object of files")
    for name, content in files.items():
        if not _NAME.fullmatch(name) or not isinstance(content, str):
            raise ValueError("a file without a plain name or without text")
    return {name: content.encode() for name, content in files.items()}


def _unpacked(data: bytes, most: int) -> bytes:
    """What zlib has packed, of at most so many bytes.

    Raises:
        ValueError: it is longer, cut, or something else.
    """
    unpacking = zlib.decompressobj()
    try:
        content = unpacking.decompress(data, most + 1)
    except zlib.error as error:
        raise ValueError(str(error)) from None
    if len(content) > most or not unpacking.eof or unpacking.unused_data:
        raise ValueError(f"more than {most} bytes, or cut")
    return content
