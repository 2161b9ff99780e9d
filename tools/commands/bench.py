"""`wayside-tools bench`: the time of a frame, step by step, relative to its bare model calls.

`tools/timing.py` measures; this module prints, for people or as one JSON object.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from device.commands.command_line import SubParsers, add_config
from device.config import Config, load_config
from device.faces.detect import DETECTORS
from tools.places import ROOT

if TYPE_CHECKING:
    from tools.catalogue_timing import CatalogueTimings
    from tools.timing import Timings


def add_parser(verbs: SubParsers) -> None:
    """Add `bench` to the command line."""
    parser = verbs.add_parser(
        "bench",
        help="speed and memory of the corridor",
        description="Time the corridor step by step, and a kiosk's memory and idle load.",
        epilog="example: wayside-tools bench --detector blazeface --json",
    )
    add_config(parser)
    parser.add_argument("--detector", choices=("auto", *DETECTORS))
    parser.add_argument("--frames", type=int, default=600, help="frames of each scene")
    parser.add_argument("--json", action="store_true", help="one object instead of a table")
    parser.add_argument(
        "--catalogue",
        type=int,
        nargs="?",
        const=0,
        metavar="ITEMS",
        help="time building and matching instead, with so many made-up items; without a number, "
        "matching with yours",
    )
    parser.add_argument(
        "--speech", action="store_true", help="time until the screen is heard instead"
    )
    parser.add_argument(
        "--page", action="store_true", help="processor time of the page's browser instead"
    )
    parser.add_argument("--soak", type=int, metavar="FRAMES", help="memory over this many frames")
    parser.add_argument(
        "--against", type=Path, metavar="DIR", help="compare with another checkout, in turns"
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Measure and print."""
    from tools import against, timing  # here, since they import the whole kiosk

    config = load_config(arguments.config)
    if arguments.speech:
        from tools.speech_timing import report

        for line in report():
            print(line, flush=True)
        return 0
    if arguments.page:
        from tools.screen_load import report as page_report

        for line in page_report():
            print(line, flush=True)
        return 0
    if arguments.detector:
        vision = config.vision.model_copy(update={"detector": arguments.detector})
        config = config.model_copy(update={"vision": vision})
    if arguments.soak:
        early, late = timing.soak(config, arguments.soak)
        print(f"resident MB after {timing.SOAK_WARM} frames: {early:.1f}")
        print(f"resident MB after {arguments.soak} frames: {late:.1f} ({late / early - 1:+.1%})")
        return 0
    if arguments.catalogue is not None:
        from tools.catalogue_timing import measure_catalogue

        figures = measure_catalogue(config, arguments.catalogue)
        print(json.dumps(asdict(figures)) if arguments.json else _catalogue(figures))
        return 0
    if arguments.against:
        for faces in (1, 4):
            ratio, low, high = against.compare(
                ROOT, arguments.against, faces, config.vision.detector, arguments.frames
            )
            print(f"{faces} face(s): {ratio:.3f} times the other's frame ({low:.3f}-{high:.3f})")
        return 0
    one, four = (timing.measure(config, faces, arguments.frames) for faces in (1, 4))
    rss_mb, _ = timing.run_kiosk(config, "demo")
    _, idle_cpu = timing.run_kiosk(config, "nobody")
    if arguments.json:
        print(json.dumps({**_object(one), "rss_mb": rss_mb, "idle_cpu": idle_cpu,
                          "four": _object(four)}))  # fmt: skip
    else:
        print(_table(config, one, four, rss_mb, idle_cpu))
    return 0


def _catalogue(figures: CatalogueTimings) -> str:
    rows = {
        "new question, median": f"{figures.question_ms:.2f} ms",
        "95 of 100 questions within": f"{figures.slow_ms:.2f} ms",
        "bare pass beside it": f"{figures.bare_ms:.2f} ms",
        "ratio": f"{figures.ratio:.2f}",
        "open and ready": f"{figures.ready_s:.2f} s",
        "resident above an empty table": f"{figures.resident_mb:.0f} MB",
    }
    if figures.build_s is not None:
        rows["build from CSV"] = f"{figures.build_s:.1f} s"
        rows["of which a processor worked"] = f"{figures.build_cpu_s:.1f} s"
        rows["most resident while building"] = f"{figures.build_mb:.0f} MB"
    lines = [f"{name:31}{figure:>12}" for name, figure in rows.items()]
    return "\n".join([f"{figures.items} items", *lines])


def _object(timings: Timings) -> dict[str, Any]:
    return {
        "faces": timings.faces,
        "ratio": round(timings.ratio, 3),
        "ratio_interval": [round(end, 3) for end in timings.interval],
        "frame_ms": round(timings.frame_ms, 3),
        "detected_ms": round(timings.detected_ms, 3),
        "bare_ms": round(timings.bare_ms, 3),
        "steps_ms": {step: round(ms, 3) for step, ms in timings.steps_ms.items()},
    }


def _table(
    config: Config, one: Timings, four: Timings, rss_mb: float | None, idle_cpu: float
) -> str:
    rows = [("", f"{one.faces} face", f"{four.faces} faces")]
    rows += [
        (step, f"{one.steps_ms[step]:.3f}", f"{four.steps_ms[step]:.3f}") for step in one.steps_ms
    ]
    rows += [
        ("frame with detection", f"{one.detected_ms:.2f}", f"{four.detected_ms:.2f}"),
        ("its bare model calls", f"{one.bare_ms:.2f}", f"{four.bare_ms:.2f}"),
        ("ratio of the two", f"{one.ratio:.2f}", f"{four.ratio:.2f}"),
        ("its 95 % interval", *("{:.2f}-{:.2f}".format(*t.interval) for t in (one, four))),
        ("frame, all on average", f"{one.frame_ms:.2f}", f"{four.frame_ms:.2f}"),
    ]
    lines = [f"{name:24}{first:>10}{second:>10}" for name, first, second in rows]
    memory = "unknown" if rss_mb is None else f"{rss_mb:.0f} MB"
    return "\n".join(
        [
            f"milliseconds a frame, 640x480, detector {config.vision.detector}",
            *lines,
            f"resident memory of a kiosk: {memory}",
            f"load with nobody there, 15 frames a second: {100 * idle_cpu:.1f} % of one core",
        ]
    )
