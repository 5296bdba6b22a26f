"""Runs programs nobody trusts and says what they did. Knows nothing of models or of dreamcode."""

from typing import TYPE_CHECKING, Any

from dreamcode_sandbox.cases import CallTest, Limits, Report, Sandbox, StdinTest, Test, TestResult
from dreamcode_sandbox.comparison import Checker, Comparison
from dreamcode_sandbox.errors import SandboxError
from dreamcode_sandbox.verdicts import Verdict

if TYPE_CHECKING:
    from dreamcode_sandbox.opening import open_sandbox

__all__ = [
    "CallTest",
    "Checker",
    "Comparison",
    "Limits",
    "Report",
    "Sandbox",
    "SandboxError",
    "StdinTest",
    "Test",
    "TestResult",
    "Verdict",
    "open_sandbox",
]


def __getattr__(name: str) -> Any:
    # The machinery (asyncio, subprocess) loads when it is used: the words alone are cheap.
    if name == "open_sandbox":
        from dreamcode_sandbox.opening import open_sandbox

        return open_sandbox
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
