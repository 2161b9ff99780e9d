"""The error that a user can fix: one line that says what is wrong, where, and what to do."""


class UserError(Exception):
    """A wrong file, option or device; `str()` is the line to print, without a traceback."""
