"""The touches of a site's kiosks, added up from their `touches` messages.

Guarantees: the same message twice counts once; a number that no message has is left out, since it
is not known, and is never zero. Nothing is pooled that a kiosk did not tell.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from device.errors import UserError
from device.matching.pooled import Pool, Pooled
from device.messaging.messages import Touches
from device.messaging.topics import ROOT

LINE = "takes lines of `mosquitto_sub -v -t 'wayside/v1/SITE/+/touches'`"

_MESSAGE = TypeAdapter(Touches)


@dataclass(frozen=True, slots=True)
class Said:
    """One message, and who sent it."""

    site: str
    kiosk: str
    day: date
    message: Touches


def read_lines(path: Path) -> Iterator[Said]:
    """The messages of a file with a topic and a payload in each line; other topics are left out.

    Raises:
        UserError: the file cannot be read, or a line is no message.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise UserError(f"{path}: cannot be read ({why}); {LINE}") from None
    for number, line in enumerate(lines, 1):
        topic, _, payload = line.strip().partition(" ")
        levels = topic.split("/")
        if not line.strip():
            continue
        if not topic.startswith(f"{ROOT}/") or len(levels) != 5:
            raise UserError(f"{path}:{number}: no topic of a kiosk before the message; {LINE}")
        if levels[4] != "touches":
            continue
        yield _said(levels[2], levels[3], payload, f"{path}:{number}")


def _said(site: str, kiosk: str, payload: str, where: str) -> Said:
    try:
        message = _MESSAGE.validate_json(payload)
        numbers = [
            *message["screens"].values(),
            *(n for part in message["by_daypart"].values() for of in part.values()
              for n in of.values()),
        ]  # fmt: skip
        if any(number < 0 for number in numbers):
            raise ValueError("a number below 0")
        return Said(site, kiosk, date.fromisoformat(message["day"]), message)
    except ValidationError as error:
        first: Any = error.errors()[0]
        why = f"{'.'.join(map(str, first['loc'])) or 'it'}: {first['msg']}"
    except ValueError as error:
        why = str(error)
    raise UserError(f"{where}: no `touches` message ({why}); {LINE}")


def pool(said: Iterable[Said]) -> Pool:
    """Add up the messages of one site.

    Raises:
        UserError: there is none, or they are of several sites.
    """
    by_day = {(one.site, one.kiosk, one.day): one for one in said}
    if not by_day:
        raise UserError(f"no `touches` message; {LINE}")
    sites = sorted({site for site, _, _ in by_day})
    if len(sites) > 1:
        raise UserError(f"got messages of the sites {', '.join(sites)}; pool each site by itself")
    kiosks: dict[str, dict[str, Counter[str]]] = {}
    for one in by_day.values():
        items = kiosks.setdefault(one.kiosk, {})
        for item, number in one.message["screens"].items():
            items.setdefault(item, Counter())["screens"] += number
        for part in one.message["by_daypart"].values():
            for item, verdicts in part.items():
                items.setdefault(item, Counter()).update(verdicts)
    try:
        return Pool(
            site=sites[0],
            first=min(one.day for one in by_day.values()),
            last=max(one.day for one in by_day.values()),
            kiosks={
                kiosk: {item: Pooled(**numbers) for item, numbers in sorted(items.items())}
                for kiosk, items in sorted(kiosks.items())
            },
        )
    except ValidationError as error:
        raise UserError(f"a message has an unknown key: {error.errors()[0]['loc']}") from None


def as_json(pooled: Pool) -> str:
    """The file that `matching.touches` names."""
    return json.dumps(pooled.model_dump(mode="json", exclude_none=True), indent=1) + "\n"
