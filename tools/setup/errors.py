"""The error of set-up: what is wrong and how to mend it, for a person, without a traceback."""


class SetupError(Exception):
    """Set-up can't go on. The message says what is missing or failed, and how to get or mend it."""
