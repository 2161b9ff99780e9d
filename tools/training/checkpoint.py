"""Where a training stands, kept after every epoch, so that one that was killed goes on from there.

Promises: `state.npz` and `history.json` are whole, or those of the epoch before; a folder that
another recipe, other faces or another beginning made is refused, never gone on with.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from device.errors import UserError
from tools.scoring.plots import draw_history

History = list[dict[str, float]]
"""A row for each epoch."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """folder: of one training. made_of: all that tells it from another, as JSON can have it."""

    folder: Path
    made_of: Mapping[str, Any]

    def begin(self) -> None:
        """Make the folder, and write into it what the training is made of.

        Raises:
            UserError: it holds another training.
        """
        self.refuse_another()
        self.folder.mkdir(parents=True, exist_ok=True)
        _replace(self._recipe, json.dumps(self.made_of, indent=1))

    def refuse_another(self) -> None:
        """Raise UserError where what lies in the folder is not what is asked for.

        A setting that has come since then is no difference, its default changes nothing; nor is the
        arithmetic of another machine.
        """
        past = _read(self._recipe, {})
        asked = json.loads(json.dumps(self.made_of))
        for key in sorted(past.keys() & asked.keys() - {"policy"}):
            if past[key] != asked[key]:
                raise UserError(
                    f"{self._recipe}: made with another {key.replace('_', ' ')} ({past[key]}, now "
                    f"{asked[key]}); delete the folder, or use another --runs"
                )

    @property
    def history(self) -> History:
        """Of the epochs that are done."""
        return _read(self.folder / "history.json", [])

    def keep(self, model: keras.Model, history: History, **others: Sequence[np.ndarray]) -> None:
        """Weights, optimizer and `others`, lists of arrays by name; and the history, also drawn."""
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
        draw_history(history, self.folder / "history.png")

    def restore(self, model: keras.Model, *others: str) -> tuple[History, list[list[np.ndarray]]]:
        """Put a compiled model where it was; returns the history and the other lists, by name.

        Where nothing is kept the model stays as it is and all that is returned is empty.
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
    def _recipe(self) -> Path:
        return self.folder / "recipe.json"

    @property
    def _state(self) -> Path:
        return self.folder / "state.npz"


def _read(path: Path, otherwise: Any) -> Any:
    return json.loads(path.read_text()) if path.exists() else otherwise


def _replace(path: Path, text: str) -> None:
    part = path.with_suffix(".part")
    part.write_text(text)
    part.replace(path)
