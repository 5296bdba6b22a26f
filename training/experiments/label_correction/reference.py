"""Reference prefixes: what becomes of many rollouts of the strong policy, to measure scores by."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from dreamcode.concurrency import map_ahead
from dreamcode.grading.judge import Judge
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.runs.journal import Journal
from dreamcode_training.chains import SampledChain
from dreamcode_training.progress import Meter, OnProgress
from dreamcode_training.records import Split, read_lines, write_lines
from dreamcode_training.rollouts import Completer
from experiments.label_correction.config import ExperimentConfig

PREFIXES_AHEAD = 16

FILES: dict[Split, str] = {
    "test": "reference/reference.jsonl",
    "validation": "tuning/reference.jsonl",  # settings are chosen by it
}


@dataclass(frozen=True, slots=True)
class ReferencePrefix:
    """A prefix of a candidate and what became of its rollouts by the strong policy.

    Attributes:
        problem: id of its problem; no other reference prefix has it.
        sample: number of the candidate.
        step: how many of its steps the prefix holds.
        k: rollouts that passed.
        n: rollouts.
    """

    problem: str
    sample: int
    step: int
    k: int
    n: int


async def make_reference(
    out: Path,
    split: Split,
    exams: Sequence[tuple[Split, Exam]],
    chains: Sequence[SampledChain],
    judge: Judge,
    journal: Journal,
    config: ExperimentConfig,
    on_progress: OnProgress,
) -> None:
    """Rolls out the reference prefixes of a split and writes them; what is journaled is kept.

    Args:
        out: the experiment's folder.
        split: "test" or "validation".
        exams: problems of all splits.
        chains: candidates of all splits.
        judge: of rollouts.
        journal: what was done before.
        config: of the experiment.
        on_progress: told after every rollout.

    Raises:
        InfrastructureError: the policy failed.
        SandboxError: the sandbox failed.
    """
    exam_of = {exam.problem.id: exam for own, exam in exams if own == split}
    chosen = choose_prefixes(
        [chain for chain in chains if chain.problem in exam_of],
        config.pools.reference_prefixes,
        config.seed,
    )
    policy = open_policy(config.chains.policy)
    settings = config.labels.model_copy(
        update={"policy": config.chains.policy, "rollouts": config.pools.reference_rollouts}
    )
    completer = Completer(policy, judge, journal, settings, config.seed)
    meter = Meter("reference", len(chosen), on_progress)

    async def measure(place: tuple[SampledChain, int]) -> ReferencePrefix:
        chain, step = place
        prefix = "".join(chain.steps[:step])
        rollouts = await completer.measure(exam_of[chain.problem], prefix, meter.sampled)
        meter.finished(known=False)
        return ReferencePrefix(
            chain.problem, chain.sample, step, rollouts.passed, len(rollouts.outcomes)
        )

    try:
        found = await map_ahead(measure, chosen, PREFIXES_AHEAD)
    finally:
        await policy.close()
    file = out / FILES[split]
    file.parent.mkdir(exist_ok=True)
    write_lines(file, found)


def choose_prefixes(
    chains: Sequence[SampledChain], number: int, seed: int
) -> list[tuple[SampledChain, int]]:
    """A prefix of a finished candidate of each of `number` problems, drawn by the seed.

    The last step is left out: what becomes of a finished program needs no rollouts. Fewer come
    back where fewer problems have such a candidate.
    """
    of_problem: dict[str, list[SampledChain]] = defaultdict(list)
    for chain in chains:
        if chain.finished and len(chain.steps) > 1:
            of_problem[chain.problem].append(chain)
    random = Random(f"{seed} reference")
    problems = sorted(of_problem)
    random.shuffle(problems)
    chosen = []
    for problem in problems[:number]:
        chain = random.choice(of_problem[problem])
        chosen.append((chain, random.randrange(1, len(chain.steps))))
    return chosen


def read_reference(out: Path, split: Split) -> list[ReferencePrefix]:
    """The reference prefixes of a split.

    Raises:
        InputError: the file cannot be read or is damaged.
    """
    return [one for _, one in read_lines(out / FILES[split], ReferencePrefix)]
