"""`wayside-tools teach`: what large networks say of the training faces, for a small one."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, at_least, data_folder
from tools.places import SOFT_TARGETS, quiet_tensorflow


def add_parser(subparsers: SubParsers) -> None:
    """Add the verb and what it does."""
    teach = subparsers.add_parser(
        "teach",
        help="train large networks, and keep what they say of the training faces",
        description="Train each teacher whose lessons are not kept yet, or go on where it stopped, "
        "and ask it about every training face in several views. Its probabilities are kept by the "
        "face's digest, a file for each teacher; `train` learns from their mean where that folder "
        "lies among the models. From 20 minutes to two hours a teacher on two cores.",
        epilog="example: wayside-tools teach   (or, to ask a trained network too: "
        "wayside-tools teach face-3.keras)",
    )
    teach.add_argument(
        "teachers", type=Path, nargs="*", metavar="FILE.keras", help="ask these; none is trained"
    )
    teach.add_argument(
        "--only", metavar="NAME", action="append", help="this teacher alone; can be given again"
    )
    teach.add_argument("--views", type=at_least(1), default=8, help="of each face; default: 8")
    teach.add_argument("--out", type=Path, metavar="DIR", default=SOFT_TARGETS)
    teach.add_argument(
        "--train-only",
        action="store_true",
        help="leave the asking to a later call, as on an accelerator (KERAS_BACKEND=jax)",
    )
    add_data(teach)
    teach.set_defaults(run=_teach)


def _teach(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    given = _given(arguments)
    from tools.datasets.face_dataset import TRAIN, join
    from tools.datasets.load import load_datasets
    from tools.training.soft_targets import Views, ask, asked_of, refuse_another
    from tools.training.teachers import TEACHERS, train_teacher

    names = arguments.only or list(TEACHERS)
    if unknown := [name for name in names if name not in TEACHERS]:
        raise UserError(f"--only: no teacher {unknown[0]!r}; there are {', '.join(TEACHERS)}")
    tables = load_datasets(data_folder(arguments), arguments.runs / "cache")
    stills = join(*tables.values()).only(TRAIN)
    views = Views(arguments.views)
    asked = asked_of(stills, views)
    for path in arguments.out.glob("*.npz"):  # before hours are spent: of the same faces and views
        refuse_another(path, asked)
    for name in given or names:
        lessons = arguments.out / f"{name}.npz"
        if not given and lessons.exists():
            print(f"{name}: its lessons are kept; delete {lessons} to train it again")
            continue
        print(name, flush=True)
        runs = arguments.runs / "teachers"
        path = given.get(name) or train_teacher(name, TEACHERS[name], tables, runs)
        if arguments.train_only:
            print(f"{path}: trained; the same without --train-only asks it")
        else:
            ask(path, stills, views, lessons)
            print(f"{lessons}: {len(stills)} faces, {views.count} views")
    return 0


def _given(arguments: argparse.Namespace) -> dict[str, Path]:
    """The networks to ask, by the names of their lessons: a file's own, or that of its run's folder
    where the file is a run's best."""
    given: dict[str, Path] = {}
    for path in arguments.teachers:
        if arguments.only or arguments.train_only:
            raise UserError(f"{path}: is asked and not trained; leave out --only and --train-only")
        if not path.is_file():
            raise UserError(f"{path}: no such file; name a `.keras` network")
        name = path.resolve().parent.name if path.stem == "best" else path.stem
        if name in given:
            raise UserError(f"{path}: would be kept as {name}.npz like {given[name]}; rename one")
        given[name] = path
    return given
