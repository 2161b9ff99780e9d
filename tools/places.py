"""Folders of the workstation and names of the files it writes; no heavy imports."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MODELS = ROOT / "models"
THIRD_PARTY = MODELS / "third_party"
SOFT_TARGETS = MODELS / "soft_targets"
RUNS = ROOT / "runs"
"""Checkpoints, plots and, in `cache/`, the datasets that were read. Can be deleted."""

SOURCE_MARK = "@"
"""Separates source and part in the names of files that `wayside-tools frames` and `augment` write:
`clip.mp4@0012.400.jpg`. Pictures of one source are in one split."""

CONTACT_SHEET = "contact-sheet.png"
"""Written by `wayside-tools augment` beside the class folders."""


def quiet_tensorflow() -> None:
    """Hide TensorFlow's start-up messages; call before its first import."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
