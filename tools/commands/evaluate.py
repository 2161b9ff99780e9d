"""`wayside-tools evaluate`: accuracy, calibration, fairness and robustness of a face model."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, at_least, data_folder, some_of
from tools.commands.voice import add_voice, evaluate_voice
from tools.places import MODELS, quiet_tensorflow

if TYPE_CHECKING:
    from tools.datasets.face_dataset import FaceDataset
    from tools.evaluation.compare import Baseline

SECTIONS = ("gate", "accuracy", "calibration", "fairness", "robustness")


def add_parser(subparsers: SubParsers) -> None:
    """Add the command and its options."""
    evaluate = subparsers.add_parser(
        "evaluate",
        help="accuracy, calibration, fairness and robustness of the .tflite that ships",
        description="Measure a model on FER-2013's and UTKFace's held-out splits, the development "
        "set and labelled clips, or on a folder of class folders with face crops. The first table, "
        "the gate, is of the output that a kiosk reports. Compare models by --split validation; "
        "keep the test split for the final figures. Tables and pictures are written to "
        "RUNS/evaluate; those of some splits or sections to a folder of their own there.",
        epilog="example: wayside-tools evaluate --split validation   or: "
        "wayside-tools evaluate --only gate --compare fer --compare hsemotion   or: "
        "wayside-tools evaluate --only gate --split validation --model new.tflite --replaces "
        "models/face.tflite   or: wayside-tools evaluate --folder my_faces --json",
    )
    evaluate.add_argument(
        "--model",
        type=Path,
        metavar="FILE.tflite",
        help="default: models/face.tflite, with --voice models/voice.tflite",
    )
    add_voice(evaluate, "measure the network of the tone of voice on speakers held out of it")
    add_data(evaluate)
    evaluate.add_argument(
        "--folder",
        action="append",
        default=[],
        metavar="[NAME=]DIR",
        help="measure DIR/<class>/<face crop> instead; NAME=DIR: add a test row to the gate, of "
        "class folders, or of photos and clips with an emotion in their names; can be repeated",
    )
    evaluate.add_argument(
        "--split",
        choices=("validation", "test", "all"),
        default="all",
        help="default: all; for a --folder without splits this is all faces",
    )
    evaluate.add_argument(
        "--only",
        type=some_of(SECTIONS),
        default=SECTIONS,
        metavar="SECTION,...",
        help=f"some of {','.join(SECTIONS)}; default: all",
    )
    evaluate.add_argument(
        "--compare",
        metavar="WHAT",
        action="append",
        default=[],
        help="another FILE.tflite, fer (the PyPI package, installed into RUNS/environments) or "
        "hsemotion (a network in the data folder), on the same faces; can be repeated",
    )
    evaluate.add_argument(
        "--replaces",
        type=Path,
        metavar="FILE.tflite",
        help="the shipped model: exit code 1 if --model must not replace it",
    )
    evaluate.add_argument(
        "--limit", type=at_least(1), help="use at most this many faces of each split: a trial"
    )
    evaluate.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    evaluate.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    if arguments.voice:
        return evaluate_voice(arguments)
    from device.inference.model_card import load_card

    arguments.model = arguments.model or MODELS / "face.tflite"
    labels = load_card(arguments.model).labels
    alone = [Path(text) for text in arguments.folder if "=" not in text]
    if len(alone) > 1 or (alone and len(arguments.folder) > 1):
        raise UserError("--folder: one folder alone, or NAME=DIR for each row of the gate")
    if alone:
        report = _evaluate_folder(arguments, alone[0], labels)
    else:
        report = _evaluate_parts(arguments, labels)
    if arguments.json:
        print(json.dumps(report))
    return 1 if report.get("refused") else 0


def _baselines(arguments: argparse.Namespace, labels: tuple[str, ...]) -> list[Baseline]:
    from tools.evaluation.compare import open_baseline

    environments = Path(arguments.runs).resolve() / "environments"
    return [open_baseline(some, labels, environments, arguments.data) for some in arguments.compare]


def _evaluate_folder(
    arguments: argparse.Namespace, path: Path, labels: tuple[str, ...]
) -> dict[str, Any]:
    from tools.datasets.class_folders import read_class_folders
    from tools.datasets.import_issues import ImportIssues
    from tools.evaluation.class_folders import as_table, held_out, measure_folder, write
    from tools.evaluation.compare import ModelFile

    if arguments.only != SECTIONS:
        raise UserError("--only: not with --folder, which measures accuracy and calibration")
    baselines = _baselines(arguments, labels)
    own: Baseline = ModelFile(arguments.model)
    clash = any(baseline.name == arguments.model.name for baseline in baselines)
    name = str(arguments.model.resolve()) if clash else arguments.model.name
    models = [(name, own), *((baseline.name, baseline) for baseline in baselines)]
    issues = ImportIssues()
    folder = read_class_folders(path, labels, issues)
    for line in issues.lines():
        print(f"wayside-tools: {line}", file=sys.stderr)
    folder = held_out(folder, arguments.split, arguments.limit)
    reports = []
    for name, model in models:
        logits = model.predict(folder.pictures)["emotion"]
        reports.append(measure_folder(name, logits, folder, labels))
    name = path.resolve().name
    out = arguments.runs / "evaluate" / f"folder {name}"
    made = write(reports, f"{name}, {arguments.split}", out)
    if not arguments.json:
        print(f"{as_table(reports)}\n\n{out}: {', '.join(path.name for path in made)}")
    return reports[0] | ({"compare": reports[1:]} if baselines else {})


def _folder_of(arguments: argparse.Namespace) -> Path:
    """The folder of the report: a partial report never replaces the full one."""
    chosen = [] if arguments.split == "all" else [arguments.split]
    chosen += [] if arguments.only == SECTIONS else arguments.only
    chosen += [] if arguments.limit is None else [f"limit {arguments.limit}"]
    return Path(arguments.runs) / "evaluate" / " ".join(chosen)


def _evaluate_parts(arguments: argparse.Namespace, labels: tuple[str, ...]) -> dict[str, Any]:
    from device.values import EMOTIONS
    from tools.datasets.face_dataset import SPLITS, TEST, VALIDATION
    from tools.datasets.load import load_datasets, require_splits
    from tools.evaluation.compare import compare
    from tools.evaluation.evaluate import evaluate
    from tools.evaluation.report import as_report, draw, summary
    from tools.training.model_cards import sha256_of

    if labels != EMOTIONS:
        raise UserError(
            f"{arguments.model}: predicts {', '.join(labels)}, for which no public dataset has "
            "labels; --folder measures it on your own class folders"
        )
    baselines = _baselines(arguments, labels)
    splits = {"validation": (VALIDATION,), "test": (TEST,), "all": (VALIDATION, TEST)}
    chosen = splits[arguments.split]
    cache = arguments.runs / "cache"
    datasets = load_datasets(data_folder(arguments), cache, arguments.limit)
    require_splits(datasets, chosen)
    report: dict[str, Any] = {
        "model": arguments.model.name,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "sha256": sha256_of(arguments.model),
        "bytes": arguments.model.stat().st_size,
        "limit": arguments.limit,
    }
    if "gate" in arguments.only:
        report |= _gate(arguments, datasets, chosen, baselines)
    found, outputs = evaluate(arguments.model, datasets, chosen, arguments.only)
    if sha256_of(arguments.model) != report["sha256"]:
        raise UserError(f"{arguments.model}: the file changed meanwhile; run it again")
    report |= found
    if baselines and "accuracy" in arguments.only:
        held_out = {
            f"{name} {SPLITS[split]}": faces.only(split)
            for split in chosen
            for name, faces in datasets.items()
        }
        report["compare"] = [compare(baseline, held_out, outputs) for baseline in baselines]
    folder = _folder_of(arguments)
    folder.mkdir(parents=True, exist_ok=True)
    report["pictures"] = [str(path) for path in draw(report, folder, labels)]
    (folder / "report.md").write_text(as_report(report), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    if not arguments.json:
        print(summary(report))
        print(f"\n{folder}: report.md, report.json, {len(report['pictures'])} PNG")
    return report


def _gate(
    arguments: argparse.Namespace, datasets: Mapping[str, FaceDataset], splits: Sequence[int],
    baselines: Sequence[Baseline],
) -> dict[str, Any]:  # fmt: skip
    """The rows of the model and of what it is compared with, and why it must not be released."""
    from tools.evaluation.gate import as_table, refusals
    from tools.evaluation.held_out import held_out_sets, model_rows

    folders = dict(text.split("=", 1) for text in arguments.folder)
    paths = {name: Path(folder) for name, folder in folders.items()}
    data, cache = data_folder(arguments), arguments.runs / "cache"
    sets = held_out_sets(datasets, splits, data, cache, paths)
    rows = model_rows(arguments.model, sets)
    others = {some.name: sets.emotions_alone().rows(some) for some in baselines}
    report: dict[str, Any] = {
        "gate": {
            name: {row.title: row.as_json() for row in some}
            for name, some in {arguments.model.name: rows, **others}.items()
        },
        "gate_table": as_table(rows, others),
    }
    if arguments.replaces is not None:
        report["refused"] = refusals(model_rows(arguments.replaces, sets), rows)
    return report
