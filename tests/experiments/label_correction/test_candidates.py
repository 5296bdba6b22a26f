from pathlib import Path

from dreamcode.miniature import generate_exam
from dreamcode_training.chains import SampledChain
from experiments.label_correction.candidates import choose_prefixes, examine, extra_inputs
from experiments.label_correction.config import ExperimentConfig
from experiments.label_correction.lab import open_lab
from experiments.label_correction.searches import match_tokens


def chain(
    problem: str, sample: int, steps: int, *, passed: bool, tokens: int = 100
) -> SampledChain:
    return SampledChain(
        problem, sample, tuple(f"s{i}\n" for i in range(steps)), True, passed, -0.1, tokens
    )


def test_reference_prefixes_are_of_distinct_problems_and_never_whole_programs() -> None:
    chains = [chain(f"p{i}", j, 1 + (i + j) % 4, passed=True) for i in range(30) for j in range(4)]
    chosen = choose_prefixes(chains, 20, 0)
    assert len({own.problem for own, _ in chosen}) == 20
    assert all(1 <= step < len(own.steps) for own, step in chosen)
    assert chosen == choose_prefixes(list(reversed(chains))[::-1], 20, 0)
    assert chosen != choose_prefixes(chains, 20, 1)


def test_best_of_m_takes_at_least_as_many_tokens() -> None:
    chains = [chain("p", i, 2, passed=i == 2) for i in range(4)]
    rewards = [0.1, 0.2, 0.9, 0.95]
    assert match_tokens(chains, rewards, 201) == (3, 300, True)
    assert match_tokens(chains, rewards, 200) == (2, 200, False)
    assert match_tokens(chains, rewards, 5000) == (4, 400, False)
    assert match_tokens(chains, [None, 0.5, 0.5, 0.5], 300) == (3, 300, False)
    assert match_tokens(chains, [None] * 4, 100) == (1, 100, False)


async def test_candidates_are_grouped_by_outputs_and_never_meet_hidden_tests(
    tmp_path: Path,
) -> None:
    exam = generate_exam("test", 0)
    name = exam.problem.id
    echo = "def main():\n    print(input())\n\n\nif __name__ == '__main__':\n    main()\n"
    same = echo.replace("input()", "''.join(input())")
    shout = echo.replace("print(input())", "print(input() + '!')")
    broken = echo.replace("print(input())", "raise ValueError")
    table = {test.input: test.output for test in exam.problem.public_tests}  # type: ignore[union-attr]
    knows = f"def main():\n    print({table!r}.get(input() + chr(10), ''), end='')\n\n\nmain()\n"
    torn = "def main(:\n"
    programs = [echo, shout, same, broken, knows, torn]
    chains = [
        SampledChain(name, i, (text,), True, False, None, 9) for i, text in enumerate(programs)
    ]
    chains.append(SampledChain(name, 6, ("def main(",), False, False, None, 9))
    config = ExperimentConfig.model_validate({"pools": {"inputs": 4}, "sandbox": "local"})
    async with open_lab(tmp_path, config, lambda _: None) as lab:
        found = await examine(lab, [exam], chains)
        length = len(lab.journal)
        assert await examine(lab, [exam], chains) == found
        assert len(lab.journal) == length == 6  # finished programs, alike ones included
    groups = [one.group for one in found]
    assert groups[0] == groups[2] != groups[1]
    assert groups[3] == groups[5] == groups[6] == -1
    assert [one.public for one in found] == [False, False, False, False, True, False, False]
    assert len(extra_inputs(name, 4)) == 4
    assert extra_inputs(name, 4) == extra_inputs(name, 4)
