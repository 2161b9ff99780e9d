"""The guard of the set-up page: who may use it, and for how long.

Guarantees: it lets one person in at a time, by a code that stands on the kiosk's own screen and is
used up by its first use; a session that is silent for `IDLE_S` ends, and the next code is another;
after `TRIES` wrong codes nobody can try for `PAUSE_S`, so that at most 150 of 10^8 codes can be
tried while the page is open; `OPEN_S` after the start everything ends.
"""

from __future__ import annotations

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

OPEN_S = 15 * 60
"""Seconds that the page is open, used or not."""

IDLE_S = 180
"""Seconds without a request until somebody else may come in."""

TRIES = 5
PAUSE_S = 30

DIGITS = 8


class RefusedError(Exception):
    """Somebody is not let in. status: of the answer; `str()` is what the page says."""

    def __init__(self, status: HTTPStatus, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(slots=True)
class _Session:
    token: str
    who: str
    last_s: float


class Door:
    """Codes and the one session. All methods can be called by any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        """clock: seconds that never run back."""
        self._clock = clock
        self._ends_s = clock() + OPEN_S
        self._lock = threading.Lock()
        self._code = _new_code()
        self._session: _Session | None = None
        self._wrong, self._paused_until_s = 0, clock()

    @property
    def left_s(self) -> float:
        """Seconds until the page closes; 0: it is closed."""
        return max(0.0, self._ends_s - self._clock())

    @property
    def code(self) -> str:
        """The code for the kiosk's screen; empty while somebody is in, or when all is over."""
        with self._lock:
            return "" if self._current() or not self.left_s else self._code

    @property
    def who(self) -> str:
        """The address of the one who is in; empty: nobody is."""
        with self._lock:
            session = self._current()
            return session.who if session else ""

    def enter(self, code: str, who: str) -> str:
        """Let somebody in; returns the token of the session. who: the address, for the screen.

        Raises:
            RefusedError: a wrong code, somebody else is in, too many tries, or it is closed.
        """
        with self._lock:
            if not self.left_s:
                raise RefusedError(HTTPStatus.GONE, "The set-up is closed.")
            if self._clock() < self._paused_until_s:
                raise RefusedError(
                    HTTPStatus.TOO_MANY_REQUESTS, "Too many wrong codes. Wait half a minute."
                )
            if session := self._current():
                raise RefusedError(HTTPStatus.CONFLICT, f"{session.who} is setting up this kiosk.")
            given = "".join(code.split()).encode()
            if not hmac.compare_digest(given, self._code.encode()):
                self._wrong += 1
                if self._wrong % TRIES == 0:
                    self._paused_until_s = self._clock() + PAUSE_S
                raise RefusedError(
                    HTTPStatus.FORBIDDEN, "This is not the code on the kiosk's screen."
                )
            self._code = _new_code()
            self._session = _Session(secrets.token_urlsafe(32), who, self._clock())
            return self._session.token

    def check(self, token: str) -> None:
        """Let a request of the session pass, and keep the session.

        Raises:
            RefusedError: it is not of the session, or that has ended.
        """
        with self._lock:
            session = self._current()
            if session is None or not hmac.compare_digest(session.token.encode(), token.encode()):
                raise RefusedError(HTTPStatus.UNAUTHORIZED, "Type the code on the kiosk's screen.")
            session.last_s = self._clock()

    def leave(self) -> None:
        """End the session, if there is one, so that the next may come in at once."""
        with self._lock:
            self._session = None

    def _current(self) -> _Session | None:
        session = self._session
        if session and (not self.left_s or self._clock() - session.last_s > IDLE_S):
            session = self._session = None
        return session


def _new_code() -> str:
    return f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
