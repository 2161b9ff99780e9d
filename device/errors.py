"""The one error that a person can mend: a single line that says what, where and what to do."""


class UserError(Exception):
    """Something outside the program is wrong; `str()` is the line to print, without a traceback."""
