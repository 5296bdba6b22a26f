"""Repair: a program is kept up to where it seems to go wrong, and the rest is written anew.

Which program is decided by Thompson sampling: the belief in each begins with the reward of what
would be kept of it, and learns what came of writing on from there.
"""

import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate
from random import Random

from dreamcode.chain.prompts import describe_failure
from dreamcode.chain.syntax import parse_module
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy, derive_seed, wave_of
from dreamcode.problems import Problem
from dreamcode.results import last_line, shorten
from dreamcode.rewards.falls import find_fall
from dreamcode.rewards.reward import RewardModel
from dreamcode.search.beliefs import Belief, believe
from dreamcode.search.evidence import Evidence
from dreamcode.search.findings import Finding, find_out
from dreamcode.search.search import OnPrune, SearchOptions
from dreamcode.search.trials import Failure
from dreamcode.search.waves import write_in_waves, write_programs
from dreamcode_sandbox.verdicts import Verdict

FRESH = 0.25
"""Share of programs that are written from the start: all earlier ones may be on a wrong way."""

TIRED = 0.7
"""What each cut takes from a place's worth. A place that is suspected is worth 1 more than others,
so that after two cuts these have their turn."""

_FRAME = re.compile(r'^  File "program\.py", line \d+, in (\w+)$', re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Arm:
    """A program that may be cut.

    Attributes:
        finding: the program and what is known of it.
        suspects: places of the steps that may be where it goes wrong.
        belief: how well a program turns out that is written on from a cut of it.
    """

    finding: Finding
    suspects: frozenset[int]
    belief: Belief


async def repair(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
    evidence: Evidence | None = None,
) -> list[Draft]:
    """Writes `options.n` programs at most, from the start or from a cut; returns them all."""
    arms: dict[str, Arm] = {}
    cuts: Counter[str] = Counter()  # by the text that was kept
    cut_arms: dict[int, Arm] = {}  # by the number of the program written from it
    written: dict[int, Draft] = {}

    async def learn() -> None:
        """Takes the last wave into account."""
        found = await find_out(problem, reward, evidence, [*written.values()])
        outcomes = {n: finding.outcome for n, finding in zip(written, found, strict=True)}
        for number, arm in cut_arms.items():
            arm.belief.learn(outcomes.get(number, 0.0))
        for finding in found:
            arms.setdefault(finding.draft.source, make_arm(finding))

    async def write(wave: range) -> list[Draft]:
        await learn()
        cut_arms.clear()
        starts, feedback = dict.fromkeys(wave, Draft()), {}
        random = Random(derive_seed(options.seed, problem.id, "repair", wave.start))
        for number in wave:
            if not arms or random.random() < FRESH:
                continue
            arm = max(arms.values(), key=lambda one: one.belief.draw(random))
            kept = choose_cut(arm, cuts, random)
            cuts[kept.source] += 1
            cut_arms[number], starts[number] = arm, kept
            if arm.finding.failure is not None:
                feedback[number] = tell(arm.finding.failure)
        written.clear()
        written.update(await write_programs(problem, policy, options, starts, on_prune, feedback))
        return [*written.values()]

    size = options.wave or wave_of(policy)
    return await write_in_waves(options.n, size, write, evidence)


def make_arm(finding: Finding) -> Arm:
    """A program with the steps that are suspected, and the belief in what is before the first."""
    places = find_fall(finding.rewards), find_failing(finding)
    suspects = frozenset(place for place in places if place is not None)
    first = min(suspects, default=0)
    return Arm(finding, suspects, believe(finding.rewards[first - 1] if first else None))


def find_failing(finding: Finding) -> int | None:
    """The place of the step that does not compile, or in which a public test ended with an error.

    None if there is none.
    """
    names = finding.draft.names
    if finding.failure is None or not names:
        return None
    if finding.failure.outcome.verdict is Verdict.COMPILE_ERROR:
        prefixes = accumulate(finding.draft.steps)
        return next((n for n, one in enumerate(prefixes) if parse_module(one) is None), None)
    frames = reversed(_FRAME.findall(finding.failure.error))  # the innermost first
    return next((names.index(name) for name in frames if name in names), None)


def choose_cut(arm: Arm, cuts: Counter[str], random: Random) -> Draft:
    """What to keep of the program: all before a suspect, or another step where these are tired."""
    proposals = arm.finding.draft.proposals
    prefixes = [Draft(proposals[:place]) for place in range(len(proposals))]
    worths = [
        ((place in arm.suspects) - TIRED * cuts[prefix.source], random.random())
        for place, prefix in enumerate(prefixes)
    ]
    return prefixes[worths.index(max(worths))]


def tell(failure: Failure) -> str:
    """The failure, for a model that reads instructions."""
    outcome = failure.outcome
    crashed = outcome.verdict is Verdict.RUNTIME_ERROR and failure.error
    got = shorten(last_line(failure.error)) if crashed else outcome.got
    return describe_failure(failure.test.input, failure.test.expected, got, outcome.verdict)
