from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from random import Random

import pytest

import dreamcode.policies
from dreamcode.miniature.exams import exams, generate_exam, generate_task
from dreamcode.miniature.inputs import candidate_inputs
from dreamcode.miniature.mistakes import COMMON_RATES, RARE_RATE, mistake_rate, mutants
from dreamcode.miniature.operations import OPERATIONS, Kind
from dreamcode.miniature.splits import Split
from dreamcode.miniature.tasks import Task, Value
from dreamcode.miniature.testset import expect, kills
from dreamcode.miniature.worlds import MINIATURE, World
from dreamcode_sandbox.cases import StdinTest, Test


@dataclass(frozen=True)
class Kills:
    """What becomes of programs with one mistake.

    Attributes:
        killed: fail a hidden test.
        alive: pass all hidden tests, yet differ from a right program on some input.
        equivalent: no input found that tells them from a right program.
        seen: fail a public test.
    """

    killed: int
    alive: int
    equivalent: int
    seen: int


def read_input(task: Task, test: Test) -> Value:
    """A test's input as programs see it."""
    assert isinstance(test, StdinTest)
    line = test.input.removesuffix("\n")
    return [int(part) for part in line.split()] if task.takes is Kind.NUMBERS else line


def count_kills(split: Split, problems: int, inputs: int, world: World = MINIATURE) -> Kills:
    fates = Counter[str]()
    for index in range(problems):
        task, exam = generate_task(split, index, world), generate_exam(split, index, world)
        hidden = [read_input(task, test) for test in exam.hidden.open()]
        public = [read_input(task, test) for test in exam.problem.public_tests]
        others: list[Value] = [*candidate_inputs(task.takes, Random(f"others {index}"), inputs)]
        for mutant in mutants(task):
            hidden_kills, public_kills, others_kill = (
                any(kills(expect(task, value), mutant, value) for value in values)
                for values in (hidden, public, others)
            )
            fates["seen"] += public_kills
            fate = "alive" if others_kill else "equivalent"
            fates["killed" if hidden_kills else fate] += 1
    return Kills(fates["killed"], fates["alive"], fates["equivalent"], fates["seen"])


def test_the_same_index_gives_the_same_exam() -> None:
    first, again = generate_exam("test", 7), generate_exam(Split.TEST, 7)
    assert first.problem == again.problem
    assert first.hidden.open() == again.hidden.open()
    assert next(exams("test", start=7)).problem == first.problem


def test_statements_carry_their_samples_and_stay_short() -> None:
    for index in range(100):
        problem = generate_exam("validation", index).problem
        text = problem.statement
        assert text == text.strip()
        assert 2 <= len(problem.public_tests) <= 3
        assert text.count("Sample Input") == len(problem.public_tests)
        for test in problem.public_tests:
            assert isinstance(test, StdinTest)
            assert f"```\n{test.input}```" in text
            assert f"```\n{test.output}```" in text
            assert len(test.output) <= 62


def test_hidden_tests_hold_edges_that_samples_lack() -> None:
    for index in range(20):
        exam = generate_exam("meta", index)
        hidden = exam.hidden.open()
        assert 10 <= len(hidden) <= 15
        assert len(set(hidden)) == len(hidden)
        assert any(isinstance(test, StdinTest) and test.input == "\n" for test in hidden)


def test_a_third_of_the_operations_is_hard_and_some_are_mostly_wrong() -> None:
    rates = [mistake_rate(operation) for operation in OPERATIONS]
    common = [rate for rate in rates if rate in COMMON_RATES]
    assert 0.25 < len(common) / len(rates) < 0.42
    assert {rate for rate in rates if rate not in COMMON_RATES} == {RARE_RATE}
    assert max(common) > 0.5


def test_hidden_tests_find_the_mistakes() -> None:
    found = count_kills(Split.VALIDATION, problems=12, inputs=400)
    assert found.killed + found.alive > 150
    assert found.alive <= 0.03 * found.killed
    assert found.seen < found.killed


@pytest.mark.slow
def test_hidden_tests_find_what_the_card_of_the_policy_says() -> None:
    found = count_kills(Split.TEST, problems=200, inputs=3000)
    assert found == Kills(killed=3838, alive=1, equivalent=339, seen=3384)
    card = (Path(dreamcode.policies.__file__).parent / "embedded" / "README.md").read_text()
    assert "they find 3,838 and the public tests 3,384. Another 339" in " ".join(card.split())
