"""`wayside sign`: a page to hang beside the kiosk, in the site's languages.

HTML that any browser prints; where the file is called `.pdf`, Chromium prints it.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import tempfile
from pathlib import Path

from device.commands.command_line import SubParsers, add_config
from device.display.hidden import BROWSERS
from device.display.sign import sign_page
from device.errors import UserError
from device.overlay import load_running

PRINT_S = 60.0
"""Longest wait for the browser."""


def add_parser(verbs: SubParsers) -> None:
    """Add `sign` to the command line."""
    parser = verbs.add_parser(
        "sign",
        help="make the page that hangs beside the kiosk",
        description="Make a page to print on A4 and hang beside the kiosk: what the camera does, "
        "what is kept, how to opt out, and who answers for it (`operator` in the configuration).",
        epilog="example: wayside sign --config /etc/wayside/config.yaml --out sign.pdf",
    )
    add_config(parser)
    parser.add_argument(
        "--out", type=Path, default=Path("sign.html"), metavar="FILE",
        help="an .html file, or a .pdf one where this machine has Chromium; default: sign.html",
    )  # fmt: skip
    parser.add_argument(
        "--language", action="append", metavar="CODE",
        help="instead of display.languages; may be given again, three fit on a sheet",
    )  # fmt: skip
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the page.

    Raises:
        UserError: the configuration or a language is wrong, nobody answers for the kiosk, the file
            cannot be written, or no browser is there to print it.
    """
    config = load_running(arguments.config)
    page = sign_page(config, arguments.language or config.display.languages)
    out: Path = arguments.out
    try:
        if out.suffix.lower() == ".pdf":
            _print(page, out)
        else:
            out.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UserError(
            f"{out}: cannot be written ({error.strerror}); name another --out"
        ) from None
    print(f"{out}: print it on A4, and hang it where people see it before the camera sees them")
    return 0


def _print(page: str, out: Path) -> None:
    browser = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if browser is None:
        raise UserError(f"{out}: no Chromium here to print it; take --out sign.html")
    with tempfile.TemporaryDirectory(prefix="sign-") as folder:
        html, pdf = Path(folder) / "sign.html", Path(folder) / "sign.pdf"
        html.write_text(page, encoding="utf-8")
        # Without its sandbox, which root has not: it opens this page alone, which loads nothing.
        command = [
            browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
            "--no-first-run", "--disable-background-networking", "--no-pdf-header-footer",
            f"--user-data-dir={folder}/profile", f"--print-to-pdf={pdf}", html.as_uri(),
        ]  # fmt: skip
        try:
            subprocess.run(command, capture_output=True, timeout=PRINT_S, check=True)
            shutil.copyfile(pdf, out)
        except (subprocess.SubprocessError, FileNotFoundError):
            raise UserError(f"{out}: Chromium does not print; take --out sign.html") from None
