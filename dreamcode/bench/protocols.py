"""Settings that others publish numbers by, under one name."""

from dataclasses import dataclass, field
from typing import Any

from dreamcode.errors import InputError


@dataclass(frozen=True, slots=True)
class Protocol:
    """What a name stands for.

    Attributes:
        settings: what it sets, by the names in dreamcode.toml.
        reward_model: whether a reward model has to choose.
    """

    settings: dict[str, Any] = field(default_factory=dict)
    reward_model: bool = False


PROTOCOLS = {
    # LiveCodeBench's lcb_runner: pass@k of independent answers, nothing is chosen.
    "livecodebench": Protocol(
        {
            "prompt": "plain",
            "search": "best-of-n",
            "n": 10,
            "stop": "never",
            "select": "tests",
            "temperature": 0.2,
            "top_p": 0.95,
            "max_step_tokens": 2000,
            "reward": "none",
            "public_tests": False,
            "time_limit": 6.0,
        }
    ),
    # DreamPRM-Code (arXiv 2512.15000): the reward model alone chooses among CoF programs.
    "dreamprm": Protocol(
        {
            "prompt": "cof",
            "grain": "program",
            "search": "best-of-n",
            "stop": "never",
            "select": "reward",
            "public_tests": False,
            "time_limit": 6.0,
        },
        reward_model=True,
    ),
}


def find_protocol(name: str | None) -> Protocol:
    """The protocol of that name; without one, nothing is fixed.

    Raises:
        InputError: there is no protocol of that name.
    """
    if name is None:
        return Protocol()
    if name not in PROTOCOLS:
        raise InputError(f"unknown protocol {name!r}; use {' or '.join(PROTOCOLS)}")
    return PROTOCOLS[name]
