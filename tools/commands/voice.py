"""The voice network's part of `train`, `convert` and `evaluate`."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from tools.commands.options import data_folder
from tools.places import MODELS


def add_voice(parser: argparse.ArgumentParser, does: str) -> None:
    """Add `--voice`. does: what the command does to the voice network."""
    parser.add_argument("--voice", action="store_true", help=f"{does}, from voice.zip")


def train_voice(arguments: argparse.Namespace, command: str) -> int:
    """`train --voice`: every run that is not finished, then the model and its card."""
    from tools.datasets.voice import load_voice
    from tools.scoring.voice import as_table
    from tools.training.voice import VoiceRecipe
    from tools.training.voice_export import train_voice as train

    recipe = VoiceRecipe(seed=arguments.seed)
    if arguments.epochs is not None:
        recipe = replace(recipe, epochs=arguments.epochs)
    out = arguments.out or MODELS
    dataset = load_voice(data_folder(arguments))
    card = train(dataset, arguments.runs, out, recipe, command, arguments.folds)
    print(as_table(card["metrics"]))
    print(f"{out}: voice.tflite, its source and card")
    return 0


def convert_voice(network: Any, arguments: argparse.Namespace, command: str) -> dict[str, Any]:
    """`convert` of a voice network: the card, whose figures are of the held-out speakers."""
    from tools.datasets.voice import load_voice
    from tools.training.voice_export import convert_voice as convert

    dataset = load_voice(data_folder(arguments))
    return convert(network, arguments.source, arguments.out, dataset, command)


def evaluate_voice(arguments: argparse.Namespace) -> int:
    """`evaluate --voice`: the `.tflite` on held-out speakers, and the runs if they are there."""
    from tools.datasets.voice import load_voice
    from tools.scoring.voice import as_table
    from tools.training.voice_export import evaluate

    model: Path = arguments.model or MODELS / "voice.tflite"
    report = evaluate(model, load_voice(data_folder(arguments)), arguments.runs)
    print(json.dumps(report) if arguments.json else as_table(report))
    return 0
