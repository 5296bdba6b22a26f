"""Trouble that is ours, not the program's."""


class SandboxError(Exception):
    """The sandbox could not do its work; says what is wrong and what to type next.

    Attributes:
        remedy: the next thing to do, as one sentence.
    """

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message, remedy)  # both, so that it can be sent to another process
        self.remedy = remedy

    def __str__(self) -> str:
        return " ".join(self.args).strip()


class UnusablePythonError(SandboxError):
    """The Python that was asked for cannot run programs, or is not there."""

    exit_code = 2
