import ast
import io
import sys
from random import Random
from typing import Any

import pytest

from dreamcode.miniature.exams import exams, generate_exam, generate_task, render_markdown
from dreamcode.miniature.mistakes import COMMON_RATES, RARE_RATE, mistake_rate
from dreamcode.miniature.operations import OPERATIONS
from dreamcode.miniature.splits import Split
from dreamcode_sandbox.cases import StdinTest, Test
from experiments.pretraining.kill_rate import measure_split
from experiments.pretraining.programs import Written, reference_program, write_program


def run(source: str, test: Test, monkeypatch: pytest.MonkeyPatch) -> str:
    """What a program of this world prints; they are harmless."""
    assert isinstance(test, StdinTest)
    output = io.StringIO()
    space: dict[str, Any] = {"__name__": "__main__"}
    with monkeypatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO(test.input))
        patch.setattr(sys, "stdout", output)
        try:
            exec(compile(source, "program", "exec"), space)
        except Exception as error:
            return f"raises {type(error).__name__}"
    return output.getvalue()


def passes(written: Written, tests: tuple[Test, ...], monkeypatch: pytest.MonkeyPatch) -> bool:
    return all(
        run(written.source, test, monkeypatch).split() == str(test.output).split()
        for test in tests
        if isinstance(test, StdinTest)
    )


def test_the_same_index_gives_the_same_exam() -> None:
    first, again = generate_exam("test", 7), generate_exam(Split.TEST, 7)
    assert first.problem == again.problem
    assert first.hidden.open() == again.hidden.open()
    assert next(exams("test", start=7)).problem == first.problem


def test_statements_carry_their_samples_and_stay_short() -> None:
    for index in range(100):
        problem = generate_exam("validation", index).problem
        text = render_markdown(problem)
        assert problem.statement == problem.statement.strip()
        assert problem.statement in text
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


def test_reference_programs_are_chains_and_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(60):
        task, exam = generate_task("train", index), generate_exam("train", index)
        written = reference_program(task, Random(index))
        tests = (*exam.problem.public_tests, *exam.hidden.open())
        assert passes(written, tests, monkeypatch)
        functions = ast.parse(written.source).body[:-1]
        assert all(isinstance(f, ast.FunctionDef) and ast.get_docstring(f) for f in functions)
        names = [f.name for f in functions if isinstance(f, ast.FunctionDef)]
        assert names[0] == "main"
        assert len(names) == len(task.calls) + 2
        assert all(step.endswith("\n\n\n") for step in written.steps[:-1])
        assert written.steps[-1].endswith('\n\n\nif __name__ == "__main__":\n    main()\n')


def test_a_program_fails_only_through_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    mistaken = failed = 0
    for index in range(150):
        written = write_program(generate_task("train", index), Random(index))
        right = passes(written, generate_exam("train", index).hidden.open(), monkeypatch)
        assert right or written.mistakes
        mistaken += bool(written.mistakes)
        failed += not right
    assert failed > 0.75 * mistaken


def test_a_third_of_the_operations_is_hard_and_some_are_mostly_wrong() -> None:
    rates = [mistake_rate(operation) for operation in OPERATIONS]
    common = [rate for rate in rates if rate in COMMON_RATES]
    assert 0.25 < len(common) / len(rates) < 0.42
    assert {rate for rate in rates if rate not in COMMON_RATES} == {RARE_RATE}
    assert max(common) > 0.5


def test_style_is_free() -> None:
    task = generate_task("train", 1)
    assert len({reference_program(task, Random(seed)).source for seed in range(100)}) > 95


def test_hidden_tests_find_the_mistakes() -> None:
    found = measure_split(Split.VALIDATION, problems=12, inputs=400)
    assert found.killed + found.alive > 150
    assert found.rate >= 0.97
    assert found.seen < found.killed
