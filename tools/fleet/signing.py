"""Signatures: the first metadata of a fleet, and every change of them.

Each change is a new version, which says when it was signed. Guarantees: `refresh` publishes a state
that kiosks can verify as a whole, and leaves what lacks a signature where it was; `rotate` names a
new key only when all keys that this needs are at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any, Protocol, TypeAlias

from securesystemslib.signer import CryptoSigner, SSlibKey
from tuf.api.metadata import (
    DelegatedRole,
    Delegations,
    Metadata,
    MetaFile,
    Root,
    Snapshot,
    TargetFile,
    Targets,
    Timestamp,
    VerificationResult,
)
from tuf.api.metadata import Role as TufRole

from device.errors import UserError
from device.fleet.envelopes import COMMANDS, command_keys, named_keys
from device.fleet.metadata import FLEET, SIGNED_AT, TIME
from tools.fleet.keys import NAME
from tools.fleet.repository import Repository
from tools.fleet.roles import COMMANDER, DELEGATED, KEYS, ROLES, roles_of

Change: TypeAlias = Callable[[Any], None]
"""Alters the signed part of metadata."""


class Keys(Protocol):
    """What signs: `Keyring`, or keys in the memory of a test."""

    def path(self, name: str) -> Path:
        """Where it is kept, for people."""

    def has(self, name: str) -> bool:
        """Whether it is at hand."""

    def signer(self, public: SSlibKey) -> CryptoSigner:
        """The key of this public one; UserError where it is not at hand."""

    def make(self, name: str) -> CryptoSigner:
        """A new key in the place of an old one."""


def create(repository: Repository, keys: Keys, now: datetime) -> None:
    """Make all keys, and the first metadata.

    Raises:
        UserError: there is a repository already, or a key.
    """
    if repository.versions("root"):
        raise UserError(f"{repository.folder}: there is a repository; give another folder: --fleet")
    for name in KEYS:
        if keys.has(name):
            raise UserError(f"{keys.path(name)}: there is a key; give another folder: --keys")
    made = {name: keys.make(name) for name in KEYS}
    top = {name: made[ROLES[name].keys[0]].public_key for name in ROLES if name not in DELEGATED}
    roles = {name: TufRole([key.keyid], 1) for name, key in top.items()}
    root = Root(keys={key.keyid: key for key in top.values()}, roles=roles)
    root.unrecognized_fields[FLEET] = token_hex(8)
    root.unrecognized_fields[COMMANDS] = named_keys([made[COMMANDER].public_key])
    delegations = Delegations(keys={}, roles={})
    for name in DELEGATED:
        publics = [made[key].public_key for key in ROLES[name].keys]
        delegations.keys |= {key.keyid: key for key in publics}
        delegations.roles[name] = DelegatedRole(
            name, [key.keyid for key in publics], len(publics), True, [f"{name}/*"]
        )
    first: dict[str, Any] = {"root": root, "targets": Targets(delegations=delegations)}
    first |= {name: Targets() for name in DELEGATED}
    for name, signed in first.items():
        _sign(repository, name, signed, [made[key] for key in ROLES[name].keys], now)
    refresh(repository, keys, now)


def change(
    repository: Repository, keys: Keys, role: str, now: datetime, alter: Change | None = None
) -> tuple[str, ...]:
    """A new version of a role's metadata, signed by all of its keys that are at hand.

    alter: None to sign it anew as it is. Returns the names of the keys that still have to sign.

    Raises:
        UserError: none of its keys is at hand.
    """
    signed = repository.newest(role).signed
    if alter is not None:
        alter(signed)
    signed.version = max(signed.version, *repository.versions(role)) + 1
    _sign(repository, role, signed, _at_hand(keys, public_keys(repository, role)), now)
    return waiting(repository, role)


def add_signature(repository: Repository, keys: Keys, role: str) -> tuple[str, ...]:
    """Sign a role's newest metadata with the keys at hand that have not yet.

    Returns the names of the keys that still have to sign.

    Raises:
        UserError: none of those keys is at hand.
    """
    metadata = repository.newest(role)
    missing = list(_checked(repository, role, metadata).unsigned.values())
    for signer in _at_hand(keys, missing):
        metadata.sign(signer, append=True)
    repository.write(role, metadata)
    return waiting(repository, role)


def waiting(repository: Repository, role: str) -> tuple[str, ...]:
    """Names of the keys that have not signed a role's newest metadata."""
    unsigned = _checked(repository, role, repository.newest(role)).unsigned
    return tuple(sorted(key.unrecognized_fields[NAME] for key in unsigned.values()))


def refresh(repository: Repository, keys: Keys, now: datetime) -> tuple[str, ...]:
    """A new snapshot and timestamp of everything that is signed; returns the roles whose newest
    metadata waits for a signature, and which stay as they were published.

    Raises:
        UserError: the online key is not at hand, or a role has no metadata that its keys signed.
    """
    targets = repository.newest("targets")
    if not _checked(repository, "targets", targets).verified:
        raise UserError("targets: not signed by its key; `wayside-tools fleet keys renew targets`")
    meta, left = {"targets.json": MetaFile(targets.signed.version)}, []
    for role in DELEGATED:
        found = repository.newest(role)
        if not _checked(repository, role, found).verified:
            left.append(role)
            found = repository.published(role)
            if not _checked(repository, role, found).verified:
                raise UserError(
                    f"{role}: still to be signed by {', '.join(waiting(repository, role))}; "
                    "`wayside-tools fleet sign --add-signature` does it"
                )
        meta[f"{role}.json"] = MetaFile(found.signed.version)
    version = max(repository.versions("snapshot"), default=0) + 1
    online = [keys.signer(key) for key in public_keys(repository, "snapshot")]
    _sign(repository, "snapshot", Snapshot(version=version, meta=meta), online, now)
    stamped = repository.newest("timestamp").signed.version if version > 1 else 0
    _sign(
        repository,
        "timestamp",
        Timestamp(stamped + 1, snapshot_meta=MetaFile(version)),
        online,
        now,
    )
    return tuple(left)


def rotate(repository: Repository, keys: Keys, name: str, now: datetime) -> tuple[str, ...]:
    """Replace a key by a new one, and sign with it what the old one signed.

    Returns the names of the keys that still have to sign.

    Raises:
        UserError: a key that this needs is not at hand; nothing changes.
    """
    roles = roles_of(name)
    delegator = "targets" if set(roles) & set(DELEGATED) else "root"
    signers = [keys.signer(key) for key in public_keys(repository, delegator)]
    if name == COMMANDER:
        root = repository.newest("root").signed
        root.unrecognized_fields[COMMANDS] = named_keys([keys.make(name).public_key])
        root.version += 1
        _sign(repository, "root", root, signers, now)
        return ()
    old = next(
        key for key in public_keys(repository, roles[0]) if key.unrecognized_fields[NAME] == name
    )
    new = keys.make(name)
    signed = repository.newest(delegator).signed
    for role in roles:
        signed.revoke_key(old.keyid, role)
        signed.add_key(new.public_key, role)
    if name == "root":
        # Kiosks believe a new root that the old key signed as well.
        signers.append(new)
    signed.version += 1
    _sign(repository, delegator, signed, signers, now)
    left: tuple[str, ...] = ()
    for role in roles:
        if role in ("targets", *DELEGATED):
            left += change(repository, keys, role, now)
    return left


def add_target(name: str, content: bytes, sha256: str, keep: Callable[[str], bool]) -> Change:
    """A change of a role: it names this file, and of the others only those to `keep`."""

    def alter(signed: Targets) -> None:
        signed.targets = {other: file for other, file in signed.targets.items() if keep(other)}
        signed.targets[name] = TargetFile(len(content), {"sha256": sha256}, name)

    return alter


def public_keys(repository: Repository, role: str) -> list[SSlibKey]:
    """The keys that have to sign a role, by the newest metadata of what delegates to it."""
    by = _delegator(repository, role)
    return [by.get_key(keyid) for keyid in by.get_delegated_role(role).keyids]


def commanders(repository: Repository) -> tuple[SSlibKey, ...]:
    """The keys that kiosks take commands and announcements from."""
    return command_keys(repository.newest("root").signed)


def commander(repository: Repository, keys: Keys) -> CryptoSigner:
    """What signs commands and announcements.

    Raises:
        UserError: its key is not at hand, or this fleet has none.
    """
    publics = commanders(repository)
    if not publics:
        raise UserError(
            f"{repository.folder}: names no key for commands; `wayside-tools fleet keys rotate "
            f"{COMMANDER}` and then `publish` give it one"
        )
    return keys.signer(publics[0])


def _at_hand(keys: Keys, publics: list[SSlibKey]) -> list[CryptoSigner]:
    """Those of some keys that are at hand; where none is, the error about the first."""
    here = [key for key in publics if keys.has(key.unrecognized_fields[NAME])]
    return [keys.signer(key) for key in here or publics[:1]]


def _delegator(repository: Repository, role: str) -> Root | Targets:
    return repository.newest("targets" if role in DELEGATED else "root").signed


def _checked(repository: Repository, role: str, metadata: Metadata[Any]) -> VerificationResult:
    """Which of its keys have signed metadata of a role."""
    by = _delegator(repository, role)
    return by.get_verification_result(role, metadata.signed_bytes, metadata.signatures)


def _sign(
    repository: Repository, role: str, signed: Any, signers: Iterable[CryptoSigner], now: datetime
) -> None:
    """Sign metadata at a time, from which it holds for the days of its role, and write it."""
    now = now.astimezone(UTC)
    signed.expires = now + timedelta(days=ROLES[role].days)
    signed.unrecognized_fields[SIGNED_AT] = now.strftime(TIME)
    metadata = Metadata(signed)
    for signer in signers:
        metadata.sign(signer, append=True)
    repository.write(role, metadata)
