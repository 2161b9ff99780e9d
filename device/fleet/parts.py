"""Fetches blobs from the hub part by part, two at a time, over links that are slow and break.

A part is a retained message: it is asked for by subscribing to it, at QoS 0, and unsubscribed from
when it is there. Guarantees: at most `WINDOW` parts are on the way or in memory; what has arrived
is kept, through any cut, and not fetched again; a part that was lost is asked for again; a blob
whose hash is wrong is dropped and fetched again later; what was not asked for, comes twice, or is
longer than declared is counted and ignored.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

from device.fleet.blobs import PART, decode_part, part_count, part_size
from device.fleet.manifest import Entry
from device.messaging.topics import blob_topic

log = logging.getLogger(__name__)

WINDOW = 2

SILENCE_S = 10.0
"""So long after asking for a part, it counts as lost, unless bytes are still arriving: over a slow
line a part takes longer, and one asked for twice would come twice."""

LONGEST_S = 120.0
"""After so long it counts as lost even so: other messages may keep the line from being silent."""

LATER_S = 60.0
"""Until a blob is tried again whose hash was wrong, or that the disk refused."""


class Line(Protocol):
    """The connection to the hub: device/messaging/client.py."""

    read_at: float
    """Monotonic seconds at which bytes last came."""

    def subscribe(self, topic: str, qos: int) -> None:
        """Ask for a retained message."""

    def unsubscribe(self, topic: str) -> None:
        """Take that back."""


class Keeper(Protocol):
    """Where content is kept: device/fleet/store.py. All may raise `OSError`."""

    def arrived(self, sha256: str) -> int:
        """Bytes of unfinished content that have arrived."""

    def append(self, sha256: str, content: bytes) -> None:
        """Add the next bytes."""

    def finish(self, sha256: str) -> bool:
        """Take it as whole; False: its hash is wrong, and it was dropped."""


class Part(NamedTuple):
    """One part of a blob."""

    sha256: str
    number: int


class Parts:
    """What is being fetched. One thread calls it; its methods never wait for the network."""

    def __init__(
        self, line: Line, keeper: Keeper, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        """clock: monotonic seconds, that of `line`."""
        self._line, self._keeper, self._clock = line, keeper, clock
        self._sizes: dict[str, int] = {}
        """By hash, the blobs that are wanted, in order, each until it is whole."""
        self._asked: dict[Part, float] = {}
        """When each part on the way was asked for, oldest first."""
        self._held: dict[Part, bytes] = {}
        """Parts that came before an earlier one of their blob."""
        self._later: dict[str, float] = {}
        """Until when a blob rests."""
        self.again = 0
        """Parts that had to be asked for again."""
        self.ignored = 0
        """Messages that were no part that is asked for."""
        self._troubles: dict[str, str] = {}
        """By hash, what is wrong, in words."""

    @property
    def trouble(self) -> str:
        """What is wrong, in words; empty: nothing."""
        return "; ".join(self._troubles.values())

    @property
    def wanted(self) -> tuple[str, ...]:
        """Hashes of the blobs that are still fetched."""
        return tuple(self._sizes)

    def want(self, files: Iterable[Entry]) -> None:
        """Fetch these, in this order, and nothing else any more."""
        sizes = {one.sha256: one.size for one in files}
        if sizes == self._sizes:
            return
        self._sizes = sizes
        for part in [part for part in self._asked if part.sha256 not in sizes]:
            self._drop(part)
        self._held = {part: held for part, held in self._held.items() if part.sha256 in sizes}
        self._later = {sha256: at for sha256, at in self._later.items() if sha256 in sizes}
        self._troubles = {sha256: why for sha256, why in self._troubles.items() if sha256 in sizes}
        for sha256, size in list(sizes.items()):
            if size and self._keeper.arrived(sha256) >= size:  # cut just before it was taken
                self._take(sha256)
        self._ask()

    def connected(self) -> None:
        """A connection has begun, which knows nothing of what was asked for before."""
        self._asked.clear()
        self._ask()

    def receive(self, part: Part, payload: bytes) -> bool:
        """A part has arrived; whether a blob is whole by it."""
        if part not in self._asked:
            self.ignored += 1
            return False
        try:
            content = decode_part(payload, part_size(self._sizes[part.sha256], part.number))
        except ValueError as error:
            self.ignored += 1  # it is asked for again when nothing else comes
            self._troubles[part.sha256] = f"part {part.number} of {part.sha256[:12]}: {error}"
            return False
        self._drop(part)
        self._held[part] = content
        try:
            complete = self._keep(part.sha256)
        except OSError as error:
            complete = False
            self._rest(part.sha256, f"disk: {error.strerror or error}")
        whole = complete and self._take(part.sha256)
        self._ask()
        return whole

    def turn(self) -> None:
        """Ask again for what was lost; call it every second or so."""
        now = self._clock()
        silence_s = now - self._line.read_at
        for part, at in list(self._asked.items()):
            if min(now - at, silence_s) > SILENCE_S or now - at > LONGEST_S:
                self._line.unsubscribe(blob_topic(*part))
                del self._asked[part]
                self._send(part)
                self.again += 1
        self._ask()

    def _keep(self, sha256: str) -> bool:
        """Hand on what is next in order. Whether it was the last part."""
        size = self._sizes[sha256]
        while (content := self._held.get(Part(sha256, self._next(sha256)))) is not None:
            part = Part(sha256, self._next(sha256))
            # A power cut may have left the beginning of this part.
            self._keeper.append(sha256, content[self._keeper.arrived(sha256) % PART :])
            del self._held[part]
            if part.number + 1 == part_count(size):
                return True
        return False

    def _take(self, sha256: str) -> bool:
        """A blob is complete; whether it is whole too."""
        try:
            if self._keeper.finish(sha256):
                del self._sizes[sha256]
                self._troubles.pop(sha256, None)
                return True
            trouble = f"{sha256[:12]}: what came has another hash"
        except OSError as error:
            trouble = f"disk: {error.strerror or error}"
        self._rest(sha256, trouble)
        return False

    def _rest(self, sha256: str, trouble: str) -> None:
        """Leave a blob alone for a while."""
        if trouble != self._troubles.get(sha256):
            log.warning("%s", trouble)
        self._troubles[sha256] = trouble
        self._later[sha256] = self._clock() + LATER_S
        for part in [part for part in self._asked if part.sha256 == sha256]:
            self._drop(part)
        self._held = {part: held for part, held in self._held.items() if part.sha256 != sha256}

    def _next(self, sha256: str) -> int:
        """The number of the first part that is not kept yet."""
        return self._keeper.arrived(sha256) // PART

    def _ask(self) -> None:
        """Fill the window."""
        now = self._clock()
        for sha256, size in self._sizes.items():
            if self._later.get(sha256, now) > now:
                continue
            for number in range(self._next(sha256), part_count(size)):
                if len(self._asked) + len(self._held) >= WINDOW:
                    return
                part = Part(sha256, number)
                if part not in self._asked and part not in self._held:
                    self._send(part)

    def _send(self, part: Part) -> None:
        self._asked[part] = self._clock()
        self._line.subscribe(blob_topic(*part), 0)

    def _drop(self, part: Part) -> None:
        del self._asked[part]
        self._line.unsubscribe(blob_topic(*part))
