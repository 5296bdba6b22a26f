import ast
import io
import sys
from pathlib import Path
from random import Random
from typing import Any

import pytest

from dreamcode.grading.judge import Judge
from dreamcode.miniature.exams import generate_exam, generate_task
from dreamcode.miniature.splits import Split
from dreamcode.miniature.worlds import WORLDS, World
from dreamcode.runs.journal import Journal
from dreamcode_sandbox import open_sandbox
from dreamcode_sandbox.cases import StdinTest, Test
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


@pytest.mark.parametrize("world", WORLDS.values(), ids=list(WORLDS))
def test_reference_programs_are_chains_and_pass(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for index in range(40):
        task, exam = generate_task("train", index, world), generate_exam("train", index, world)
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


def test_style_is_free() -> None:
    task = generate_task("train", 1)
    assert len({reference_program(task, Random(seed)).source for seed in range(100)}) > 95


async def test_the_sandbox_agrees_with_the_world_on_who_is_right(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    async with open_sandbox("local") as sandbox:
        judge = Judge(sandbox, journal)
        for index in range(6):
            exam = generate_exam(Split.VALIDATION, index)
            right = reference_program(generate_task(Split.VALIDATION, index), Random(index)).source
            silent = right.replace("    print(", "    str(")
            passed = await judge.passes(exam, [right, silent, "def main(:\n"])
            assert passed == [True, False, False]
    journal.close()
