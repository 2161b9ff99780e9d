"""Validates real output against the schemas in `docs/schemas/`, and finds keys they do not declare.

valid("suggestions", payload)
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

SCHEMAS = Path(__file__).resolve().parent.parent / "docs" / "schemas"

TIMES = FormatChecker(formats=())


@TIMES.checks("date-time", raises=ValueError)
def _is_time(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def valid(name: str, message: Any) -> None:
    """Fail where a message is not as its schema says, or has a key that it does not declare."""
    schema = json.loads((SCHEMAS / f"{name}.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(_closed(schema), format_checker=TIMES).validate(message)


def _closed(schema: Any) -> Any:
    """The same schema without the freedom to add keys."""
    if isinstance(schema, list):
        return [_closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: _closed(part) for key, part in schema.items()}
    return {"additionalProperties": False, **closed} if "properties" in schema else closed
