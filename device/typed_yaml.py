"""Typed YAML: reads every file that people write; a mistake in one is one line of error.

The line names the file, the path of the key, what it got and what it takes. A value out of bounds
is never corrected, an unknown key is never ignored, and a key given twice is refused, since YAML
would silently drop the first. Guarantee: no password is in a line, wherever it was written.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any, TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, SecretStr, ValidationError
from pydantic.fields import FieldInfo

from device.addresses import shown
from device.errors import UserError, quoted


class Section(BaseModel):
    """A part of a file: immutable, and unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True)


S = TypeVar("S", bound=Section)

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

PLAIN = {
    "string": "text",
    "path": "the path of a file or folder",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "tuple": "a list, such as [a, b]",
    "list": "a list, such as [a, b]",
    "dict": "keys and values",
}
"""What a field takes, by the beginning of pydantic's name for the mistake."""

SYNTAX = {
    "cannot start any token": "a value begins with a character that YAML keeps for itself",
    "could not determine a constructor": "a value begins with ! or is a sign of YAML's own",
    "unhashable key": "a key that is a list or a section, such as {{ }} where a value should be",
    "found undefined alias": "a value begins with *",
    "mapping values are not allowed": "a colon and a blank inside a value",
}
"""Plainer words for messages of the YAML library, by a piece of them. One of them quotes the value,
which may be a password."""

READ_AS: dict[type, str] = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    date: "a date",
    type(None): "nothing",
}
"""How YAML understands text without quotes that is not a text to it."""


def read_yaml(path: Path, model: type[S], *, named_by: str) -> S:
    """Read and check a file. named_by: the option or key that names the file, for errors.

    Raises:
        UserError: no such file, not YAML, an unknown or repeated key, or a bad value.
    """
    text = _text(path, named_by)
    try:
        loader = LOADER(text)
        root = loader.get_single_node()
        repeated = list(_repeated(root))  # before << is merged: what stands beside it wins
        data = loader.construct_document(root) if root else None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        raise UserError(f"{path}{line}: not valid YAML: {_problem(error, text)}") from None
    for first, second in repeated:
        # After a colon without a blank the key may go on with a password.
        name = shown(str(second.value).partition(":")[0])
        raise UserError(
            f"{path}:{second.start_mark.line + 1}: `{name}` is given twice, "
            f"first in line {first.start_mark.line + 1}; keep one of them"
        )
    for key in _cut_secrets(root, model, text):
        raise UserError(
            f"{path}:{key.start_mark.line + 1}: {key.value}: a # may begin a comment, and an & a "
            "name; put the whole value in quotes"
        )
    try:
        return model.model_validate({} if data is None else data)
    except ValidationError as error:
        raise UserError(f"{path}: {_describe(error, model, root)}") from None


def _text(path: Path, named_by: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        file = shown(str(path))
        raise UserError(f"{file}: cannot be read ({error.strerror}); {named_by} names it") from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise UserError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from None


def _problem(error: Exception, text: str) -> str:
    """What is wrong with the syntax, and what to do, without a piece of the file."""
    mark, problem = getattr(error, "problem_mark", None), getattr(error, "problem", None)
    if mark and re.match(r" *\t", _line(text, mark)):
        return "a tab; indent with blanks"
    if "another document" in str(problem):
        return "a second document begins with ---; keep one"
    plain = next((words for piece, words in SYNTAX.items() if piece in str(problem)), problem)
    return (
        f"{plain or 'a value or a character that YAML does not take'}; check the indentation, and "
        "put a value with special characters in quotes"
    )


def _line(text: str, mark: yaml.Mark) -> str:
    """The line that a mark is in; empty at the end of the file."""
    return next(iter(text.splitlines()[mark.line :]), "")


def _repeated(root: yaml.Node | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """Keys that their section has already, each with the first of that name."""
    waiting, done = [root], set[int]()
    while waiting:
        node = waiting.pop()
        if id(node) in done:  # an alias
            continue
        done.add(id(node))
        if isinstance(node, yaml.MappingNode):
            seen: dict[tuple[str, str], yaml.Node] = {}
            for key, value in node.value:
                first = seen.setdefault((key.tag, str(key.value)), key)
                if first is not key:
                    yield first, key
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting += node.value


def _cut_secrets(
    node: yaml.Node | None, model: type[Section], text: str
) -> Iterator[yaml.ScalarNode]:
    """Keys of secrets without quotes whose line has a # or & that may belong to them, and of
    addresses whose login may be cut by a #."""
    for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
        field = model.model_fields.get(str(key.value))
        if field is None:
            continue
        if isinstance(value, yaml.ScalarNode) and value.style in (None, ""):
            line = _line(text, key.end_mark)[key.end_mark.column :]
            pattern = r"^\s*:\s*&|#\S" if _is_secret(field) else r"://.*\s#.*@"
            if re.search(pattern, line) or (_is_secret(field) and "#" in value.value):
                yield key
        for section in _sections(field):
            yield from _cut_secrets(value, section, text)


def _describe(error: ValidationError, model: type[Section], root: yaml.Node | None) -> str:
    """The first mistake: path of the key, what it got, what it takes."""
    first = error.errors(include_url=False)[0]
    path = [str(part) for part in first["loc"] if part != "[key]"]
    key, kind = shown(".".join(path)) or "the file", first["type"]
    if kind == "extra_forbidden":
        known = list(_fields(model, path[:-1]))
        close = difflib.get_close_matches(path[-1], known, n=1)
        fix = f"did you mean `{close[0]}`?" if close else f"takes {', '.join(known)}"
        if ":" in path[-1]:  # what follows may be a password
            key, fix = key.partition(":")[0], "a blank belongs after the colon"
        return f"{key}: unknown key; {fix}"
    if kind == "missing":
        return f"{key}: is missing"
    field = _fields(model, path[:-1]).get(path[-1]) if path else None
    about = f" ({field.description})" if field is not None and field.description else ""
    secret = field is not None and _is_secret(field)
    got = first["input"]
    written = _written(root, path)
    of_key = kind == "invalid_key" or first["loc"][-1:] == ("[key]",)
    if of_key and isinstance(got, tuple(READ_AS)):
        section = shown(".".join(path[:-1])) or "the file"
        read_as = _read_as(got)
        comma = ", or write a point for a comma before it" if read_as == "a number" else ""
        return f"{section}: a key is read as {read_as}; put it in quotes{comma}"
    if (
        kind in ("string_type", "path_type")
        and isinstance(got, tuple(READ_AS))
        and (written or got is not None)
    ):
        what = shown(written or str(got))
        name = "" if path[-1].isdigit() else f"{path[-1]}: "
        it, quoted = ("", "") if secret else (f"{what} ", f', as in {name}"{what}"')
        return f"{key}: {it}is read as {_read_as(got)}; put it in quotes{quoted}{about}"
    # A section that breaks a rule would not fit into the line; the rule names its keys.
    hidden = secret or (kind == "value_error" and isinstance(got, dict | BaseModel))
    value = "" if hidden else _shown_value(got, written, model, path)
    return f"{key}: {value}takes {_takes(first, model, path)}{about}"


def _read_as(got: object) -> str:
    return next(words for known, words in READ_AS.items() if isinstance(got, known))


def _takes(mistake: Any, model: type[Section], path: list[str]) -> str:
    kind: str = mistake["type"]
    if kind in ("model_type", "model_attributes_type"):
        known = next(iter(_fields(model, path)), "")
        blank = ", each with a blank after the colon" if isinstance(mistake["input"], str) else ""
        return "keys and values" + (f", such as `{known}: ...`{blank}" if known else blank)
    if kind == "int_from_float":
        return PLAIN["int"]
    if kind.endswith(("_type", "_parsing")) and kind.partition("_")[0] in PLAIN:
        comma = isinstance(mistake["input"], str) and re.fullmatch(r"-?\d+,\d+", mistake["input"])
        return PLAIN[kind.partition("_")[0]] + (", with a point" if comma else "")
    if kind == "too_short":
        return f"at least {mistake['ctx']['min_length']}"
    if kind == "too_long":
        return f"at most {mistake['ctx']['max_length']}, and a point in a number, no comma"
    takes = str(mistake.get("ctx", {}).get("expected") or mistake["msg"])
    if kind == "literal_error" and mistake["input"] in re.split(r", | or ", takes):
        takes += ", without quotes"
    for beginning in ("Input should be ", "Value error, "):
        takes = takes.removeprefix(beginning)
    return takes


def _shown_value(got: object, written: str, model: type[Section], path: list[str]) -> str:
    """What a key got, in a few words. In a file with passwords one may be in a whole section, in a
    list, or where a section should be: these are not repeated."""
    if got is None:
        return "is empty; "
    if isinstance(got, BaseModel):
        return ""
    if _holds_secrets(model):
        if isinstance(got, dict):
            return ""
        if isinstance(got, list | tuple) and not all(isinstance(n, int | float) for n in got):
            return "got a list, "
        if isinstance(got, str):
            return "got text, " if _fields(model, path) else f"got {quoted(shown(got))}, "
    return f"got {written if written and not isinstance(got, str) else quoted(got)}, "


def _written(node: yaml.Node | None, path: list[str]) -> str:
    """The value at a path as it stands in the file, so that 007 is not reported as 7."""
    for part in path:
        if isinstance(node, yaml.MappingNode):
            node = next((value for key, value in node.value if key.value == part), None)
        elif isinstance(node, yaml.SequenceNode):
            with suppress(ValueError):
                node = node.value[int(part)]
    return str(node.value) if isinstance(node, yaml.ScalarNode) else ""


def _fields(model: type[Section], path: list[str]) -> dict[str, FieldInfo]:
    """Fields of the section at `path`; empty where there is no section."""
    section: type[Section] | None = model
    for name in path:
        field = section.model_fields.get(name) if section else None
        section = next(_sections(field), None) if field else None
    return dict(section.model_fields) if section else {}


def _sections(field: FieldInfo) -> Iterator[type[Section]]:
    """The sections among the types that a field takes."""
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, Section):
            yield kind


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in (field.annotation, *get_args(field.annotation))


def _holds_secrets(model: type[Section]) -> bool:
    return any(
        _is_secret(field) or any(_holds_secrets(section) for section in _sections(field))
        for field in model.model_fields.values()
    )
