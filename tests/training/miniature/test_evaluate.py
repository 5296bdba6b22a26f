import asyncio
from pathlib import Path
from random import Random

import pytest

import dreamcode.policies
from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.miniature.splits import Split
from experiments.pretraining.evaluate import Judged, is_chain, judge, measures, write_samples
from experiments.pretraining.programs import reference_program
from experiments.pretraining.sampling import Sample


def sample(text: str, log_likelihood: float = -10.0, tokens: int = 10) -> Sample:
    return Sample(text, tokens, log_likelihood, ended=True)


def test_what_counts_as_a_chain() -> None:
    assert is_chain("def main():\n    pass\n")
    assert not is_chain("def other():\n    pass\n\n\ndef main():\n    pass\n")
    assert not is_chain("def main(:\n")
    assert not is_chain("")


def test_measures_follow_their_definitions() -> None:
    def row(*fates: tuple[bool, bool, float, int]) -> list[Judged]:
        return [
            Judged(sample("", likelihood, tokens), passed, public, parses=True)
            for passed, public, likelihood, tokens in fates
        ]

    judged = [
        row((True, True, -30.0, 10), (False, False, -20.0, 10)),  # likelihood picks the wrong one
        row((False, False, -10.0, 2), (True, True, -15.0, 10)),  # mean and sum disagree
        row((False, True, -1.0, 1), (False, False, -2.0, 1)),
    ]
    found = {name: list(values) for name, values in measures(judged).items()}
    assert found["pass@1"] == [0.5, 0.5, 0]
    assert found["pass@2 (any sample passes)"] == [1, 1, 0]
    assert found["best of 2 by mean log-likelihood"] == [0, 1, 0]
    assert found["best of 2 by summed log-likelihood"] == [0, 0, 0]
    assert found["best of 2 by public tests, then mean log-likelihood"] == [1, 1, 0]
    assert found["samples that pass the public tests"] == [0.5, 0.5, 0.5]


async def test_the_sandbox_agrees_with_the_world_on_who_is_right() -> None:
    exams = [generate_exam(Split.VALIDATION, index) for index in range(6)]
    rows = []
    for index in range(6):
        right = reference_program(generate_task(Split.VALIDATION, index), Random(index)).source
        silent = right.replace("    print(", "    str(")
        rows.append([sample(right), sample(silent), sample("def main(:\n")])
    judged = await judge(exams, rows, "local")
    assert [one.passed for row in judged for one in row] == [True, False, False] * 6
    assert [one.public for row in judged for one in row] == [True, False, False] * 6
    assert [one.parses for row in judged for one in row] == [True, True, False] * 6


@pytest.mark.slow
def test_the_embedded_policy_keeps_its_promises() -> None:
    folder = Path(dreamcode.policies.__file__).parent / "embedded"
    exams = [generate_exam(Split.VALIDATION, index) for index in range(100)]
    rows = write_samples(folder, exams, number=8, temperature=0.8, seed=1)
    found = measures(asyncio.run(judge(exams, rows, "auto")))
    first, any_of, chosen, *_ = (float(values.mean()) for values in found.values())
    assert 0.2 < first < 0.65
    assert any_of > first + 0.2
    assert chosen < first + 0.45 * (any_of - first)
    assert found["samples that are chains of functions"].mean() > 0.95
