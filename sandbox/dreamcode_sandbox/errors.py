"""Trouble that is ours, not the program's."""


class SandboxError(Exception):
    """The sandbox could not do its work; says what is wrong and what to type next.

    Attributes:
        remedy: the next thing to do, as one sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}".strip())
        self.remedy = remedy


class UnusablePythonError(SandboxError):
    """The Python that was asked for cannot run programs, or is not there."""

    exit_code = 2
