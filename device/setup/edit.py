"""Changes single values of a YAML file and leaves every other character as it was.

An operator's comments, order and blank lines stay: a value is replaced where it stands, and a key
that is not there is written at the beginning of its section. Guarantee: the result is read back
before it is returned, and has the values that were asked for and all the others.
"""

from __future__ import annotations

from collections.abc import Mapping

import yaml

from device.errors import UserError

Value = str | int | float | bool | None | list[str] | list[int]
"""What a key can be set to."""


def with_settings(text: str, settings: Mapping[str, Value]) -> str:
    """The text of a configuration with these values.

    settings: by their paths, of one or two names such as `site` or `place.latitude`.

    Raises:
        UserError: the text is no YAML, or is written in a way that this cannot change.
    """
    try:
        wanted = yaml.safe_load(text) or {}
        changed = text
        for path, value in settings.items():
            section, _, name = path.rpartition(".")
            (wanted if not section else _section(wanted, section))[name] = value
            changed = _with(changed, section, name, value)
        if yaml.safe_load(changed) == wanted:
            return changed
    except (yaml.YAMLError, AttributeError, TypeError):
        pass  # said below, as for what YAML takes and this does not
    raise UserError("the configuration cannot be changed by a program; edit it by hand")


def _section(wanted: dict[str, dict[str, Value]], name: str) -> dict[str, Value]:
    if wanted.get(name) is None:
        wanted[name] = {}
    return wanted[name]


def _with(text: str, section: str, name: str, value: Value) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    line = f"{name}: {_written(value)}"
    where = root
    if section:
        found = _find(root, section)
        if found is None:
            return f"{text.rstrip()}\n\n{section}:\n  {line}\n".lstrip("\n")
        key, where = found
        if not isinstance(where, yaml.MappingNode):
            at = key.end_mark.index + 1
            return f"{text[:at]}\n  {line}{text[max(at, _end(where, text)) :]}"
    if not isinstance(where, yaml.MappingNode):  # an empty file
        return f"{text}{line}\n"
    found = _find(where, name)
    if found is not None:
        key, old = found
        at = key.end_mark.index + 1
        start = old.start_mark.index if isinstance(old, yaml.ScalarNode) and old.value else at
        blank = " " * (start == at)
        return f"{text[:start]}{blank}{_written(value)}{text[max(at, _end(old, text)) :]}"
    if where.flow_style:
        at = where.start_mark.index + 1
        return f"{text[:at]}{line}{', ' * bool(where.value)}{text[at:]}"
    at = where.start_mark.index
    return f"{text[:at]}{line}\n{' ' * where.start_mark.column}{text[at:]}"


def _find(node: yaml.Node | None, name: str) -> tuple[yaml.Node, yaml.Node] | None:
    pairs = node.value if isinstance(node, yaml.MappingNode) else ()
    return next(((key, value) for key, value in pairs if key.value == name), None)


def _end(node: yaml.Node, text: str) -> int:
    """Where a value ends, without the comments and blank lines that YAML counts to a block."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
        last = node.value[-1]
        return _end(last[1] if isinstance(last, tuple) else last, text)
    return len(text[: node.end_mark.index].rstrip())


def _written(value: Value) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, width=10_000)
    return text.removesuffix("...\n").strip()
