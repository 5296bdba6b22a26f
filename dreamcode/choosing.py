"""How one of the finished programs is chosen, and when enough are written."""

from dataclasses import dataclass
from typing import Literal

Select = Literal["vote", "reward", "majority", "likelihood", "tests"]
Stop = Literal["auto", "reward", "agreement", "never"]
Source = Literal["auto", "mutated", "written"]


@dataclass(frozen=True, slots=True)
class Choosing:
    """How one of the finished programs is chosen, and when enough are written.

    Attributes:
        select: what decides among programs that pass equally many public tests: the summed
            rewards of all that behave alike ("vote") or their number ("majority"), a program's
            own reward or likelihood, or nothing but the tests.
        stop: "reward": a program passes the public tests and its reward reaches `stop_reward`;
            "agreement": programs behave alike, see `dreamcode.search.stopping`; "auto": by reward
            where rewards are calibrated chances, else by agreement; "never": all are written.
        stop_reward: the reward that is enough.
        agree: programs that must pass the public tests and behave alike.
        inputs: inputs of our own making that programs are compared on, at most.
        source: how these are made, see `dreamcode.inputs.making`.
    """

    select: Select = "vote"
    stop: Stop = "auto"
    stop_reward: float = 0.3
    agree: int = 2
    inputs: int = 8
    source: Source = "auto"
