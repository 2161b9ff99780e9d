"""Whether the set-up page is to be opened: `python -m device.setup.wanted --config F --waits FILE`.

Exit code 0: it is; 1: it is not. It is wanted where a file says so, which the installation leaves
for the first start and `wayside setup` for one more, or while a button is held at the start
(`setup.button_gpio`). systemd asks this first (systemd/wayside-setup.service), at each start of the
machine: a configuration with a mistake and a button that cannot be read are no reason to open.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path


def wanted(waits: Sequence[Path], held: Callable[[], bool]) -> bool:
    """Whether one of the files is there, or else the button is held."""
    return any(file.exists() for file in waits) or held()


def button_held(config_file: Path) -> bool:
    """Whether the configuration names a button between a pin and ground, and it is held."""
    from device.config import load_config  # only where no file has told
    from device.errors import UserError

    try:
        pin = load_config(config_file).setup.button_gpio
        if pin is None:
            return False
        from gpiozero import Button  # comes with Raspberry Pi OS, the only place where it works

        with Button(pin) as button:
            return bool(button.is_pressed)
    except UserError as error:
        why: object = error
    except ImportError:
        why = "gpiozero is not installed: sudo apt install python3-gpiozero"
    except Exception as error:  # gpiozero raises what its pin factories raise
        why = error
    print(f"wayside: setup.button_gpio cannot be read: {why}", file=sys.stderr)
    return False


def main(argv: Sequence[str] | None = None) -> int:
    """Run as a program."""
    parser = argparse.ArgumentParser(prog="device.setup.wanted")
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--waits", type=Path, action="append", default=[], metavar="FILE")
    arguments = parser.parse_args(argv)
    return 0 if wanted(arguments.waits, lambda: button_held(arguments.config)) else 1


if __name__ == "__main__":
    sys.exit(main())
