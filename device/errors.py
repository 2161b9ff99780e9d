"""The error that a user can fix: one line that says what is wrong, where, and what to do."""


class UserError(Exception):
    """A wrong file, option or device; `str()` is the line to print, without a traceback."""


LONGEST_VALUE = 80
"""Characters of a value that an error repeats."""


def quoted(value: object) -> str:
    """A value as an error repeats it: in Python's quotes, and not longer than people read."""
    text = repr(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[:LONGEST_VALUE]}..."
