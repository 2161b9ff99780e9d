"""What `make install` put on this machine and a release does not bring: who refuses it, and why.

python -m device.fleet.installed WHEELS > installed.json      (systemd/install.sh)
"""

from __future__ import annotations

import os
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from device.fleet import guard
from device.fleet.manifest import Needs

AGENT = 1
"""Version of guard and agent; raised when a release needs something new of them."""

UNITS = 1
"""Version of units, broker configuration and ACL; raised when a release needs other ones."""


@dataclass(frozen=True, slots=True)
class Installed:
    """wheels: hash of the requirements that the packages were installed from."""

    wheels: str
    agent: int = AGENT
    units: int = UNITS

    @classmethod
    def read(cls, path: Path = guard.INSTALLED) -> Installed | None:
        """The record of `make install`; None: there is none, or it is damaged."""
        content = guard.unseal(path)
        try:
            return None if content is None else cls(**content)
        except TypeError:
            return None

    def refusal(self, needs: Needs, machine: str = os.uname().machine) -> str:
        """Why a release with these needs cannot run here; empty: it can."""
        if needs.hardware and machine not in needs.hardware:
            return f"hardware: it is for {', '.join(needs.hardware)}, and this is {machine}"
        if needs.agent > self.agent:
            return f"agent: it needs {needs.agent}, and {self.agent} is installed: make install"
        for name in ("wheels", "units"):
            wanted, found = getattr(needs, name), getattr(self, name)
            if wanted != found:
                return f"{name}: it needs {wanted}, and {found} is installed: make install"
        return ""


def main() -> None:
    """Print the record for the hash of the requirements that is given."""
    sys.stdout.buffer.write(guard.seal(asdict(Installed(sys.argv[1]))))


if __name__ == "__main__":
    main()
