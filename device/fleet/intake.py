"""What the hub sends of releases: metadata for the driver of updates, and the parts it asks for.

Guarantee: whatever the hub sends is verified by the driver, checked by its hash, or ignored; and a
kiosk that can take no releases (not enrolled, no disk) says why and goes on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from device.errors import UserError
from device.fleet import guard
from device.fleet.blobs import decode_metadata
from device.fleet.disk import Disk
from device.fleet.installed import Installed
from device.fleet.manifest import Entry
from device.fleet.moment import Scene
from device.fleet.parts import Part, Parts
from device.fleet.settings import AgentConfig
from device.fleet.states import Journal
from device.fleet.store import Store
from device.fleet.trust import ANCHOR, Trust
from device.fleet.updates import Machine, Updates
from device.messaging.topics import FLEET_METADATA, blob_part
from device.upkeep.clock import EARLIEST

log = logging.getLogger(__name__)


class Driver(Protocol):
    """What decides about releases: device/fleet/updates.py."""

    def metadata(self, files: Mapping[str, bytes], now: datetime | None) -> None:
        """Take the files of a metadata message. now: None: the time is not known."""

    def turn(self, scene: Scene) -> Iterable[Entry]:
        """Do what can be done now; returns what to fetch, in order."""

    def message(self, now: datetime) -> Mapping[str, Any]:
        """What the message `release` says."""


@dataclass(frozen=True, slots=True)
class Releases:
    """What comes from the hub for the driver of updates, and what it asks for."""

    driver: Driver
    parts: Parts

    def hear(self, topic: str, payload: bytes, now: datetime | None) -> bool:
        """A message of the hub; whether it was of use."""
        if part := blob_part(topic):
            self.parts.receive(Part(*part), payload)
            return True
        if topic != FLEET_METADATA:
            return False
        try:
            files = decode_metadata(payload)
        except ValueError as error:
            log.warning("the hub's metadata cannot be read: %s", error)
            return False
        self.driver.metadata(files, now)
        return True

    def turn(self, scene: Scene) -> None:
        """Let the driver do what it can, and fetch what it wants."""
        self.parts.want(self.driver.turn(scene))
        self.parts.turn()


def open_updates(
    config: AgentConfig, installed: Installed | None, factory: Path = guard.FACTORY
) -> tuple[tuple[Updates, Store] | None, str]:
    """The driver of updates with its store; None and why, where this kiosk can take no releases.

    installed: None: its record is missing or damaged. Then no release is judged by a guess, which
    could take the one that runs for a wrong one.
    """
    disk = Disk()
    trusted = config.folder / "trust"
    try:
        if installed is None:
            raise UserError("what is installed cannot be read: make install")
        store = Store(config.folder, disk)
        disk.folder(trusted)
        anchor = trusted / ANCHOR
        if config.root.exists() and (
            not anchor.exists() or anchor.read_bytes() != config.root.read_bytes()
        ):
            disk.write(anchor, config.root.read_bytes())
        trust = Trust(trusted, disk, datetime.fromtimestamp(EARLIEST, UTC))
        machine = Machine(config.site, config.kiosk, installed, factory, config.quiet)
        return (Updates(store, Journal(config.folder, disk), trust, machine), store), ""
    except OSError as error:
        trouble = f"{error.filename}: {error.strerror}; no releases are taken"
    except UserError as error:
        trouble = f"{error}; no releases are taken"
    log.warning("%s", trouble)
    return None, trouble
