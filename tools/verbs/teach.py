"""`wayside-tools teach`: what trained networks say of the training faces, for a smaller one."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.places import MODELS, add_data, data_folder, quiet_tensorflow


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb and what it does."""
    teach = subparsers.add_parser(
        "teach",
        help="keep what larger networks say of the training faces",
        description="Ask one or more trained networks about every training face and its mirror "
        "image, and keep the mean of their probabilities by the face's digest. `train` learns from "
        "that file where it lies among the models.",
        epilog="example: wayside-tools teach runs/architectures/teacher/best.keras",
    )
    teach.add_argument("teachers", type=Path, nargs="+", metavar="FILE.keras")
    teach.add_argument("--out", type=Path, default=MODELS / "lessons.npz")
    add_data(teach)
    teach.set_defaults(run=_teach)


def _teach(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from tools.faces.datasets import TRAIN, join
    from tools.learning.teachers import ask, save
    from tools.learning.workshop import load_tables

    tables = load_tables(data_folder(arguments), arguments.runs / "cache")
    stills = join(*tables.values()).of(TRAIN)
    save(arguments.out, stills, ask(arguments.teachers, stills))
    print(f"{arguments.out}: {len(stills)} faces, {len(arguments.teachers)} teachers")
    return 0
