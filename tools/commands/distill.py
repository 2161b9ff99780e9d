"""`wayside-tools distill`: trains teachers and writes their soft targets of the training faces."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, at_least, data_folder
from tools.places import SOFT_TARGETS, quiet_tensorflow


def add_parser(subparsers: SubParsers) -> None:
    """Add the command."""
    distill = subparsers.add_parser(
        "distill",
        help="train teachers, and write soft targets of the training faces",
        description="Train each teacher without a file of soft targets, or continue its training, "
        "and write its probabilities of several views of every training face, by the face's "
        "digest. `train` uses the mean of all files in models/soft_targets. From 20 minutes to two "
        "hours a teacher on two cores.",
        epilog="example: wayside-tools distill   (or, with a trained network as a teacher: "
        "wayside-tools distill face-3.keras)",
    )
    distill.add_argument(
        "teachers", type=Path, nargs="*", metavar="FILE.keras", help="trained networks to use"
    )
    distill.add_argument(
        "--only", metavar="NAME", action="append", help="this teacher alone; can be repeated"
    )
    distill.add_argument(
        "--views", type=at_least(1), default=8, metavar="N", help="of each face; default: 8"
    )
    distill.add_argument("--out", type=Path, metavar="DIR", default=SOFT_TARGETS)
    distill.add_argument(
        "--train-only",
        action="store_true",
        help="train without writing soft targets, as on an accelerator (KERAS_BACKEND=jax)",
    )
    add_data(distill)
    distill.set_defaults(run=_distill)


def _distill(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    given = _given_teachers(arguments)
    from tools.datasets.face_dataset import TRAIN, join
    from tools.datasets.load import load_datasets
    from tools.training.external_teacher import NAME, write_hsemotion_targets
    from tools.training.pipeline import train_teacher
    from tools.training.recipes import TEACHERS
    from tools.training.soft_targets import Views, refuse_another, request_of, write_soft_targets

    known = [*TEACHERS, NAME]
    names = arguments.only or known
    if unknown := [name for name in names if name not in known]:
        raise UserError(f"--only: no teacher {unknown[0]!r}; there are {', '.join(known)}")
    data, cache = data_folder(arguments), arguments.runs / "cache"
    if not given and NAME in names and not arguments.train_only:
        print(write_hsemotion_targets(data, cache, arguments.out))
    names = [name for name in names if name != NAME]
    datasets = load_datasets(data, cache)
    faces = join(*datasets.values()).only(TRAIN)
    views = Views(arguments.views)
    request = request_of(faces, views)
    for path in arguments.out.glob("*.npz"):  # before hours of training
        refuse_another(path, request)
    for name in given or names:
        out = arguments.out / f"{name}.npz"
        if not given and out.exists():
            print(f"{name}: {out} exists; delete it to train this teacher again")
            continue
        print(name, flush=True)
        runs = arguments.runs / "teachers"
        path = given.get(name) or train_teacher(name, TEACHERS[name], datasets, runs)
        if arguments.train_only:
            print(f"{path}: trained; the command without --train-only writes its soft targets")
        else:
            write_soft_targets(path, faces, views, out)
            print(f"{out}: {len(faces)} faces, {views.count} views")
    return 0


def _given_teachers(arguments: argparse.Namespace) -> dict[str, Path]:
    """The given networks by the names of their files of soft targets: the network's own, or for the
    `best.keras` of a run its folder's."""
    given: dict[str, Path] = {}
    for path in arguments.teachers:
        if arguments.only or arguments.train_only:
            raise UserError(f"{path}: is trained already; omit --only and --train-only")
        if not path.is_file():
            raise UserError(f"{path}: no such file; name a .keras network")
        name = path.resolve().parent.name if path.stem == "best" else path.stem
        if name in given:
            raise UserError(f"{path}: would write {name}.npz like {given[name]}; rename one")
        given[name] = path
    return given
