"""A small Debian that really boots: a debootstrap tree under systemd-nspawn, without a network.

The base tree is created once and kept (300 MB, in WAYSIDE_TEST_CACHE or /var/cache/wayside-test).
A machine is a copy of it with the project installed as by `make install`, booted with a read-only
root. The Python that runs the tests and its packages are bind-mounted.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.brokers import wait_until
from tests.needs import tool

PACKAGES = ("systemd", "systemd-sysv", "dbus", "mosquitto", "python3", "libegl1", "libgles2")
VENV = Path("/opt/venv")
PYTHON = Path("/opt/python")


class Machine:
    """A booted machine; `root` is its file system as seen from this one."""

    def __init__(self, root: Path, host: int) -> None:
        """host: process id of systemd-nspawn."""
        self.root, self._children = root, Path(f"/proc/{host}/task/{host}/children")

    def leader(self) -> int:
        """Process id of the machine's init; 0 while there is none."""
        children = self._children.read_text().split()
        return int(children[0]) if children else 0

    def is_up(self) -> bool:
        """Whether its systemd answers and has reached the stage that starts services."""
        state = self.run("systemctl", "is-active", "basic.target", check=False)
        return state == "active"

    def run(self, *command: str, check: bool = True) -> str:
        """Run a command in the machine and return its output."""
        inside = ["nsenter", f"--target={self.leader()}", "--mount", "--uts", "--ipc", "--net"]
        answer = subprocess.run(
            [*inside, "--pid", "--", *command], capture_output=True, text=True, check=False
        )
        assert answer.returncode == 0 or not check, answer.stdout + answer.stderr
        return answer.stdout.strip()

    def show(self, unit: str, name: str) -> str:
        """A property of a unit."""
        return self.run("systemctl", "show", "--value", f"--property={name}", unit)

    def open(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a program of this machine in the network of the booted one."""
        inside = ["nsenter", f"--target={self.leader()}", "--net", "--"]
        return subprocess.Popen([*inside, *command], stdout=subprocess.PIPE, text=True)


def base_tree() -> Path:
    """A Debian tree of this system's release; created if it is missing."""
    suite = _os_release()["VERSION_CODENAME"]
    cache = Path(os.environ.get("WAYSIDE_TEST_CACHE", "/var/cache/wayside-test"))
    tree = cache / "-".join((suite, *PACKAGES))
    if not tree.is_dir():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as scratch:
            new = Path(scratch) / "tree"
            subprocess.run(
                [
                    tool("debootstrap"),
                    "--variant=minbase",
                    f"--include={','.join(PACKAGES)}",
                    suite,
                    new,
                    _mirror(suite),
                ],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            (new / "etc/machine-id").write_text("")
            new.rename(tree)
    return tree


@contextmanager
def booted(
    project: Path, folder: Path, *options: str, writable: str = "", browser: bool = False
) -> Iterator[Machine]:
    """Install the project into a fresh machine, boot it, and kill it afterwards.

    options: of the installer. writable: a folder of the machine that is, as if it were a partition
    of its own. browser: with the programs of this machine, of which the browser is one.
    """
    root = folder / "root"
    _copy(base_tree(), root)
    subprocess.run(
        [project / "systemd/install.sh", "--root", root, "--venv", sys.prefix, *options],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    bindings = _bring_python(root)
    if browser:
        bindings += _bring_programs(root)
    if writable:
        bindings.append(f"--bind={root / writable.lstrip('/')}:{writable}")
    console = (folder / "console").open("wb")
    host = subprocess.Popen(
        [
            tool("systemd-nspawn"),
            "--quiet",
            f"--directory={root}",
            "--boot",
            "--register=no",
            "--keep-unit",
            "--private-network",
            "--read-only",
            "--console=pipe",
            *bindings,
        ],
        stdin=subprocess.DEVNULL,
        stdout=console,
        stderr=console,
    )
    machine = Machine(root, host.pid)
    try:
        wait_until(
            lambda: host.poll() is not None or machine.is_up(), "the machine's start", within_s=120
        )
        assert host.poll() is None, (folder / "console").read_text(errors="replace")
        if writable:  # systemd-nspawn has made it read-only too
            machine.run("mount", "-o", "remount,bind,rw", writable)
        yield machine
    finally:
        if host.poll() is None:
            if leader := machine.leader():  # it would outlive systemd-nspawn
                os.kill(leader, signal.SIGKILL)
            host.kill()
            host.wait(10)
        console.close()


def _copy(tree: Path, root: Path) -> None:
    """Copy by hard links: the installer replaces files, and the machine's root is read-only."""
    linked = subprocess.run(["cp", "-al", tree, root], capture_output=True, check=False)
    if linked.returncode:  # on another file system
        shutil.rmtree(root, ignore_errors=True)
        subprocess.run(["cp", "-a", tree, root], check=True)


def _bring_python(root: Path) -> list[str]:
    """Create a virtual environment in the machine like the one in use; returns the bind mounts."""
    packages = Path(sysconfig.get_path("purelib"))
    base, program = Path(sys.base_prefix), Path(os.path.realpath(sys.executable)).name
    bindings = [f"--bind-ro={packages}:{VENV}/lib/{packages.parent.name}/site-packages"]
    home = Path("/usr")
    if base != home:  # the system's Python is in the machine too
        home = PYTHON
        bindings.append(f"--bind-ro={base}:{home}")
        (root / home.relative_to("/")).mkdir()
        (root / "etc/systemd/system.conf.d/python.conf").write_text(
            f"[Manager]\nDefaultEnvironment=LD_LIBRARY_PATH={home}/lib\n"
        )
    venv = root / VENV.relative_to("/")
    (venv / "bin").mkdir(parents=True)
    (venv / "lib" / packages.parent.name / "site-packages").mkdir(parents=True)
    (venv / "pyvenv.cfg").write_text(f"home = {home}/bin\ninclude-system-site-packages = false\n")
    (venv / "bin/python").symlink_to(home / "bin" / program)
    for install in ("current", "agent"):
        link = root / "opt/wayside" / install / ".venv"
        link.unlink()
        link.symlink_to(VENV)
    return bindings


def _bring_programs(root: Path) -> list[str]:
    """The bind mounts of this system's programs and what they are configured with."""
    folders = ("/usr/bin", "/usr/sbin", "/usr/lib", "/usr/share",
               "/etc/alternatives", "/etc/fonts", "/etc/chromium.d")  # fmt: skip
    found = [folder for folder in folders if Path(folder).is_dir()]
    for folder in found:
        (root / folder.lstrip("/")).mkdir(exist_ok=True)
    return [f"--bind-ro={folder}" for folder in found]


def _os_release() -> dict[str, str]:
    lines = Path("/etc/os-release").read_text().splitlines()
    return {key: value.strip('"') for key, _, value in (line.partition("=") for line in lines)}


def _mirror(suite: str) -> str:
    """The package mirror of this system."""
    targets = subprocess.run(
        [tool("apt-get"), "indextargets", "--format", "$(RELEASE) $(COMPONENT) $(REPO_URI)"],
        capture_output=True,
        text=True,
        check=True,
    )
    for line in targets.stdout.splitlines():
        release, component, address = line.split()
        if (release, component) == (suite, "main"):
            return address
    return "http://deb.debian.org/debian"


def clean(folder: Path) -> None:
    """Remove a machine's tree: pytest keeps temporary folders, and this one is large."""
    shutil.rmtree(folder / "root", ignore_errors=True)
