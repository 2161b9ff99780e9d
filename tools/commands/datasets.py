"""`wayside-tools datasets`: what is in a set of faces, and what is wrong with it."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.places import add_data, data_folder


def add_parser(subparsers: SubParsers) -> None:
    """Add the verb and what it does."""
    datasets = subparsers.add_parser(
        "datasets",
        help="what is in a set of faces: counts by class and part, samples, what is wrong",
        description="Read sets of faces as `train` does: FER-2013 as Kaggle's CSV, with FER+'s "
        "fer2013new.csv where that lies beside it, by a list labels.csv with votes, or as folders; "
        "UTKFace; or any folder of class folders; each also as a zip. Tell how many faces of each "
        "class stand in each part, write a sheet of samples and a list of the held-out faces' "
        "digests, and name what cannot be used. With no PATH: FER-2013 and UTKFace of --data.",
        epilog="example: wayside-tools datasets   or: "
        "wayside-tools datasets my_faces --classes moods --strict",
    )
    datasets.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    add_data(datasets)
    datasets.add_argument("--out", type=Path, help="where the sheets go; default: RUNS/datasets")
    datasets.add_argument(
        "--classes",
        metavar="NAMES",
        help="the only classes a folder may have: emotions, moods, or names with commas between",
    )
    datasets.add_argument(
        "--strict", action="store_true", help="refuse a set at the first thing that is wrong"
    )
    datasets.set_defaults(run=_datasets)


def _datasets(arguments: argparse.Namespace) -> int:
    from tools.datasets.import_issues import Findings
    from tools.datasets.load import FORMS, find_set, read_set
    from tools.datasets.summary import as_table, draw_samples, write_held_out

    if arguments.classes is not None and not arguments.paths:
        raise UserError("--classes: is of class folders; name a PATH")
    paths = arguments.paths or [find_set(data_folder(arguments), name) for name in FORMS]
    out = arguments.out or arguments.runs / "datasets"
    names = [path.resolve().name for path in paths]
    if twice := [name for name in names if names.count(name) > 1]:
        raise UserError(f"{twice[0]}: two sets of one name would write one sheet; read one alone")
    for path in paths:
        findings = Findings(strict=arguments.strict)
        found = read_set(path, findings, _classes(arguments.classes))
        name = path.resolve().name
        sheet, held_out = out / f"{name}.png", out / f"{name} held out.csv"
        draw_samples(found, f"{name}: {found.kind}", sheet)
        write_held_out(found, held_out)
        print(f"{path}: {found.kind}, {len(found.stills):,} faces")
        print(f"samples: {sheet}; digests of the held-out faces: {held_out}")
        print(as_table(found))
        print("".join(f"{line}\n" for line in findings.lines()))
    return 0


def _classes(text: str | None) -> tuple[str, ...] | None:
    from device.values import EMOTIONS, MOODS

    known = {"emotions": EMOTIONS, "moods": MOODS}
    if text is None or text in known:
        return known.get(text or "")
    return tuple(name.strip().lower() for name in text.split(",") if name.strip())
