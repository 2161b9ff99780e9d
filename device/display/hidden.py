"""A window that nobody sees: the page in a browser without a screen.

A release on trial opens one where the screen is off. The page reports there that it works, and
never that it shows the notice (`#hidden`, page.js), so that no camera opens for it.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress

BROWSERS = ("chromium", "chromium-browser")

OPTIONS = (
    "--headless",
    # The kiosk's service allows no namespaces, without which neither the browser's own sandbox nor
    # its zygote starts. The page is our own, from loopback.
    "--no-sandbox",
    "--no-zygote",
    "--disable-gpu",
    "--incognito",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",  # without it a browser that shows nothing ends at once
)


class HiddenPage:
    """An open window. `close` ends it."""

    def __init__(self, address: str) -> None:
        """Load the page at an address; without a browser nothing is loaded."""
        self._profile = tempfile.mkdtemp(prefix="hidden-", dir=os.environ.get("RUNTIME_DIRECTORY"))
        browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
        self._process = browser and subprocess.Popen(
            [browser, *OPTIONS, f"--user-data-dir={self._profile}", f"{address}#hidden"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # with its helpers it is one group, which `close` ends
        )

    def close(self) -> None:
        """Close the window and remove the browser's files, which are in memory."""
        if self._process:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._profile, ignore_errors=True)
