"""A folder into a release: its manifest and its blobs.

    catalogue/  models/  pictures/  device/  overlay.yaml

Guarantees: a file that a release may not hold is refused by its name; so is a setting that is the
operator's at each kiosk, and a model that its card does not describe or that loses more by
conversion than the card allows; what a manifest says of models is what they answered here.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import ValidationError

from device.commands.progress import Progress
from device.errors import UserError
from device.fleet.golden import state
from device.fleet.manifest import SUFFIXES, Entry, Golden, Manifest, Needs
from device.inference.model_card import load_card
from device.inference.third_party import SHA256
from device.overlay import OVERLAY, read_overlay
from tools.fleet.repository import Repository, digest_of
from tools.training.model_cards import COMPARED, MAX_LOSS

LEFT_OUT = "__pycache__"
"""Folders that Python makes by itself."""

SEED = 17
"""Of the golden outputs."""

REQUIREMENTS = ("requirements/kiosk.txt", "requirements/demo.txt")
"""Files whose hash names a kiosk's packages, as systemd/install.sh has it."""


def build(
    repository: Repository,
    folder: Path,
    counter: int,
    version: str,
    needs: Needs,
    current: Manifest | None = None,
) -> Manifest:
    """The manifest of a folder, whose files become blobs of the repository.

    current: the release that is rolled out, which gives what the folder lacks: `models` and the
    like as they are, its code by name (`base`). None: that is the factory's.

    Raises:
        UserError: a file that may not be there, a setting or a model that may not go out, or no
            file at all.
    """
    paths = list(listed(folder))
    read_overlay(folder / OVERLAY)
    golden = tuple(
        checked(folder, path) for path in paths if PurePosixPath(path).suffix == ".tflite"
    )
    entries, progress = [], Progress("sign")
    for number, path in enumerate(paths):
        progress.show(number, len(paths))
        sha256 = repository.add_blob(folder / path)
        entries.append(Entry(path=path, sha256=sha256, size=(folder / path).stat().st_size))
    progress.clear()
    kept, proven, base = _kept(current, {_top(path) for path in paths})
    return _valid(
        counter=counter,
        version=version,
        needs=needs,
        files=(*entries, *kept),
        golden=(*golden, *proven),
        base=base,
    )


def _kept(
    current: Manifest | None, folders: set[str]
) -> tuple[tuple[Entry, ...], tuple[Golden, ...], int | None]:
    """Files, golden outputs and the base of a release, but those of these folders."""
    if current is None:
        return (), (), None
    code = current.counter if current.kind == "code" else current.base
    replaced = folders | {"device"}
    return (
        tuple(entry for entry in current.files if _top(entry.path) not in replaced),
        tuple(golden for golden in current.golden if _top(golden.model) not in replaced),
        None if "device" in folders else code,
    )


def _top(path: str) -> str:
    return path.partition("/")[0]


def listed(folder: Path) -> Iterator[str]:
    """The files of a release, by their paths in it, in order.

    Raises:
        UserError: one that it may not hold, or no such folder.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: no such folder; a release is a folder of {_expected()}")
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if LEFT_OUT in inside.parts or (path.is_dir() and not path.is_symlink()):
            continue
        suffixes = SUFFIXES.get(inside.parts[0], ())
        known = len(inside.parts) > 1 and path.suffix in suffixes
        if path.is_symlink() or not (known or str(inside) == OVERLAY):
            raise UserError(
                f"{path}: not a file that a release may hold, which are {_expected()}; take it out"
            )
        yield inside.as_posix()


def checked(folder: Path, path: str) -> Golden:
    """The golden outputs of a model that may go out.

    Raises:
        UserError: its card is missing, is of another file, or allows less than the model loses.
    """
    model = folder / path
    if digest_of(model) not in SHA256.values():  # MediaPipe's models are known, and have no card
        load_card(model)
        refuse_loss(model.with_suffix(".json"))
    return state(model, path, SEED)


def refuse_loss(card: Path) -> None:
    """Hold a model's figures of what `COMPARED` names against what its card allows.

    Raises:
        UserError: it loses more than that against the float network, or has no such figures.
    """
    content: dict[str, Any] = json.loads(card.read_text(encoding="utf-8"))
    conversion = content.get("conversion", {})
    kind = conversion.get("type")
    if kind == "float":
        return
    allowed = conversion.get("max_loss", MAX_LOSS)
    rows = content.get("metrics", {})
    exact, converted = ({
        title: figures["accuracy"]
        for title, figures in rows.get(name, {}).items()
        if title.endswith(COMPARED) and "accuracy" in figures
    } for name in ("float", kind))  # fmt: skip
    if not exact or exact.keys() != converted.keys():
        raise UserError(f"{card}: no accuracy of the float network to compare with; convert again")
    for title, accuracy in exact.items():
        lost = round(accuracy - converted[title], 6)
        if lost > allowed:
            raise UserError(
                f"{card}: {title}: {kind} loses {lost:.4f} of accuracy, and may lose {allowed:g}; "
                "train or convert it again"
            )


def wheels(source: Path) -> str:
    """Names the packages of kiosks that a checkout installs, as systemd/install.sh computes it.

    Raises:
        UserError: it has no requirements.
    """
    try:
        content = b"".join((source / name).read_bytes() for name in REQUIREMENTS)
    except OSError as error:
        raise UserError(
            f"{error.filename}: {error.strerror}; --source names the checkout whose "
            "`make install` the kiosks ran"
        ) from None
    return hashlib.sha256(content).hexdigest()[:12]


def _valid(**content: Any) -> Manifest:
    try:
        return Manifest(**content)
    except ValidationError as error:
        raise UserError(f"the release: {error.errors(include_url=False)[0]['msg']}") from None


def _expected() -> str:
    folders = (f"{name}/*{{{','.join(some)}}}" for name, some in SUFFIXES.items())
    return f"{', '.join(folders)} and {OVERLAY}"
