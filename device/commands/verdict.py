"""A part of `wayside check` and its verdict.

A part is a function of the configuration that returns what it found, and raises a `UserError` where
the kiosk would not work.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from device.config import Config
from device.errors import UserError

Part: TypeAlias = Callable[[Config], str]
Result: TypeAlias = Literal["ok", "!!", "NO"]


class Warned(str):
    """What a part found that works, but should not stay so."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What `check` says of a part. result: ok, !! (it works, with a warning), or NO."""

    name: str
    result: Result
    words: str

    def __str__(self) -> str:
        return f"{self.result:3} {self.name:14} {self.words}"


def verdict(name: str, part: Part, config: Config) -> Verdict:
    """Check one part; a bug in it is its own verdict, and the next part is checked."""
    try:
        found = part(config)
    except UserError as error:
        return Verdict(name, "NO", str(error))
    except Exception as error:  # its words may hold a password
        at = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(at.filename).name}:{at.lineno}"
        return Verdict(name, "NO", f"could not be checked: {type(error).__name__} at {where}")
    return Verdict(name, "!!" if isinstance(found, Warned) else "ok", found)
