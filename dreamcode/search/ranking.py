"""Which of the finished programs to trust most."""

import math
from collections.abc import Hashable, Sequence
from dataclasses import replace

from dreamcode.choosing import Select
from dreamcode.results import Program


def find_leaders(programs: Sequence[Program]) -> list[Program]:
    """Those that compile and pass the most public tests, in their order."""
    running = [program for program in programs if program.compiles]
    most = max((program.passed for program in running), default=0)
    return [program for program in running if program.passed == most]


def gather_classes(programs: Sequence[Program]) -> list[list[Program]]:
    """Programs that behave alike; one of which no behaviour is known is alone."""
    classes: dict[Hashable, list[Program]] = {}
    for place, program in enumerate(programs):
        classes.setdefault(program.behaviour or place, []).append(program)
    return list(classes.values())


def count_votes(programs: Sequence[Program], select: Select = "vote") -> list[Program]:
    """The programs, in their order, each with the votes of its class, copies included.

    A vote weighs its program's reward; one where no program has any, and with "majority".
    """
    alike = select == "majority" or all(program.reward is None for program in programs)
    votes: dict[int, float] = {}
    for members in gather_classes(programs):
        weights = [one.copies * (1.0 if alike else one.reward or 0.0) for one in members]
        votes |= dict.fromkeys(map(id, members), math.fsum(weights))
    return [replace(program, vote=votes[id(program)]) for program in programs]


def is_vote(select: Select) -> bool:
    """Whether programs that behave alike stand up for each other."""
    return select in ("vote", "majority")


def stand(program: Program, select: Select) -> tuple[float, ...]:
    """What decides between programs that pass equally many public tests; higher is better."""
    reward, vote = (-1.0 if one is None else one for one in (program.reward, program.vote))
    likelihood = -math.inf if program.mean_logprob is None else program.mean_logprob
    match select:
        case "vote":
            return vote, reward
        case "majority":
            return (vote,)
        case "reward":
            return (reward,)
        case "likelihood":
            return (likelihood,)
        case "tests":
            return ()


def rank(programs: Sequence[Program], select: Select) -> list[Program]:
    """Best first: what compiles, by public tests passed, then as `select` says.

    What is equal then is ordered by copies and mean log-likelihood.
    """
    return sorted(
        programs,
        key=lambda program: (
            program.compiles,
            program.passed,
            *stand(program, select),
            program.copies,
            *stand(program, "likelihood"),
        ),
        reverse=True,
    )
