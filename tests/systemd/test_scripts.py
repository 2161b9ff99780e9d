"""The shell scripts are free of ShellCheck's warnings."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.needs import needs, tool

SCRIPTS = (
    "install.sh",
    "uninstall.sh",
    "wayside",
    "wayside-enrol",
    "restart-delay",
    "show-page",
    "open-screen",
    "turn-screen",
    "begin-setup",
    "end-setup",
    "camera-test",
    "firstboot/first-boot",
    "firstboot/plant",
    "hub/install.sh",
    "hub/set-broken-aside",
    "hub/cluster/install.sh",
    "../.ci/run",
)


@pytest.mark.parametrize("script", SCRIPTS)
@needs("shellcheck")
def test_shellcheck_has_no_remark(root: Path, script: str) -> None:
    answer = subprocess.run(
        [tool("shellcheck"), root / "systemd" / script], capture_output=True, text=True, check=False
    )
    assert answer.stdout == ""
