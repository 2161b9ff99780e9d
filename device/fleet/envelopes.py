"""Signed documents of the operator besides releases: a command, an announcement.

They come in an envelope as DSSE has it (https://github.com/secure-systems-lab/dsse), by the library
`securesystemslib`: the signature covers the type of the document and its bytes. Guarantee: whatever
the payload is, the answer is the document or `Unbelieved`.

The keys are those that the newest verified root metadata names (`COMMANDS`), so that they are
rotated as every other key is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeAlias, TypeVar, get_args

from pydantic import AwareDatetime, Field, StringConstraints, ValidationError
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import FormatError, VerificationError
from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import Root

from device.fleet.manifest import Signed, mistake
from device.messaging.payloads import LONGEST

COMMANDS = "x-wayside-commands"
"""Entry of root metadata: by key id, the public keys that sign commands and announcements."""

Verb: TypeAlias = Literal["restart", "identify", "diagnostics", "screenshot", "pause", "resume"]

VERBS: tuple[Verb, ...] = get_args(Verb)

MOST_SEQUENCE = 1 << 53
"""More than any program counts exactly."""

MOST_LANGUAGES = 20
LONGEST_TEXT = 160
"""Letters: what can be read on a screen while one walks past."""


Language: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{2,3}(-[A-Za-z0-9]+)*$")]
Text: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_TEXT)
]


class Command(Signed):
    """kiosk: `site/kiosk`. boot: of its machine, as its message `agent` says. sequence: higher than
    that of every command before."""

    kiosk: str
    boot: str
    sequence: Annotated[int, Field(ge=1, lt=MOST_SEQUENCE)]
    expires: AwareDatetime
    verb: Verb


class Announcement(Signed):
    """texts: by language; empty: the one before is taken back. number: higher than before."""

    site: str
    number: Annotated[int, Field(ge=1, lt=MOST_SEQUENCE)]
    begins: AwareDatetime
    ends: AwareDatetime
    texts: Annotated[dict[Language, Text], Field(max_length=MOST_LANGUAGES)]

    def holds(self, now: datetime) -> bool:
        """Whether it is to be shown at a time."""
        return bool(self.texts) and self.begins <= now < self.ends


Document = TypeVar("Document", Command, Announcement)


class Unbelieved(Exception):  # noqa: N818 (somebody else did something wrong)
    """Not a document of the operator's; `str()` says why, in a few words."""


def wrap(document: Command | Announcement, signer: CryptoSigner) -> bytes:
    """A signed document as it travels."""
    text = json.dumps(document.model_dump(mode="json"), sort_keys=True, ensure_ascii=False)
    envelope = Envelope(text.encode(), _type(type(document)), {})
    envelope.sign(signer)
    return json.dumps(envelope.to_dict()).encode()


def unwrap(kind: type[Document], payload: bytes, keys: Sequence[SSlibKey]) -> Document:
    """The document in an envelope that one of these keys has signed.

    Raises:
        Unbelieved: there is none.
    """
    if not keys:
        raise Unbelieved("signature: this fleet has no key for commands")
    try:
        if len(payload) > LONGEST:
            raise ValueError("too long")
        envelope = Envelope.from_dict(json.loads(payload))
        envelope.verify(list(keys), 1)
    except VerificationError:
        raise Unbelieved("signature: not of the operator's key for commands") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, FormatError):
        raise Unbelieved("broken: not an envelope") from None
    if envelope.payload_type != _type(kind):
        raise Unbelieved(f"broken: {envelope.payload_type[:80]!r} is another document")
    try:
        return kind.model_validate_json(envelope.payload)
    except ValidationError as error:
        raise Unbelieved(f"broken: {mistake(error)}") from None


def command_keys(root: Root) -> tuple[SSlibKey, ...]:
    """The keys that verified root metadata names for commands."""
    named = root.unrecognized_fields.get(COMMANDS)
    found = []
    for keyid, content in named.items() if isinstance(named, Mapping) else ():
        try:
            found.append(SSlibKey.from_dict(keyid, dict(content)))
        except (KeyError, TypeError, ValueError):
            continue
    return tuple(found)


def named_keys(publics: Sequence[SSlibKey]) -> dict[str, Any]:
    """What `COMMANDS` of root metadata holds for these keys."""
    return {key.keyid: key.to_dict() for key in publics}


def _type(kind: type[Command] | type[Announcement]) -> str:
    return f"application/vnd.wayside.{kind.__name__.lower()}+json"
