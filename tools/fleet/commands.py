"""Commands to one kiosk, and announcements on all screens of a site, signed as kiosks want them.

Guarantees: a command names the start of the machine and the number that the kiosk has told last, so
that it holds once; it is never retained; without a result in time that is said, not guessed.
"""

from __future__ import annotations

import base64
import json
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from pydantic import TypeAdapter, ValidationError
from securesystemslib.signer import CryptoSigner, SSlibKey

from device.errors import UserError
from device.fleet.envelopes import (
    MOST_SEQUENCE,
    Announcement,
    Command,
    Unbelieved,
    Verb,
    unwrap,
    wrap,
)
from device.fleet.screenshot import BEGINS, MOST
from device.messaging.fleet_messages import CommandResult
from device.messaging.payloads import LONGEST
from device.messaging.topics import Topics
from tools.fleet.certificates import common_name
from tools.fleet.connection import Connection

HOLDS = timedelta(minutes=2)
"""A command that has not arrived by then expires."""

WITHIN_S: Mapping[Verb, float] = {"diagnostics": 250.0}
ANSWER_S = 20.0


_RESULT = TypeAdapter(CommandResult)


def send(
    connection: Connection, signer: CryptoSigner, name: str, verb: Verb, now: datetime
) -> CommandResult:
    """Send a command and return its result.

    name: `site/kiosk`.

    Raises:
        UserError: the kiosk is not connected, takes no commands, or does not answer as it should.
    """
    topics = topics_of(name)
    status, agent = (topics.topic(one) for one in ("status", "agent"))
    found = connection.read([status, agent])
    report = _object(found.get(agent, b""))
    if _object(found.get(status, b"")).get("state") not in ("online", "stopped"):
        raise UserError(f"{name}: is not connected to the hub; a command would not reach it")
    boot, sequence = report.get("boot"), report.get("sequence")
    counts = isinstance(sequence, int) and 0 <= sequence < MOST_SEQUENCE - 1
    if not boot or not isinstance(boot, str) or not counts:
        raise UserError(
            f"{name}: takes no commands; it has an older agent, or no root of trust: `make install`"
            " there, or `fleet enrol --renew`"
        )
    command = Command(kiosk=name, boot=boot, sequence=sequence + 1, expires=now + HOLDS, verb=verb)
    answer = connection.ask(
        topics.topic("command"),
        wrap(command, signer),
        topics.topic("command-result"),
        lambda payload: _object(payload).get("sequence", -1) in (None, command.sequence),
        WITHIN_S.get(verb, ANSWER_S),
    )
    if answer is None:
        raise UserError(f"{name}: no answer; it may have lost the hub, or hang")
    try:
        return _RESULT.validate_json(answer)
    except ValidationError:
        raise UserError(f"{name}: its answer cannot be read; which agent does it have?") from None


def image_of(name: str, result: CommandResult) -> bytes:
    """The PNG in a result.

    Raises:
        UserError: it is none.
    """
    try:
        image = base64.b64decode(result["image"], validate=True)
    except ValueError:
        image = b""
    if not image.startswith(BEGINS) or len(image) > MOST:
        raise UserError(f"{name}: what it sent is no picture; which agent does it have?")
    return image


def announce(
    connection: Connection,
    signer: CryptoSigner,
    site: str,
    texts: Mapping[str, str],
    begins: datetime,
    ends: datetime,
) -> Announcement:
    """Put an announcement on all screens of a site; with no texts the last one is taken back.

    Raises:
        UserError: a text is too long, a language is none, or it would end before it begins.
    """
    if ends <= begins:
        raise UserError(f"--until: {ends:%Y-%m-%d %H:%M} is not after --from {begins:%H:%M}")
    topic = topics_of(f"{site}/any").topic("site-announcement")
    last = _number(connection.read([topic]).get(topic, b""), signer.public_key)
    try:
        announcement = Announcement(
            site=site,
            number=max(int(time.time()), last + 1),
            begins=begins.astimezone(UTC),
            ends=ends.astimezone(UTC),
            texts=dict(texts),
        )
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = " ".join(str(part) for part in first["loc"][1:] if part != "[key]")
        raise UserError(f"--text {place}: {first['msg']}") from None
    payload = wrap(announcement, signer)
    if len(payload) > LONGEST:
        raise UserError(f"--text: {len(payload)} bytes with its signature, at most {LONGEST}")
    connection.write(topic, payload)
    connection.flush()
    return announcement


def topics_of(name: str) -> Topics:
    """The topics of `site/kiosk`.

    Raises:
        UserError: it is no such name.
    """
    site, _, kiosk = name.partition("/")
    common_name(site, kiosk)
    return Topics(site, kiosk)


def _number(payload: bytes, key: SSlibKey) -> int:
    """Of the announcement that is there; 0: there is none of this key's."""
    try:
        return unwrap(Announcement, payload, [key]).number
    except Unbelieved:
        return 0


def _object(payload: bytes) -> dict[str, Any]:
    """The object in a payload; empty: there is none."""
    try:
        content = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
