"""A hub of three NATS servers: the files that make its machines know each other and the kiosks.

NATS knows no pattern for the names of its users, so each kiosk is named in `users.conf`, which is
made from the same access list that Mosquitto reads. Guarantee: who has no valid certificate in the
authority's book is not in it, and NATS ends the connections of those that are no longer there when
it reads the file again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from device.errors import UserError

NODES = 3
"""Of a cluster: any one may go."""

ROUTES_PORT = 6222
"""Where the nodes reach each other."""

DURABLE = "$MQTT.sub.>"
"""What NATS itself subscribes to for a client that subscribes at QoS 1."""


def write_nodes(server: Path, routes: Sequence[str]) -> None:
    """Write `nodes.conf`. routes: `host:port` of each node."""
    lines = (f'    "nats-route://{route}"\n' for route in routes)
    text = f"# Where the nodes of this cluster reach each other.\nroutes: [\n{''.join(lines)}]\n"
    (server / "nodes.conf").write_text(text, encoding="utf-8")


def write_users(server: Path, kiosks: Iterable[str]) -> None:
    """Write `users.conf` from `acl`, which is beside it. kiosks: `site/kiosk` names.

    Raises:
        UserError: a line of the access list that is not understood.
    """
    text = (server / "acl").read_text(encoding="utf-8")
    (server / "users.conf").write_text(users(text, kiosks), encoding="utf-8")


def users(acl: str, kiosks: Iterable[str]) -> str:
    """The users of NATS. acl: an access list of Mosquitto: `pattern` and `topic` lines.

    Raises:
        UserError: a line that is not understood.
    """
    patterns: list[tuple[str, str]] = []
    named: dict[str, list[tuple[str, str]]] = {}
    user = ""
    for line in acl.splitlines():
        words = line.split()
        match words:
            case [] | ["#", *_]:
                continue
            case ["user", user]:
                named[user] = []
            case ["pattern", ("read" | "write" | "readwrite") as what, topic]:
                patterns.append((what, topic))
            case ["topic", ("read" | "write" | "readwrite") as what, topic] if user:
                named[user].append((what, topic))
            case _:
                raise UserError(f"acl: {line!r} is not understood; see systemd/hub/acl")
    lines = [_user(name, rules) for name, rules in named.items()]
    lines += [
        _user(name, [(what, topic.replace("%u", name)) for what, topic in patterns])
        for name in sorted(kiosks)
    ]
    head = (
        "# Made by `wayside-tools fleet`: a change is lost when a kiosk is enrolled or revoked.\n"
    )
    return f"{head}authorization {{\n  users = [\n{''.join(lines)}  ]\n}}\n"


def _user(name: str, rules: Sequence[tuple[str, str]]) -> str:
    publish = [s for what, topic in rules if what != "read" for s in subjects(topic)]
    subscribe = [s for what, topic in rules if what != "write" for s in subjects(topic)]
    allowed = json.dumps({"publish": publish, "subscribe": [*subscribe, DURABLE]})
    return f'    {{user: "CN={name}", permissions: {allowed}}}\n'


def subjects(topic: str) -> list[str]:
    """The subjects of NATS that an MQTT topic or filter is: `a/#` is `a` too."""
    parts = ["*" if level == "+" else level for level in topic.split("/")]
    if parts[-1] != "#":
        return [".".join(parts)]
    return [".".join(parts[:-1]), ".".join([*parts[:-1], ">"])]
