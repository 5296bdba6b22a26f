"""A coding assistant that writes a program one function at a time.

Method: DreamPRM-Code, arXiv 2512.15000. docs/api.md says how to use it from Python.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dreamcode import search as searches
    from dreamcode.policies.policy_names import open_policy
    from dreamcode.problems.read import read_problem
    from dreamcode.rewards.reward_names import open_reward
    from dreamcode.solver import solve
    from dreamcode_sandbox import open_sandbox

__version__ = "0.1.0"
__all__ = ["open_policy", "open_reward", "open_sandbox", "read_problem", "searches", "solve"]

_HOMES = {
    "open_policy": "dreamcode.policies.policy_names",
    "open_reward": "dreamcode.rewards.reward_names",
    "open_sandbox": "dreamcode_sandbox",
    "read_problem": "dreamcode.problems.read",
    "solve": "dreamcode.solver",
}


def __getattr__(name: str) -> Any:
    # Loaded when it is used: the command line answers at once.
    if name == "searches":
        return import_module("dreamcode.search")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
