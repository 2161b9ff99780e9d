"""What a test needs from the machine: skipped with the reason where it is missing, an error in CI.

`pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]` at the top of a test module, or
`@needs("chromium", "chromedriver")` on one test. With CI=true nothing may be skipped for a missing
tool: the test then runs and fails on its first line, naming the tool.
"""

from __future__ import annotations

import os
import shutil

import pytest

ELSEWHERE = ("/usr/sbin", "/sbin", "/usr/lib/chromium")
"""Folders outside an ordinary user's PATH where Debian puts some of these tools."""


def in_ci() -> bool:
    """Whether this run must not skip anything for a missing tool."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def find_tool(name: str) -> str | None:
    """Where a program is, also outside an ordinary user's PATH; None where it is not."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *ELSEWHERE)))


def needs(*tools: str) -> pytest.MarkDecorator:
    """A mark that skips a test where a program is missing; in CI it lets the test run and fail."""
    missing = [tool for tool in tools if find_tool(tool) is None]
    return pytest.mark.skipif(
        bool(missing) and not in_ci(), reason=f"not installed: {', '.join(missing)}"
    )


def needs_root() -> pytest.MarkDecorator:
    """A mark that skips a test for anybody but root; in CI it lets the test run and fail."""
    return pytest.mark.skipif(os.geteuid() != 0 and not in_ci(), reason="needs root")


def tool(name: str) -> str:
    """Path of a program that a test is about to start.

    Raises:
        pytest.fail.Exception: in CI, where it is missing (elsewhere the test is skipped).
    """
    where = find_tool(name)
    if where is not None:
        return where
    if in_ci():
        pytest.fail(f"{name} is not installed, and in CI nothing may be skipped for it")
    pytest.skip(f"not installed: {name}")
