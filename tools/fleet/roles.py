"""Who signs what in a fleet, with how many keys, and for how long a signature holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Role:
    """keys: names of its keys, all of which must sign. days: from a signature to its expiry. signs:
    in words."""

    keys: tuple[str, ...]
    days: int
    signs: str


ROLES = {
    "root": Role(("root",), 1095, "which keys sign what"),
    "targets": Role(("targets",), 730, "which keys sign content, code and rollouts"),
    "content": Role(("content",), 400, "releases of catalogue, models, pictures, settings"),
    "code": Role(("code-1", "code-2"), 400, "releases that hold program code"),
    "rollout": Role(("rollout",), 400, "which release the kiosks move to"),
    "snapshot": Role(("online",), 30, "which versions of these files belong together"),
    "timestamp": Role(("online",), 30, "that this is the newest state"),
}
"""By name. A timestamp of 30 days bounds for how long a hub in wrong hands can hide an update; a
monthly reminder suffices, and `fleet watch` gives it seven days ahead."""

OFFLINE = "offline, in a safe: two sticks at two places"
YOURS = "with you, on a stick or on your workstation"

KEEP = {
    "root": OFFLINE,
    "targets": OFFLINE,
    "content": YOURS,
    "code-1": YOURS,
    "code-2": "with a second person",
    "rollout": YOURS,
    "online": "on the machine that runs `fleet refresh` by itself, or with you",
    "commands": YOURS,
}
"""By key, where it belongs."""

COMMANDER = "commands"
"""The key that signs commands and announcements, which are no metadata: root metadata names it."""

DELEGATED = ("content", "code", "rollout")
"""Roles to which targets delegates the files below their names."""

KEYS = tuple(KEEP)
"""Names of all keys."""


def signs(key: str) -> str:
    """What a key signs, in words."""
    if key == COMMANDER:
        return "commands to kiosks and announcements on their screens"
    return ", ".join(ROLES[role].signs for role in roles_of(key))


def roles_of(key: str) -> tuple[str, ...]:
    """The roles that a key signs for."""
    return tuple(name for name, role in ROLES.items() if key in role.keys)
