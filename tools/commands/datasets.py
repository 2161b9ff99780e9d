"""`wayside-tools datasets`: the content of face datasets and the problems in them."""

from __future__ import annotations

import argparse
from pathlib import Path

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, data_folder


def add_parser(subparsers: SubParsers) -> None:
    """Add the command."""
    datasets = subparsers.add_parser(
        "datasets",
        help="content of a face dataset: counts by class and split, samples, problems",
        description="Read face datasets as `train` does: FER-2013 as Kaggle's CSV (with FER+'s "
        "fer2013new.csv if that is beside it), with a labels.csv with votes, or as folders; "
        "UTKFace; or any folder of class folders; each also as a zip file. Print how many faces of "
        "each class are in each split, write a contact sheet and a list of the held-out faces' "
        "digests, and report what cannot be used. Without PATH: FER-2013 and UTKFace of --data.",
        epilog="example: wayside-tools datasets   or: "
        "wayside-tools datasets my_faces --classes moods --strict",
    )
    datasets.add_argument("paths", nargs="*", type=Path, metavar="PATH")
    add_data(datasets)
    datasets.add_argument(
        "--out", type=Path, metavar="DIR", help="folder of the sheets; default: RUNS/datasets"
    )
    datasets.add_argument(
        "--classes",
        metavar="NAMES",
        help="the only classes a folder may have: emotions, moods, or names separated by commas",
    )
    datasets.add_argument("--strict", action="store_true", help="stop at the first problem")
    datasets.set_defaults(run=_datasets)


def _datasets(arguments: argparse.Namespace) -> int:
    from tools.datasets.import_issues import ImportIssues
    from tools.datasets.load import FILE_NAMES, find_dataset, read_dataset
    from tools.datasets.summary import as_table, draw_samples, write_held_out

    if arguments.classes is not None and not arguments.paths:
        raise UserError("--classes: applies to class folders; name a PATH")
    paths = arguments.paths or [find_dataset(data_folder(arguments), name) for name in FILE_NAMES]
    out = arguments.out or arguments.runs / "datasets"
    names = [path.resolve().name for path in paths]
    if repeated := [name for name in names if names.count(name) > 1]:
        raise UserError(f"{repeated[0]}: two datasets of one name; run the command once for each")
    for path in paths:
        issues = ImportIssues(strict=arguments.strict)
        dataset = read_dataset(path, issues, _classes(arguments.classes))
        name = path.resolve().name
        sheet, held_out = out / f"{name}.png", out / f"{name} held out.csv"
        draw_samples(dataset, f"{name}: {dataset.kind}", sheet)
        write_held_out(dataset, held_out)
        print(f"{path}: {dataset.kind}, {len(dataset.faces):,} faces")
        print(f"samples: {sheet}; digests of the held-out faces: {held_out}")
        print(as_table(dataset))
        print("".join(f"{line}\n" for line in issues.lines()))
    return 0


def _classes(text: str | None) -> tuple[str, ...] | None:
    from device.values import EMOTIONS, MOODS

    known = {"emotions": EMOTIONS, "moods": MOODS}
    if text is None or text in known:
        return known.get(text or "")
    return tuple(name.strip().lower() for name in text.split(",") if name.strip())
