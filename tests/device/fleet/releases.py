"""Releases as their operator signs them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from device.fleet.installed import Installed
from device.fleet.manifest import Manifest
from device.fleet.store import Store

INSTALLED = Installed(wheels="0" * 12)
"""What the machine of the tests has."""


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fill(store: Store, *contents: bytes) -> None:
    """Put content in, as what has arrived."""
    for content in contents:
        store.append(sha(content), content)
        assert store.finish(sha(content))


class Release:
    """A release as its operator signs it."""

    def __init__(self, counter: int, files: Mapping[str, bytes], /, **more: object) -> None:
        entries = [
            {"path": path, "sha256": sha(content), "size": len(content)}
            for path, content in files.items()
        ]
        needs = {"agent": 1, "wheels": INSTALLED.wheels, "units": 1}
        written = {"counter": counter, "version": "x", "needs": needs, "files": entries, **more}
        self.manifest = Manifest.model_validate_json(json.dumps(written))
        self.document = self.manifest.model_dump_json().encode()
        self.contents = {sha(content): content for content in files.values()}
