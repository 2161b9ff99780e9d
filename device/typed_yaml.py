"""Typed YAML: reads every file that people write; a mistake in one is one line of error.

The line names the file, the path of the key, what it got and what it takes. A value out of bounds
is never corrected, and an unknown key is never ignored.
"""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo

from device.errors import UserError


class Section(BaseModel):
    """A part of a file: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


S = TypeVar("S", bound=Section)

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path, model: type[S], *, named_by: str) -> S:
    """Read and check a file. named_by: the option or key that names the file, for errors.

    Raises:
        UserError: no such file, not YAML, an unknown key or a bad value.
    """
    try:
        data = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); {named_by} names it") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        where = getattr(error, "problem_mark", None)
        line = f":{where.line + 1}" if where else ""
        what = getattr(error, "problem", None) or "not UTF-8 text"
        raise UserError(f"{path}{line}: not valid YAML: {what}") from None
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as error:
        raise UserError(f"{path}: {_describe(error, model)}") from None


def _describe(error: ValidationError, model: type[Section]) -> str:
    """The first mistake: path of the key, what it got, what it takes."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part != "[key]"]
    key, kind = ".".join(path) or "the file", first["type"]
    if kind == "extra_forbidden":
        known = list(_fields(model, path[:-1]))
        close = difflib.get_close_matches(path[-1], known, n=1)
        fix = f"did you mean `{close[0]}`?" if close else f"takes {', '.join(known)}"
        return f"{key}: unknown key; {fix}"
    if kind == "missing":
        return f"{key}: is missing"
    takes = str(first.get("ctx", {}).get("expected") or first["msg"])
    for beginning in ("Input should be ", "Value error, "):
        takes = takes.removeprefix(beginning)
    if kind in ("model_type", "model_attributes_type") and _fields(model, path):
        takes = f"keys and values, such as `{next(iter(_fields(model, path)))}: ...`"
    field = _fields(model, path[:-1]).get(path[-1]) if path else None
    about = f" ({field.description})" if field is not None and field.description else ""
    got = first["input"]
    # A whole section would not fit into the line; the broken rule names its keys.
    shown = "" if kind == "value_error" and isinstance(got, dict | BaseModel) else f"got {got!r}, "
    return f"{key}: {shown}takes {takes}{about}"


def _fields(model: type[Section], path: list[str]) -> dict[str, FieldInfo]:
    """Fields of the section at `path`; empty where there is no section."""
    section: type[Section] | None = model
    for name in path:
        field = section.model_fields.get(name) if section else None
        kinds: tuple[Any, ...] = (field.annotation, *get_args(field.annotation)) if field else ()
        section = next((k for k in kinds if isinstance(k, type) and issubclass(k, Section)), None)
    return dict(section.model_fields) if section else {}
