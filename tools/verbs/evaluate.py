"""`wayside-tools evaluate`: what a face model is worth."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from tools.places import MODELS, add_data, data_folder, quiet_tensorflow


def register(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb and what it does."""
    evaluate = subparsers.add_parser(
        "evaluate",
        help="accuracy, age error and more of the .tflite that ships",
        description="Measure a model on FER-2013's and UTKFace's held-out parts, or on a folder "
        "of class folders with face crops. Choose by --part validation; test is for the end.",
        epilog="example: wayside-tools evaluate --json   or: "
        "wayside-tools evaluate --folder my_faces --json",
    )
    evaluate.add_argument("--model", type=Path, default=MODELS / "face.tflite")
    add_data(evaluate)
    evaluate.add_argument("--folder", type=Path, help="DIR/<emotion>/<face crop>, instead")
    evaluate.add_argument("--part", choices=("validation", "test", "all"), default="all")
    evaluate.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    evaluate.set_defaults(run=_evaluate)


def _evaluate(arguments: argparse.Namespace) -> int:
    quiet_tensorflow()
    from device.vision.card import load_card

    labels = load_card(arguments.model).labels
    if arguments.folder is not None:
        report = _evaluate_folder(arguments, labels)
    else:
        report = _evaluate_parts(arguments)
    if arguments.json:
        print(json.dumps(report))
    return 0


def _evaluate_folder(arguments: argparse.Namespace, labels: tuple[str, ...]) -> dict[str, object]:
    from tools.faces.folders import read_folder
    from tools.measuring.evaluate import measure_folder

    folder = read_folder(arguments.folder, labels)
    report = measure_folder(arguments.model, folder, labels)
    for reason in folder.skipped:
        print(f"wayside-tools: skipped {reason}", file=sys.stderr)
    if not arguments.json:
        print(f"{report['faces']} faces, accuracy {report['accuracy']}, F1 {report['macro_f1']}")
        for label, figures in report["classes"].items():
            print(f"  {label:10} {figures['recall']:.3f} of {figures['faces']}")
    return report


def _evaluate_parts(arguments: argparse.Namespace) -> dict[str, object]:
    from tools.faces.datasets import TEST, VALIDATION
    from tools.learning.workshop import load_tables
    from tools.measuring.evaluate import as_markdown, measure_parts
    from tools.measuring.plots import draw_confusion

    parts = {"validation": (VALIDATION,), "test": (TEST,), "all": (VALIDATION, TEST)}
    tables = load_tables(data_folder(arguments), arguments.runs / "cache")
    report = measure_parts(arguments.model, tables, parts[arguments.part])
    for title, figures in report.items():
        if "confusion" in figures:
            draw_confusion(figures["confusion"], arguments.runs / "evaluate" / f"{title}.png")
    if not arguments.json:
        print(as_markdown(report))
    return {"model": arguments.model.name, "parts": report}
