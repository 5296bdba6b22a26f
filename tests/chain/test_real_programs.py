"""Every promise about chains, over programs that models wrote for real problems."""

import ast
import io
import random
import tokenize
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest

from benchmarks.real import CANDIDATES, STATEMENTS, read_jsonl_gz
from dreamcode.chain.boundary import step_end
from dreamcode.chain.continuation import continuation
from dreamcode.chain.extract import extract_program
from dreamcode.chain.imports import with_imports
from dreamcode.chain.names import close_program, is_complete, missing_helpers
from dreamcode.chain.normal import normal_form
from dreamcode.chain.parse import parse
from dreamcode.chain.syntax import parse_module
from tests.chain.answers import ALL_FORMS, THINKING, in_form, with_thinking

pytestmark = pytest.mark.real


Row = dict[str, Any]


@pytest.fixture(scope="module")
def answers(real_data: Path) -> list[tuple[str, str, str]]:
    """Of each problem: its id, a model's raw answer, the program that was graded."""
    found = read_jsonl_gz(real_data / STATEMENTS)
    return [(row["question_id"], row["output_list"][0], row["code_list"][0]) for row in found]


@pytest.fixture(scope="module")
def candidates(real_data: Path) -> list[list[Row]]:
    """Programs of many models, with their verdicts, problem by problem."""
    return [row["candidates"] for row in read_jsonl_gz(real_data / CANDIDATES)]


@pytest.fixture(scope="module")
def programs(answers: list[tuple[str, str, str]], candidates: list[list[Row]]) -> list[str]:
    """Every program of the first model, and of the others those of several steps that parse."""
    others = [row["code"] for problem in candidates for row in problem]
    chains = [code for code in others if len(parse(code).steps) > 1 and parse_module(code)]
    return [program for _, _, program in answers] + chains


def boundaries(source: str) -> Iterator[int]:
    """Offsets of the cuts between steps."""
    position = 0
    for step in parse(source).steps:
        if position:
            yield position
        position += len(step.source)


def tree_of(source: str) -> ast.Module:
    tree = parse_module(source)
    assert tree is not None
    return tree


def statement_lines(source: str) -> Iterator[tuple[int, int]]:
    """First and last line of each statement of the module or of `class Solution`."""
    for node in tree_of(source).body:
        body = [node]
        if isinstance(node, ast.ClassDef) and node.name == "Solution":
            body = node.body
        for statement in body:
            decorators = getattr(statement, "decorator_list", [])
            first = min([statement.lineno, *(item.lineno for item in decorators)])
            yield first, statement.end_lineno or first


def test_joined_steps_give_back_the_source(programs: list[str]) -> None:
    for source in programs:
        assert parse(source).source == source


def test_no_cut_inside_a_statement_or_token(programs: list[str]) -> None:
    cuts = 0
    for source in programs:
        lengths = map(len, source.split("\n"))
        # The offset at which each line begins, and its number.
        starts = {end + number: number + 1 for number, end in enumerate(accumulate(lengths), 1)}
        statements = list(statement_lines(source))
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
        for cut in boundaries(source):
            cut_line = starts[cut]  # a KeyError here is a cut in the middle of a line
            assert not any(first < cut_line <= last for first, last in statements)
            assert not any(
                token.start[0] < cut_line <= token.end[0]
                for token in tokens
                if token.string.strip()
            )
            cuts += 1
    assert cuts > 1000


def test_steps_are_the_functions_that_python_sees(programs: list[str]) -> None:
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    for source in programs:
        names = []
        for node in tree_of(source).body:
            is_solution = isinstance(node, ast.ClassDef) and node.name == "Solution"
            inside = node.body if is_solution and isinstance(node, ast.ClassDef) else [node]
            names += [item.name for item in inside if isinstance(item, functions)]
        found = [step.name for step in parse(source).steps]
        assert found == (names or [""] * bool(source))


def test_truncated_programs_have_the_same_first_steps(programs: list[str]) -> None:
    chance = random.Random(0)
    for source in programs:
        whole = parse(source).steps
        for _ in range(20):
            part = parse(source[: chance.randint(0, len(source))]).steps
            assert part[:-1] == whole[: max(len(part) - 1, 0)]


def test_streams_are_cut_where_the_finished_program_is(programs: list[str]) -> None:
    for source in programs:
        prefix = ""
        for step in parse(source).steps:
            end = step_end(prefix, source[len(prefix) :])
            assert end in (len(step.source), None)
            assert (end is None) == (prefix + step.source == source)
            prefix += step.source


# The model opened its fence twice; the graders' extraction found nothing in between.
DOUBLED_FENCE = {"3637", "abc384_g"}


def test_extracts_the_program_that_was_graded(answers: list[tuple[str, str, str]]) -> None:
    different = {
        name
        for name, answer, program in answers
        if extract_program(answer).strip() != program.strip()
    }
    assert different <= DOUBLED_FENCE
    for name, answer, _ in answers:
        if name in DOUBLED_FENCE:
            assert parse_module(extract_program(answer)) is not None


def test_any_form_of_answer_gives_the_program_back(programs: list[str]) -> None:
    chance = random.Random(0)
    for source in chance.sample(programs, 600):
        program = source.replace("\r\n", "\n").strip("\n").rstrip() + "\n"
        if program.strip() and "```" not in program:
            answer = in_form(chance.choice(ALL_FORMS), program)
            answer = with_thinking(chance.choice(list(THINKING)), answer)
            assert extract_program(answer).rstrip() == program.rstrip()


def test_imports_are_filled_in_once(candidates: list[list[Row]]) -> None:
    for problem in candidates:
        for row in problem[:6]:
            filled = with_imports(row["code"])
            assert with_imports(filled) == filled
            if filled != row["code"]:
                assert tree_of(filled)


def test_programs_that_pass_are_complete(candidates: list[list[Row]]) -> None:
    for problem in candidates:
        for row in problem:
            if row["passed"]:
                assert missing_helpers(row["code"]) == []
                assert is_complete(row["code"])
                assert close_program(row["code"]) == row["code"]


def test_equal_normal_forms_have_equal_verdicts(candidates: list[list[Row]]) -> None:
    merged = 0
    for problem in candidates:
        verdicts: dict[str, tuple[str, bool]] = {}
        for row in problem[:40]:
            form = normal_form(row["code"])
            code, passed = verdicts.setdefault(form, (row["code"], row["passed"]))
            merged += code != row["code"]
            assert passed == row["passed"]
            try:
                compile(row["code"], "program", "exec")
            except (SyntaxError, ValueError):
                continue
            compile(form, "form", "exec")
    assert merged > 100


def test_every_way_to_continue_gives_the_same_program(programs: list[str]) -> None:
    chance = random.Random(0)
    checked = 0
    for source in programs:
        steps = parse(source).steps
        names = [step.name for step in steps]
        if len(names) < 2 or len(set(names)) < len(names) or checked == 300:
            continue
        prefix = "".join(step.source for step in steps[: chance.randint(1, len(steps) - 1)])
        rest = source[len(prefix) :]
        for code in (source, rest):
            for answer in (code, f"Let's go.\n```python\n{code}\n```\nDone."):
                whole = prefix + continuation(prefix, answer)
                assert normal_form(whole) == normal_form(source)
        checked += 1
    assert checked > 100
