"""`wayside-tools evaluate`: accuracy, calibration, fairness and robustness of a face model."""

from __future__ import annotations

import argparse
import datetime
import json
import sys
from pathlib import Path
from typing import Any

from device.commands.command_line import SubParsers
from device.errors import UserError
from tools.commands.options import add_data, at_least, data_folder
from tools.places import MODELS, quiet_tensorflow

SECTIONS = ("accuracy", "calibration", "fairness", "robustness")


def add_parser(subparsers: SubParsers) -> None:
    """Add the command and its options."""
    evaluate = subparsers.add_parser(
        "evaluate",
        help="accuracy, calibration, fairness and robustness of the .tflite that ships",
        description="Measure a model on FER-2013's and UTKFace's held-out splits, or on a folder "
        "of class folders with face crops. Compare models by --split validation; keep the test "
        "split for the final figures. Tables and pictures are written to RUNS/evaluate; those of "
        "some splits or sections to a folder of their own there.",
        epilog="example: wayside-tools evaluate --split validation   or: "
        "wayside-tools evaluate --only accuracy --compare fer   or: "
        "wayside-tools evaluate --folder my_faces --json",
    )
    evaluate.add_argument("--model", type=Path, default=MODELS / "face.tflite")
    add_data(evaluate)
    evaluate.add_argument("--folder", type=Path, help="measure DIR/<class>/<face crop> instead")
    evaluate.add_argument(
        "--split",
        choices=("validation", "test", "all"),
        default="all",
        help="default: all; for a --folder without splits this is all faces",
    )
    evaluate.add_argument(
        "--only",
        type=_sections,
        default=SECTIONS,
        metavar="SECTION,...",
        help=f"some of {','.join(SECTIONS)}; default: all",
    )
    evaluate.add_argument(
        "--compare",
        metavar="WHAT",
        help="another FILE.tflite, or fer (the PyPI package, installed into RUNS/environments), "
        "on the same faces",
    )
    evaluate.add_argument(
        "--limit", type=at_least(1), help="use at most this many faces of each split: a trial"
    )
    evaluate.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    evaluate.set_defaults(run=_evaluate)


def _sections(text: str) -> tuple[str, ...]:
    wanted = text.split(",")
    for name in wanted:
        if name not in SECTIONS:
            raise argparse.ArgumentTypeError(f"got {name!r}, takes some of {','.join(SECTIONS)}")
    return tuple(name for name in SECTIONS if name in wanted)


def _evaluate(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from device.inference.model_card import load_card

    labels = load_card(arguments.model).labels
    measure = _evaluate_parts if arguments.folder is None else _evaluate_folder
    report = measure(arguments, labels)
    if arguments.json:
        print(json.dumps(report))
    return 0


def _environments(arguments: argparse.Namespace) -> Path:
    """The folder of the virtual environments of baselines."""
    return Path(arguments.runs).resolve() / "environments"


def _evaluate_folder(arguments: argparse.Namespace, labels: tuple[str, ...]) -> dict[str, Any]:
    from device.recognition.recognise import emotion_output
    from tools.datasets.class_folders import read_class_folders
    from tools.datasets.import_issues import ImportIssues
    from tools.evaluation.class_folders import as_table, held_out, measure_folder, write
    from tools.evaluation.compare import ModelFile, open_baseline

    if arguments.only != SECTIONS:
        raise UserError("--only: not with --folder, which measures accuracy and calibration")
    models = [(arguments.model.name, ModelFile(arguments.model))]
    if arguments.compare is not None:
        baseline = open_baseline(arguments.compare, labels, _environments(arguments))
        models.append((baseline.name, baseline))
        if baseline.name == arguments.model.name:  # two files of one name
            models[0] = (str(arguments.model.resolve()), models[0][1])
    issues = ImportIssues()
    folder = read_class_folders(arguments.folder, labels, issues)
    for line in issues.lines():
        print(f"wayside-tools: {line}", file=sys.stderr)
    folder = held_out(folder, arguments.split, arguments.limit)
    reports = []
    for name, model in models:
        outputs = model.predict(folder.pictures)
        logits = outputs[emotion_output(outputs)]
        reports.append(measure_folder(name, logits, folder, labels))
    name = arguments.folder.resolve().name
    out = arguments.runs / "evaluate" / f"folder {name}"
    made = write(reports, f"{name}, {arguments.split}", out)
    if not arguments.json:
        print(f"{as_table(reports)}\n\n{out}: {', '.join(path.name for path in made)}")
    return reports[0] | ({"compare": reports[1]} if len(reports) > 1 else {})


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
    from tools.evaluation.compare import compare, open_baseline
    from tools.evaluation.evaluate import evaluate
    from tools.evaluation.report import as_report, draw, summary
    from tools.training.model_cards import sha256_of

    if labels != EMOTIONS:
        raise UserError(
            f"{arguments.model}: predicts {', '.join(labels)}, for which no public dataset has "
            "labels; --folder measures it on your own class folders"
        )
    baseline = None
    if arguments.compare is not None:
        baseline = open_baseline(arguments.compare, labels, _environments(arguments))
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
    found, outputs = evaluate(arguments.model, datasets, chosen, arguments.only)
    if sha256_of(arguments.model) != report["sha256"]:
        raise UserError(f"{arguments.model}: the file changed meanwhile; run it again")
    report |= found
    if baseline is not None:
        held_out = {
            f"{name} {SPLITS[split]}": faces.only(split)
            for split in chosen
            for name, faces in datasets.items()
        }
        report["compare"] = compare(baseline, held_out, outputs)
    folder = _folder_of(arguments)
    folder.mkdir(parents=True, exist_ok=True)
    report["pictures"] = [str(path) for path in draw(report, folder, labels)]
    (folder / "report.md").write_text(as_report(report), encoding="utf-8")
    (folder / "report.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
    if not arguments.json:
        print(summary(report))
        print(f"\n{folder}: report.md, report.json, {len(report['pictures'])} PNG")
    return report
