"""Measures a policy on problems of the world: `python -m experiments.pretraining.evaluate`.

Samples programs, runs them on the hidden tests in the sandbox, and prints how many pass, how
many problems any of several samples solves, and what choosing by likelihood would give.
"""

import ast
import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.progress import track
from rich.table import Table

from dreamcode.grading.statistics import bootstrap_interval
from dreamcode.miniature.exams import generate_exam
from dreamcode.miniature.splits import Split, fixed_number
from dreamcode.problems.exam import Exam
from dreamcode_sandbox import open_sandbox
from dreamcode_sandbox.cases import Test
from dreamcode_sandbox.opening import Kind
from dreamcode_sandbox.verdicts import Verdict
from experiments.pretraining.corpus import prompt_for
from experiments.pretraining.sampling import Sample, sample_programs
from experiments.pretraining.tokenizer import load_tokenizer

AT_ONCE = 16
RESAMPLES = 10_000
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Judged:
    """What became of one sample.

    Attributes:
        sample: the program.
        passed: whether it passed every hidden test.
        public: whether it passed every public test.
        parses: whether it is a chain of functions, `main` first.
    """

    sample: Sample
    passed: bool
    public: bool
    parses: bool


def is_chain(source: str) -> bool:
    """Whether the program parses and its first statement is the function `main`."""
    try:
        first, *_ = ast.parse(source).body
    except (SyntaxError, ValueError):
        return False
    return isinstance(first, ast.FunctionDef) and first.name == "main"


def write_samples(
    folder: Path, exams: Sequence[Exam], number: int, temperature: float, seed: int
) -> list[list[Sample]]:
    """`number` programs for every problem."""
    from transformers import LlamaForCausalLM

    model = LlamaForCausalLM.from_pretrained(folder, dtype="float32")
    model.requires_grad_(False)
    tokenizer = load_tokenizer(folder)
    rows: list[list[Sample]] = []
    for start in track(range(0, len(exams), AT_ONCE), "sampling"):
        some = exams[start : start + AT_ONCE]
        prompts = [prompt_for(exam.problem.statement) for exam in some for _ in range(number)]
        seeds = [
            fixed_number("sample", seed, exam.problem.id, i) % 2**63
            for exam in some
            for i in range(number)
        ]
        found = sample_programs(model, tokenizer, prompts, seeds, temperature)
        rows += [found[at : at + number] for at in range(0, len(found), number)]
    return rows


async def judge(
    exams: Sequence[Exam], rows: Sequence[Sequence[Sample]], kind: Kind
) -> list[list[Judged]]:
    """Runs every distinct program on hidden and public tests."""
    async with open_sandbox(kind) as sandbox:
        gate = asyncio.Semaphore(AT_ONCE)

        async def passes(exam: Exam, hidden: Sequence[Test], source: str) -> tuple[bool, bool]:
            public = exam.problem.public_tests
            async with gate:
                report = await sandbox.run(
                    source, [*public, *hidden], exam.problem.limits, stop_at_first_failure=True
                )
            return report.verdict is Verdict.ACCEPTED, report.passed >= len(public)

        async def judge_problem(exam: Exam, samples: Sequence[Sample]) -> list[Judged]:
            hidden = exam.hidden.open()
            sources = list(dict.fromkeys(sample.text for sample in samples))
            verdicts = await asyncio.gather(*(passes(exam, hidden, source) for source in sources))
            known = dict(zip(sources, verdicts, strict=True))
            return [Judged(s, *known[s.text], is_chain(s.text)) for s in samples]

        pairs = zip(exams, rows, strict=True)
        return list(await asyncio.gather(*(judge_problem(exam, row) for exam, row in pairs)))


def measures(judged: Sequence[Sequence[Judged]]) -> dict[str, Numbers]:
    """Each measure's value for every problem, [problems]."""
    passed = np.array([[one.passed for one in row] for row in judged], float)
    public = np.array([[one.public for one in row] for row in judged], float)
    parses = np.array([[one.parses for one in row] for row in judged], float)
    means = np.array([[one.sample.mean_log_likelihood for one in row] for row in judged])
    sums = np.array([[one.sample.log_likelihood for one in row] for row in judged])
    every, number = np.arange(len(judged)), passed.shape[1]
    return {
        "pass@1": passed.mean(1),
        f"pass@{number} (any sample passes)": passed.max(1),
        f"best of {number} by mean log-likelihood": passed[every, means.argmax(1)],
        f"best of {number} by summed log-likelihood": passed[every, sums.argmax(1)],
        f"best of {number} by public tests, then mean log-likelihood": passed[
            every, np.where(public > 0, means, means - 1e6).argmax(1)
        ],
        "samples that pass the public tests": public.mean(1),
        "samples that are chains of functions": parses.mean(1),
    }


def main(
    model: Annotated[Path, typer.Option(help="Folder of the policy.")],
    split: Annotated[Split, typer.Option(help="Whose problems.")] = Split.TEST,
    problems: Annotated[int, typer.Option(min=1, help="How many problems.")] = 300,
    samples: Annotated[int, typer.Option(min=1, help="Programs a problem.")] = 8,
    temperature: Annotated[float, typer.Option(min=0.01)] = 0.8,
    seed: Annotated[int, typer.Option(help="Seed of the samples.")] = 0,
    sandbox: Annotated[Kind, typer.Option(help="docker, local or auto.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Every sample and its fate, JSON.")] = None,
) -> None:
    """Measures a policy on problems of the miniature world."""
    exams = [generate_exam(split, index) for index in range(problems)]
    rows = write_samples(model, exams, samples, temperature, seed)
    judged = asyncio.run(judge(exams, rows, sandbox))
    table = Table("measure", "mean", "95 % interval")
    for name, values in measures(judged).items():
        found = bootstrap_interval(values, RESAMPLES, 0)
        table.add_row(name, f"{found.value:.3f}", f"{found.low:.3f} to {found.high:.3f}")
    Console().print(table)
    if out:
        records = [
            {"problem": exam.problem.id, **asdict(one)}
            for exam, row in zip(exams, judged, strict=True)
            for one in row
        ]
        out.write_text(json.dumps(records))


if __name__ == "__main__":
    typer.run(main)
