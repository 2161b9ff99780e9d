"""Kiosks that only say what their agents would: for tests of the operator's side, on a real hub."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from device.messaging.topics import Topics
from tests.tools.fleet.clients import Client, context
from tools.fleet.local_hub import LocalHub

AT = "2026-11-29T12:00:00Z"


class LightKiosk:
    """One of them, connected with its certificate. name: `site/kiosk`."""

    def __init__(self, name: str, client: Client) -> None:
        self.name, self._client = name, client
        self._topics = Topics(*name.split("/"))

    def say(self, what: str, **content: Any) -> None:
        """Publish a message of a kiosk."""
        payload = json.dumps({"at": AT, **content}).encode()
        retained = self._topics.row(what).retained
        self._client.publish(self._topics.topic(what), payload, retain=retained)

    def runs(self, release: int | None, state: str = "COMMITTED", **more: Any) -> None:
        """Say which release runs."""
        self.say("release", **{"running": release, "state": state, "candidate": None, **more})

    def refuses(self, release: int, why: str, runs: int | None) -> None:
        """Say that a release was taken back."""
        refused = [{"release": release, "reason": why}]
        self.runs(runs, "ROLLED_BACK", candidate=release, reason=why, refused=refused)


@contextmanager
def light_kiosks(
    hub: LocalHub, folder: Path, names: Iterable[str], runs: int | None = None
) -> Iterator[Mapping[str, LightKiosk]]:
    """Enrolled kiosks that are online until the block ends."""
    with ExitStack() as stack:
        kiosks = {}
        for name in names:
            tls = context(hub.folder / "ca.pem", hub.authority.certify(name), folder)
            client = Client(hub.port, tls)
            stack.callback(client.close)
            kiosks[name] = LightKiosk(name, client)
            kiosks[name].say("status", state="online", release="0.1.0", boot="b")
            kiosks[name].runs(runs)
        yield kiosks
