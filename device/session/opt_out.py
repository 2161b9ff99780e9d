"""Opting out: one touch, and the camera is closed.

It lasts until `opt_in`, or until nothing has been touched for `session.opt_out_s`. `World` puts it
into `Context.opted_out`.
"""

from __future__ import annotations

from device.config import SessionConfig


class OptOut:
    """Whether somebody has opted out; not who."""

    def __init__(self, config: SessionConfig) -> None:
        self._lasts_s = config.opt_out_s
        self._touched_at: float | None = None

    def touch(self, verdict: str, at: float) -> None:
        """Take a touch at monotonic seconds: opt_out begins, opt_in ends, any other prolongs."""
        if verdict == "opt_in":
            self._touched_at = None
        elif verdict == "opt_out" or self.active(at):
            self._touched_at = at

    def active(self, at: float) -> bool:
        """Whether the camera must be closed at this time, monotonic seconds."""
        return self._touched_at is not None and at - self._touched_at < self._lasts_s
