"""Numbers of many items, and the blocks in which they are added."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Values: TypeAlias = NDArray[np.float32]
"""One number an item, shape (N,), or a code, shape (K,)."""

BLOCK = 16_384
"""Items that are added at once: 64 KiB of float32, which a small processor's cache holds."""


def blocks(count: int) -> Iterator[slice]:
    """`count` items in blocks of at most `BLOCK`."""
    for start in range(0, count, BLOCK):
        yield slice(start, min(start + BLOCK, count))
