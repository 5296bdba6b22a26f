"""Errors that a person can act on. Each carries the exit code of the command it ends."""


class DreamcodeError(Exception):
    """Base of all errors that the command line prints as one line, without a traceback."""

    exit_code = 3


class InputError(DreamcodeError):
    """What the user gave cannot be used; the message names it and the remedy."""

    exit_code = 2


class TooLongError(InputError):
    """A problem or a program does not fit what a model reads; others may."""


class InfrastructureError(DreamcodeError):
    """A model server, the sandbox or the disk failed; nothing already computed is lost."""

    exit_code = 3


class DiskError(InfrastructureError):
    """The disk does not take a record: whatever else were computed would be lost."""


def shown(value: object, width: int = 60) -> str:
    """`repr` of a value, shortened in the middle so that an error stays one line."""
    text = repr(value)
    half = width // 2
    return text if len(text) <= width else f"{text[:half]}...{text[-half:]}"
