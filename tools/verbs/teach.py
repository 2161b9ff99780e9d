"""`wayside-tools teach`: what large networks say of the training faces, for a small one."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.places import MODELS, add_data, data_folder, quiet_tensorflow


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb and what it does."""
    teach = subparsers.add_parser(
        "teach",
        help="train large networks, and keep what they say of the training faces",
        description="Train the teachers, or go on where they stopped, and ask them about every "
        "training face in several views. The mean of their probabilities is kept by the face's "
        "digest; `train` learns from that folder where it lies among the models. Some four hours "
        "on two cores.",
        epilog="example: wayside-tools teach   (or, to ask trained networks instead: "
        "wayside-tools teach runs/teachers/emotion/best.keras models/face.keras)",
    )
    teach.add_argument(
        "teachers", type=Path, nargs="*", metavar="FILE.keras", help="ask these; none is trained"
    )
    teach.add_argument("--views", type=int, default=8, help="of each face; default: 8")
    teach.add_argument("--out", type=Path, metavar="DIR", default=MODELS / "lessons")
    teach.add_argument(
        "--train-only",
        action="store_true",
        help="leave the asking to a later call, as on an accelerator (KERAS_BACKEND=jax)",
    )
    add_data(teach)
    teach.set_defaults(run=_teach)


def _teach(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from tools.faces.datasets import TRAIN, join
    from tools.learning.lessons import Views, ask
    from tools.learning.teachers import train_teachers
    from tools.learning.workshop import load_tables

    tables = load_tables(data_folder(arguments), arguments.runs / "cache")
    teachers = arguments.teachers or train_teachers(tables, arguments.runs / "teachers")
    if arguments.train_only:
        print(f"{arguments.runs / 'teachers'}: trained; the same without --train-only asks them")
        return 0
    stills = join(*tables.values()).of(TRAIN)
    views = Views(arguments.views)
    ask(teachers, stills, views, arguments.out)
    print(f"{arguments.out}: {len(stills)} faces, {views.count} views, {len(teachers)} teachers")
    return 0
