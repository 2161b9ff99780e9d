"""The agent's process is apart from the others of its user."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from device.errors import UserError
from device.fleet.apart import hold
from tests.needs import needs_root

HOLDING = """
import sys
from pathlib import Path
from device.fleet.apart import hold
held = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""

CLOSED = """
import os, sys
from device.fleet.apart import close_memory
if sys.argv[1] == "closed":
    os.setuid(65534)
    close_memory()
else:
    os.setuid(65534)
    import ctypes
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
child = os.fork()
if not child:
    import ctypes
    ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)
    try:
        os.listdir(f"/proc/{os.getppid()}/root")
        print("open")
    except PermissionError:
        print("shut")
    sys.stdout.flush()
    os._exit(0)
os.waitpid(child, 0)
"""


def test_a_folder_has_one_agent_and_is_free_when_that_one_is_killed(memory: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDING, memory], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as other:
        assert other.stdout
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match="another agent runs"):
            hold(memory)
        other.kill()
        other.wait()
    handle = hold(memory)
    assert handle is not None
    os.close(handle)


def test_where_nothing_can_be_written_nothing_is_held(memory: Path) -> None:
    assert hold(memory / "missing") is None


@needs_root()
@pytest.mark.parametrize(("how", "seen"), [("closed", "shut"), ("as usual", "open")])
def test_no_other_process_of_the_user_sees_the_agents_files(how: str, seen: str) -> None:
    said = subprocess.run([sys.executable, "-c", CLOSED, how], capture_output=True, text=True)
    assert said.stdout.strip() == seen, said.stderr
