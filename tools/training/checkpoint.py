"""Checkpoints after each epoch, from which an interrupted run continues.

Guarantees: `state.npz` and `history.json` are complete, or those of the epoch before; a folder with
a run of another recipe, other faces or another start is refused.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from device.errors import UserError
from tools.scoring.plots import draw_history

History = list[dict[str, float]]
"""One row for each epoch."""

DRAWN_EVERY_S = 30.0
"""Drawing takes a second, which is much where an epoch of a few faces takes less."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """folder: of one run. settings: everything that distinguishes it from another, as JSON."""

    folder: Path
    settings: Mapping[str, Any]

    def begin(self) -> None:
        """Make the folder and write `settings` into it.

        Raises:
            UserError: it holds another run.
        """
        self.refuse_another()
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace(self._recipe, json.dumps(self.settings, indent=1))

    def refuse_another(self) -> None:
        """Raise UserError if the folder holds a run with other settings.

        A setting that only one of both has is ignored, since its default changes nothing, and so is
        the dtype policy of another machine.
        """
        past = _read(self._recipe, {})
        asked = json.loads(json.dumps(self.settings))
        for key in sorted(past.keys() & asked.keys() - {"policy"}):
            if past[key] != asked[key]:
                raise UserError(
                    f"{self._recipe}: made with another {key.replace('_', ' ')} ({past[key]}, now "
                    f"{asked[key]}); delete the folder, or use another --runs"
                )

    @property
    def history(self) -> History:
        """Rows of the finished epochs."""
        return _read(self.folder / "history.json", [])

    def save(self, model: keras.Model, history: History, **others: Sequence[np.ndarray]) -> None:
        """Write weights, optimizer, `others` (lists of arrays by name) and history.

        The history is drawn too, unless the run began or that was done less than `DRAWN_EVERY_S`
        ago.
        """
        lists = {
            "model": model.get_weights(),
            "optimizer": [variable.numpy() for variable in model.optimizer.variables],
            **others,
        }
        arrays = {
            f"{name}/{i}": array for name, some in lists.items() for i, array in enumerate(some)
        }
        part = self._state.with_suffix(".part.npz")
        np.savez(part, history=json.dumps(history), **arrays)
        part.replace(self._state)
        _replace(self.folder / "history.json", json.dumps(history, indent=1))
        last = self._plot if self._plot.exists() else self._recipe
        if time.time() - last.stat().st_mtime >= DRAWN_EVERY_S:
            self.draw(history)

    def draw(self, history: History) -> None:
        """Draw the history as `history.png`."""
        if history:
            draw_history(history, self._plot)

    def restore(self, model: keras.Model, *others: str) -> tuple[History, list[list[np.ndarray]]]:
        """Restore a compiled model; returns the history and the other lists, by name.

        Without a checkpoint the model is left as it is and everything returned is empty.
        """
        if not self._state.exists():
            return [], [[] for _ in others]
        with np.load(self._state) as state:

            def arrays(name: str) -> list[np.ndarray]:
                count = sum(key.startswith(f"{name}/") for key in state.files)
                return [state[f"{name}/{i}"] for i in range(count)]

            model.set_weights(arrays("model"))
            model.optimizer.build(model.trainable_variables)
            for variable, value in zip(model.optimizer.variables, arrays("optimizer"), strict=True):
                variable.assign(value)
            return json.loads(str(state["history"])), [arrays(name) for name in others]

    @property
    def _plot(self) -> Path:
        return self.folder / "history.png"

    @property
    def _recipe(self) -> Path:
        return self.folder / "recipe.json"

    @property
    def _state(self) -> Path:
        return self.folder / "state.npz"


def _read(path: Path, default: Any) -> Any:
    return json.loads(path.read_text()) if path.exists() else default


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)
