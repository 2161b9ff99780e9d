"""Payloads that nobody should send, for tests of every topic that something subscribes to."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=8,
)
"""Any JSON value, also NaN and infinity, which are none."""

DEEP = (b"[" * 10_000, b'{"a":' * 5_000, b"[" * 2_000 + b"]" * 2_000)
LONG = (b"x" * 40_000, b'{"state":"' + b"y" * 40_000 + b'"}')


def objects(*keys: str) -> st.SearchStrategy[bytes]:
    """Objects with some of these keys, and values of any kind."""
    some = st.dictionaries(st.sampled_from(keys), JSON, max_size=len(keys))
    return some.map(lambda value: json.dumps(value).encode())


def payloads(*keys: str) -> st.SearchStrategy[bytes]:
    """Bytes, JSON, and objects with the keys that a receiver looks for."""
    found = st.binary(max_size=100) | JSON.map(lambda value: json.dumps(value).encode())
    found |= st.sampled_from([*DEEP, *LONG, b"", b"\xff\xfe", b"null"])
    return found | objects(*keys) if keys else found
