"""Tools that tests need: without one, a test is skipped with the reason; in CI it fails.

`pytestmark = [pytest.mark.mosquitto, needs("mosquitto")]` at the top of a test module, or
`@needs("chromium", "chromedriver")` on one test. With CI=true nothing may be skipped for a missing
tool: the test then runs and fails where it looks for the tool, naming it.
"""

from __future__ import annotations

import os
import shutil

import pytest

ELSEWHERE = ("/usr/sbin", "/sbin", "/usr/lib/chromium")
"""Folders outside an ordinary user's PATH where Debian puts some of these tools."""


def in_ci() -> bool:
    """Whether this run may skip nothing because of a missing tool."""
    return os.environ.get("CI", "").lower() in ("1", "true", "yes")


def find_tool(name: str) -> str | None:
    """Path of a program, also outside an ordinary user's PATH; None if it is missing."""
    return shutil.which(name, path=os.pathsep.join((os.environ.get("PATH", ""), *ELSEWHERE)))


def needs(*tools: str) -> pytest.MarkDecorator:
    """A mark that skips a test if a program is missing; in CI the test runs and fails."""
    missing = [tool for tool in tools if find_tool(tool) is None]
    return pytest.mark.skipif(
        bool(missing) and not in_ci(), reason=f"not installed: {', '.join(missing)}"
    )


def needs_root() -> pytest.MarkDecorator:
    """A mark that skips a test for any user but root; in CI the test runs and fails."""
    return pytest.mark.skipif(os.geteuid() != 0 and not in_ci(), reason="needs root")


def tool(name: str) -> str:
    """Path of a program that a test starts.

    Raises:
        pytest.fail.Exception: it is missing, in CI (otherwise the test is skipped).
    """
    where = find_tool(name)
    if where is not None:
        return where
    if in_ci():
        pytest.fail(f"{name} is not installed; in CI no test may be skipped")
    pytest.skip(f"not installed: {name}")
