"""How one of the finished programs is chosen: by tests, by votes, by rewards."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, get_args

from dreamcode.inputs.making import Source
from dreamcode.results import Program

Select = Literal["vote", "reward", "tests"]
SELECTS: tuple[Select, ...] = get_args(Select)

Stop = Literal["auto", "reward", "agreement", "never"]
STOPS: tuple[Stop, ...] = get_args(Stop)


@dataclass(frozen=True, slots=True)
class Choosing:
    """How a program is chosen, and when enough are written.

    Attributes:
        select: what decides among programs that pass equally many public tests: the summed
            rewards of all that behave alike ("vote"), a program's own ("reward"), or nothing.
        stop: "reward": a program passes the public tests and its reward reaches `stop_reward`;
            "agreement": programs agree, see `dreamcode.search.stopping`; "auto": by reward where
            rewards are calibrated chances, else by agreement; "never": all are written.
        stop_reward: the reward that is enough.
        agree: programs that must pass the public tests and behave alike.
        inputs: inputs of our own making that programs are compared on, at most.
        source: how these are made.
    """

    select: Select = "vote"
    stop: Stop = "auto"
    stop_reward: float = 0.3
    agree: int = 2
    inputs: int = 8
    source: Source = "auto"


def find_leaders(programs: Sequence[Program]) -> list[Program]:
    """Those that compile and pass the most public tests, in their order."""
    running = [program for program in programs if program.compiles]
    most = max((program.passed for program in running), default=0)
    return [program for program in running if program.passed == most]


def gather_classes(programs: Sequence[Program]) -> dict[Hashable, list[Program]]:
    """Programs that behave alike; one of which no behaviour is known is alone."""
    classes: dict[Hashable, list[Program]] = {}
    for place, program in enumerate(programs):
        name: Hashable = (program.passed, program.behaviour) if program.behaviour else place
        classes.setdefault(name, []).append(program)
    return classes


def count_votes(programs: Sequence[Program]) -> list[Program]:
    """The programs with their votes: the summed rewards of each one's class, copies included.

    Where no program has a reward, each counts as one.
    """
    rated = any(program.reward is not None for program in programs)
    voted: dict[int, float] = {}
    for own in gather_classes(programs).values():
        weights = ((one.reward or 0.0) if rated else 1.0 for one in own)
        vote = math.fsum(w * one.copies for w, one in zip(weights, own, strict=True))
        voted |= {id(one): vote for one in own}
    return [replace(program, vote=voted[id(program)]) for program in programs]


def rank(programs: Sequence[Program], select: Select) -> list[Program]:
    """Best first: what compiles, by public tests passed, then as `select` says.

    That is the vote, the reward, or neither; then copies and mean log-likelihood decide.
    """

    def merit(program: Program) -> tuple[bool, int, float, float, int, float]:
        return (
            program.compiles,
            program.passed,
            _known(program.vote) if select == "vote" else 0.0,
            _known(program.reward) if select != "tests" else 0.0,
            program.copies,
            -math.inf if program.mean_logprob is None else program.mean_logprob,
        )

    return sorted(programs, key=merit, reverse=True)


def _known(number: float | None) -> float:
    return -1.0 if number is None else number
