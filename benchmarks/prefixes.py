"""What reward models know of half-written programs: the whole report of `train eval`, anywhere.

    python -m benchmarks.prefixes OUT [--reward embedded] [--reward hf/FOLDER] [--n 24]
        [--world miniature-long] [--split validation] [--start 1000] [--problems 150]

Programs of a policy for problems of a miniature world, judged; each reward scores every prefix.
A report per reward goes into OUT. Another reward costs its scores alone: what is in OUT already is
not done again. The test split may be named once, when everything is chosen.
"""

import argparse
import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from dreamcode.grading.judge import Judge
from dreamcode.miniature.exams import generate_exam
from dreamcode.miniature.splits import Split
from dreamcode.miniature.worlds import MINIATURE, WORLDS
from dreamcode.policies.policy_names import open_policy
from dreamcode.problems.exam import Exam
from dreamcode.rewards.reward_names import open_reward
from dreamcode.runs.journal import Journal
from dreamcode_sandbox.opening import open_sandbox
from dreamcode_training.chains import group_chains, sample_chains
from dreamcode_training.config import ChainsConfig
from dreamcode_training.evaluation.bootstrap import Bootstrap
from dreamcode_training.evaluation.depths import Fault
from dreamcode_training.evaluation.locating import choose_exams, locate_faults
from dreamcode_training.evaluation.page import render
from dreamcode_training.evaluation.report import measure
from dreamcode_training.evaluation.scored import ScoredChain
from dreamcode_training.evaluation.scoring import Material, score_chains
from dreamcode_training.progress import Meter, ProgressLines
from dreamcode_training.records import ProblemRecord


def read_arguments() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--model", default="embedded")
    parser.add_argument("--reward", action="append", dest="rewards")
    parser.add_argument("--world", choices=WORLDS, default=MINIATURE.name)
    parser.add_argument("--split", choices=[*Split], default=Split.VALIDATION)
    parser.add_argument("--start", type=int, default=1000)
    parser.add_argument("--problems", type=int, default=150)
    parser.add_argument("--n", type=int, default=24)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


def say(line: str) -> None:
    """How far it is."""
    print(line, flush=True)


async def make_material(
    asked: argparse.Namespace, exams: list[Exam], judge: Judge, journal: Journal
) -> Material:
    """The programs of every problem, judged. All problems count as tested ones."""
    config = ChainsConfig(candidates=asked.n, policy=asked.model)
    async with open_policy(asked.model) as policy:
        chains = await sample_chains(
            [("test", exam) for exam in exams],
            policy, judge, journal, config, asked.seed, ProgressLines(say),
        )  # fmt: skip
    problems = {exam.problem.id: ProblemRecord("test", exam.problem) for exam in exams}
    return Material(problems, group_chains(chains), {})


async def score(
    spec: str, material: Material, journal: Journal
) -> tuple[list[ScoredChain], list[ScoredChain]]:
    """Every chain as the reward scores it, and again as if it were one of validation.

    A constant is as good as the share of the very problems here, so it is hard to beat.
    """
    async with open_reward(spec) as reward:
        meter = Meter("scores", len(material.chains), ProgressLines(say))
        name = getattr(reward, "fingerprint", "") or spec
        chains = await score_chains(reward, name, material, journal, meter, say)
    return chains, [replace(one, split="validation") for one in chains]


async def run(asked: argparse.Namespace) -> None:
    """Samples, scores and writes a report per reward."""
    asked.out.mkdir(parents=True, exist_ok=True)
    places = range(asked.start, asked.start + asked.problems)
    exams = [generate_exam(asked.split, place, WORLDS[asked.world]) for place in places]
    journal = Journal(asked.out / "journal.jsonl")
    try:
        async with open_sandbox("local") as sandbox:
            judge = Judge(sandbox, journal)

            @asynccontextmanager
            async def judging() -> AsyncIterator[tuple[Judge, Journal]]:
                yield judge, journal

            material = await make_material(asked, exams, judge, journal)
            known = choose_exams(material, len(exams))
            meter = Meter("faults", len(known), ProgressLines(say))
            faults: list[Fault] = await locate_faults(known, material, judging, journal, meter, say)
        for spec in asked.rewards or ["embedded"]:
            tested, validated = await score(spec, material, journal)
            ns = [n for n in (2, 4, 8, 16) if n <= asked.n]
            report = measure([*tested, *validated], faults, "last", ns, Bootstrap(seed=0))
            file = asked.out / f"{spec.replace('/', '_')}.md"
            file.write_text(render(report), "utf-8")
            say(f"{spec}: {file}\n\n{render(report)}")
    finally:
        journal.close()


if __name__ == "__main__":
    asyncio.run(run(read_arguments()))
