"""A hub of three NATS servers on loopback with the shipped configuration.

    with local_cluster(folder) as hub:      # hub.port leads to any node that is there; hub.operator

Guarantee: all are gone when the block ends; each can be killed and started again in between.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from device.errors import UserError
from device.messaging.topics import ROOT
from tools.fleet.cluster import NODES, write_nodes, write_users
from tools.fleet.connection import operator_connection
from tools.fleet.hub import Hub, HubFile, new_hub, write_settings
from tools.fleet.local_hub import LOOPBACK, allow_connections, free_port
from tools.fleet.wire import Wire

HOST = "localhost"
"""By name: nodes are known to each other by the names in their certificates."""

START_S = 60.0

PROBE = f"{ROOT}/fleet/probe"
"""A topic on which nobody says anything."""


class LocalCluster:
    """Three NATS servers; `folder` is the operator's."""

    def __init__(self, folder: Path) -> None:
        """Make certificates and configuration; `start` starts the nodes."""
        names = [f"node-{number}" for number in range(NODES)]
        self._ports = {name: free_port() for name in names}
        self._watching = {name: free_port() for name in names}
        self.routes = [free_port() for _ in names]
        """Ports where the nodes reach each other."""
        # In the place of a name with three addresses: what connects here gets a node that is there.
        self._front = Wire(list(self._ports.values()), None, None)
        self.port = self._front.port
        self.folder = folder
        self.authority = new_hub(folder, [HOST, LOOPBACK], self.port, nodes=names)
        self._server = folder / "server"
        write_nodes(self._server, [f"{HOST}:{route}" for route in self.routes])
        write_settings(folder, HubFile(host=HOST, port=self.port, nodes=tuple(names)))
        shipped = (self._server / "nats.conf").read_text(encoding="utf-8")
        for name, route in zip(names, self.routes, strict=True):
            (folder / name).mkdir()
            changes = {
                "/etc/wayside-hub": str(self._server),
                "/var/lib/wayside-hub": str(folder / name),
                "127.0.0.1:4222": f"{LOOPBACK}:{free_port()}",
                "127.0.0.1:8222": f"{LOOPBACK}:{self._watching[name]}",
                f"0.0.0.0:{self.port}": f"{LOOPBACK}:{self._ports[name]}",
                "0.0.0.0:6222": f"{LOOPBACK}:{route}",
            }
            text = shipped
            for old, new in changes.items():
                text = text.replace(old, new)
            (self._server / f"{name}.conf").write_text(text, encoding="utf-8")
        self._processes: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def operator(self) -> Hub:
        """The hub as its operator reaches it."""
        return Hub.open(self.folder)

    @property
    def nodes(self) -> tuple[str, ...]:
        """Names of those that run."""
        return tuple(self._processes)

    def pid(self, node: str) -> int:
        """Of a node that runs."""
        return self._processes[node].pid

    def start(self) -> None:
        """Start the nodes that do not run, and wait until releases can be published.

        Raises:
            UserError: NATS is not installed, or they do not find each other.
        """
        path = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin"))
        program = shutil.which("nats-server", path=path)
        if program is None:
            raise UserError("nats-server: is not installed; sudo apt install nats-server")
        write_users(self._server, self.authority.enrolled())
        for name in self._ports.keys() - self._processes.keys():
            with (self._server / "log").open("ab") as log:
                self._processes[name] = subprocess.Popen(
                    [program, "-c", self._server / f"{name}.conf"],
                    env=os.environ | {"WAYSIDE_NODE": name},
                    stdout=log,
                    stderr=log,
                    preexec_fn=allow_connections,
                )
        deadline = time.monotonic() + START_S
        while not (all(map(self._healthy, self._processes)) and self._keeps()):
            if time.monotonic() > deadline:
                raise UserError(f"the cluster does not start: {self.log()[-800:]}")
            time.sleep(0.1)

    def kill(self, node: str) -> None:
        """End one as a power cut does."""
        process = self._processes.pop(node)
        process.kill()
        process.wait()

    def reload(self) -> None:
        """Have the nodes read who may connect: who was enrolled since, and no longer who was
        revoked."""
        write_users(self._server, self.authority.enrolled())
        for process in self._processes.values():
            process.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """End all of them."""
        for node in self.nodes:
            self.kill(node)
        self._front.close()

    def log(self) -> str:
        """What the nodes have said so far."""
        return (self._server / "log").read_text(encoding="utf-8", errors="replace")

    def _healthy(self, name: str) -> bool:
        """Whether a node says that it has joined the others, and that what it stores is current."""
        try:
            address = f"http://{LOOPBACK}:{self._watching[name]}/healthz"
            with urllib.request.urlopen(address, timeout=1) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _keeps(self) -> bool:
        """Whether each node stores what is retained: the first client has them make their stores,
        and NATS acknowledges what comes meanwhile, and loses it."""
        try:
            for _ in self._processes:  # the next connection is to the next one
                with operator_connection(self.operator) as connection:
                    connection.write(PROBE, b"kept")
                    connection.flush()
                    if connection.read([PROBE]) != {PROBE: b"kept"}:
                        return False
                    connection.write(PROBE, b"")
                    connection.flush()
        except UserError:
            return False
        return True


@contextmanager
def local_cluster(folder: Path) -> Iterator[LocalCluster]:
    """A cluster that runs until the block ends. folder: empty, or not there yet."""
    cluster = LocalCluster(folder)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
