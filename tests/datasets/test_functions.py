"""HumanEval, MBPP and BigCodeBench: what their files become, and who passes."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dreamcode.datasets.bigcodebench import BigCodeBench
from dreamcode.datasets.dataset import Dataset
from dreamcode.datasets.humaneval import HumanEval
from dreamcode.datasets.mbpp import Mbpp
from dreamcode.errors import InputError
from dreamcode.grading.judge import Judge
from dreamcode.problems.task import Task
from dreamcode.rewards.none import NoReward
from dreamcode.runs.journal import Journal
from dreamcode.search.search import SearchOptions
from dreamcode.solver import solve
from dreamcode_sandbox.cases import CallTest, Sandbox
from dreamcode_sandbox.verdicts import Verdict
from tests.datasets.rows import (
    CAP,
    EDITED,
    FRAMES,
    LENGTHS,
    MIDDLE,
    UNROLL,
    WEEKDAYS,
    whole,
    write_lines,
    write_list,
    write_packed,
)
from tests.policies.copyist import Copyist

Read = Callable[..., list[Task]]
SETS: list[tuple[Dataset, dict[str, Any]]] = [
    (HumanEval(), CAP),
    (Mbpp(), MIDDLE),
    (BigCodeBench(), WEEKDAYS),
]


@pytest.fixture
def judge(sandbox: Sandbox, journal: Journal) -> Judge:
    return Judge(sandbox, journal)


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read(dataset: Dataset, *rows: Any) -> list[Task]:
        return list(dataset.read(write_lines(tmp_path, *rows), None))

    return read


# Reading


def test_a_completion_is_read(read: Read) -> None:
    (task, other) = read(HumanEval(), CAP, UNROLL)
    problem = task.exam.problem
    assert (task.id, problem.function, other.id) == ("HumanEval/0", "cap_all", "HumanEval/1")
    assert problem.title == "Return the values, each lowered to top if it is above. >>> ..."
    assert problem.statement.startswith("Return the values, each lowered to top")
    assert problem.starter_code == (
        "from typing import List\n\n\ndef cap_all(values: List[int], top: int) -> List[int]:\n"
    )
    assert problem.public_tests == (
        CallTest("cap_all", ([1, 5, 9], 4), [1, 4, 4]),
        CallTest("cap_all", ([], 4), []),
    )
    assert "def roll(text: str):" in other.exam.problem.starter_code
    assert other.exam.problem.statement == "gives back what was given to roll"
    assert "canonical" not in task.exam.harness
    assert task.where.endswith("problems.jsonl:1")
    assert other.where.endswith("problems.jsonl:2")


@pytest.mark.parametrize(
    ("prompt", "statement", "starter_code"),
    [
        (
            'def f(x):\n    import os\n    r"""\n    As\\n is\n      it\n    """\n',
            "As\\n is\n  it",
            "def f(x):\n    import os\n",
        ),
        ("\n\ndef f(x):\n    'One line.'\n    y = 1\n", "One line.", "def f(x):\n    y = 1\n"),
        ("def f(x): 'One line.'\n", "One line.", "def f(x): 'One line.'\n"),
        ("# Doubles.\ndef f(x):\n", "# Doubles.\ndef f(x):", "# Doubles.\ndef f(x):\n"),
        ("def f(x):\n    # Doubles.\n", "def f(x):\n    # Doubles.", "def f(x):\n    # Doubles.\n"),
    ],
)
def test_prompts_of_other_forms(read: Read, prompt: str, statement: str, starter_code: str) -> None:
    (task,) = read(HumanEval(), {**CAP, "entry_point": "f", "prompt": prompt})
    problem = task.exam.problem
    assert (problem.statement, problem.starter_code) == (statement, starter_code)


async def test_examples_lead_the_choice_and_assertions_alone_grade(
    judge: Judge, read: Read
) -> None:
    examples = ">>> half(4)\n    3\n    >>> half(3)\n    1.5\n"
    row = {
        "task_id": "HumanEval/7",
        "prompt": f'def half(number):\n    """\n    {examples}    """\n',
        "entry_point": "half",
        "test": "def check(f):\n    assert f(4) == 2\n    assert f(3) == 1.5\n",
    }
    (task,) = read(HumanEval(), row)
    assert task.exam.problem.public_tests == (
        CallTest("half", (4,), 3),  # which is wrong; whoever chooses cannot know
        CallTest("half", (3,), 1.5),
    )
    (grade,) = await judge.grade(task.exam, ["def half(number):\n    return number / 2\n"])
    assert grade.accepted
    assert grade.tests == 1


def test_only_the_first_assertion_is_public(read: Read) -> None:
    (task,) = read(Mbpp(), MIDDLE)
    problem = task.exam.problem
    assert (task.id, problem.function) == ("Mbpp/2", "middle")
    assert problem.statement == (
        "Write a function that gives the middle of three numbers.\n\n"
        "One of the tests is:\n\nassert middle(3, 1, 2) == 2\n"
    )
    assert problem.public_tests == (CallTest("middle", (3, 1, 2), 2),)
    assert len(task.exam.hidden.open()) == 3


def test_the_function_is_what_the_solution_defines_at_top_level(read: Read) -> None:
    code = "def first(x):\n    set = [x]\n    return set\nsecond = lambda x: [x]\n"
    rows = [
        {**MIDDLE, "task_id": n, "code": code, "test_list": [assertion]}
        for n, assertion in enumerate(["assert set(first(1)) == {1}", "assert second(1) == [1]"])
    ]
    assert [task.exam.problem.function for task in read(Mbpp(), *rows)] == ["first", "second"]


def test_libraries_that_the_sandbox_lacks_are_left_out_and_that_is_said(
    read: Read, tmp_path: Path
) -> None:
    (task,) = read(BigCodeBench(), FRAMES, WEEKDAYS)
    assert task.id == "BigCodeBench/0"
    assert task.exam.problem.public_tests == ()
    said = BigCodeBench().describe(tmp_path / "problems.jsonl", None)
    assert said.endswith("(problems that need no other library than numpy)")


@pytest.mark.parametrize("write", [write_lines, write_packed, write_list])
def test_every_form_of_file_holds_the_same(write: Callable[..., Path], tmp_path: Path) -> None:
    for dataset, row in SETS:
        (task,) = dataset.read(write(tmp_path, row), None)
        (same,) = dataset.read(write_lines(tmp_path, row), None)
        assert (task.exam.problem, task.exam.harness) == (same.exam.problem, same.exam.harness)
        assert task.exam.hidden.open() == same.exam.hidden.open()


@pytest.mark.parametrize(("dataset", "row"), SETS, ids=lambda value: getattr(value, "name", ""))
def test_a_file_is_needed_and_no_release(
    dataset: Dataset, row: dict[str, Any], tmp_path: Path
) -> None:
    path = write_lines(tmp_path, row)
    assert str(path) in dataset.describe(path, None)
    for ask in (dataset.read, dataset.describe):
        with pytest.raises(InputError, match="pass it with --data FILE"):
            ask(None, None)
        with pytest.raises(InputError, match="has no releases"):
            ask(path, "v2")
        with pytest.raises(InputError, match="is a folder"):
            ask(tmp_path, None)
    with pytest.raises(InputError, match="no such file"):
        list(dataset.read(tmp_path / "nothing.jsonl", None))


DAMAGED = [
    (HumanEval(), CAP, {"prompt": None}, "prompt is None, not a text"),
    (HumanEval(), CAP, {"prompt": "def cap_all(:"}, "prompt does not compile"),
    (HumanEval(), CAP, {"prompt": "x = 1\n"}, "prompt defines no function 'cap_all'"),
    (HumanEval(), CAP, {"test": "def check(candidate):\nassert"}, "test does not compile"),
    (HumanEval(), CAP, {"test": "return 1"}, "test does not compile"),
    (HumanEval(), CAP, {"test": "a = '\0'"}, "test does not compile"),
    (HumanEval(), CAP, {"test": "assert True"}, "test defines no function check"),
    (HumanEval(), CAP, {"entry_point": 3}, "entry_point is 3, not a text"),
    (HumanEval(), CAP, {"task_id": True}, "task_id is True, not a text"),
    (Mbpp(), MIDDLE, {"test_list": "assert"}, "test_list is 'assert', not a list of texts"),
    (Mbpp(), MIDDLE, {"test_list": [1]}, "test_list is .*, not a list of texts"),
    (Mbpp(), MIDDLE, {"test_list": []}, "test_list is empty"),
    (Mbpp(), MIDDLE, {"test_list": ["assert middle("]}, "test_list does not compile"),
    (
        Mbpp(),
        MIDDLE,
        {"test_list": ["assert other(1)"]},
        "the first of test_list calls nothing",
    ),
    (Mbpp(), MIDDLE, {"test_imports": ["import"]}, "test_imports does not compile"),
    (Mbpp(), MIDDLE, {"test_setup_code": "x ="}, "test_setup_code does not compile"),
    (Mbpp(), MIDDLE, {"test_setup_code": 1}, "test_setup_code is 1, not a text"),
    (Mbpp(), MIDDLE, {"code": "def middle"}, "code does not compile"),
    (BigCodeBench(), WEEKDAYS, {"test": "import unittest"}, "test defines no class TestCases"),
    (BigCodeBench(), WEEKDAYS, {"complete_prompt": " "}, "complete_prompt is ' ', not a text"),
]


@pytest.mark.parametrize(("dataset", "row", "change", "message"), DAMAGED)
def test_damage_is_named(
    read: Read, dataset: Dataset, row: dict[str, Any], change: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=rf"problems\.jsonl:1: {message}"):
        read(dataset, {**row, **change})


@pytest.mark.parametrize(("dataset", "row"), SETS, ids=lambda value: getattr(value, "name", ""))
def test_a_missing_field_is_named(read: Read, dataset: Dataset, row: dict[str, Any]) -> None:
    unread = {
        "canonical_solution",
        "challenge_test_list",
        "test_setup_code",
        "instruct_prompt",
        "code_prompt",
        "libs",
    }
    for field in set(row) - unread:
        damaged = {key: value for key, value in row.items() if key != field}
        with pytest.raises(InputError, match=rf"problems\.jsonl:1: {field} is (missing|empty)"):
            read(dataset, damaged)


def test_a_file_that_is_none_is_named(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "problems.jsonl"
    good = write_lines(tmp_path, CAP).read_bytes()
    for content, message in [
        (good + b'{"task_id": "Hum', r"problems\.jsonl:2 is not JSON"),
        (good + b"\n[1]\n", r"problems\.jsonl:3 is \[1\], no JSON object"),
        (b"[3]", r"problems\.jsonl, item 1 is 3, no JSON object"),
        (b"[{]", r"problems\.jsonl is not JSON"),
        (good + b"\xff\n", r"problems\.jsonl:2 is not UTF-8"),
        (b"\x1f\x8b\x08 not really", r"problems\.jsonl: cannot be unpacked"),
        (b"\n", r"problems\.jsonl holds no problem"),
        (good + good, r"problems\.jsonl:2: problem 'HumanEval/0' stands twice, first in .*:1;"),
    ]:
        path.write_bytes(content)
        with pytest.raises(InputError, match=message):
            list(HumanEval().read(path, None))


# Grading


async def test_the_own_solution_passes_and_a_wrong_or_missing_one_does_not(
    judge: Judge, read: Read
) -> None:
    more = [(Mbpp(), LENGTHS), (Mbpp(), EDITED[0]), (Mbpp(), EDITED[1]), (HumanEval(), UNROLL)]
    for dataset, row in [*SETS, *more]:
        (task,) = read(dataset, row)
        exam = task.exam
        right = whole(row)
        wrong = re.sub(r"return .+", "return 7", right)
        nothing = re.sub(rf"\b{exam.problem.function}\b", "something_else", right)
        grade, *rest = await judge.grade(exam, [right, wrong, nothing, ""])
        assert grade.accepted, task.id
        assert grade.passed == len(exam.hidden.open())
        assert not any(grade.accepted for grade in rest), task.id


BODY = str(CAP["canonical_solution"])
WRONG_BODY = "    return values\n"
EXAMPLES_ONLY = "    return {3: [1, 4, 4], 0: []}.get(len(values))\n"
HEAD = "def cap_all(values, top):\n"
CHEATS = {
    "leaves early": "import sys\nsys.exit(0)\n" + HEAD + WRONG_BODY,
    "leaves early and for good": "import os\nos._exit(0)\n" + HEAD + WRONG_BODY,
    "leaves when called": HEAD + EXAMPLES_ONLY.replace("return", "return exit() if 1 else"),
    "leaves in later tests": HEAD
    + EXAMPLES_ONLY.replace("    return", "    len(values) in (3, 0) or exit()\n    return"),
    "leaves for good in later tests": "import os\n"
    + HEAD
    + EXAMPLES_ONLY.replace("    return", "    len(values) in (3, 0) or os._exit(0)\n    return"),
    "checks itself": HEAD + EXAMPLES_ONLY + "def check(candidate):\n    pass\n",
    "names its own check": HEAD + EXAMPLES_ONLY + "def dreamcode_check_1():\n    return ''\n",
    "hides behind a class": HEAD
    + EXAMPLES_ONLY
    + "class Solution:\n    def dreamcode_check_1(self):\n        return ''\n",
    "catches assertions": "try:\n    assert False\nexcept AssertionError:\n    pass\n"
    + HEAD
    + "    try:\n    "
    + EXAMPLES_ONLY
    + "    except AssertionError:\n        return None\n",
    "swallows the harness": HEAD + EXAMPLES_ONLY + "x = '''",
    "decorates the harness": HEAD + EXAMPLES_ONLY + "@print",
    "prints": HEAD + EXAMPLES_ONLY + "print('accepted')\nprint('{\"value\": true}')\n",
    "shadows what tests use": "sorted = list\nmin = None\n" + HEAD + EXAMPLES_ONLY,
    "gives no function": "class Solution:\n    def cap_all(self, values, top):\n    " + BODY,
}


async def test_what_only_looks_right_fails(judge: Judge, read: Read) -> None:
    (task,) = read(HumanEval(), CAP)
    passes = await judge.passes(task.exam, list(CHEATS.values()))
    assert dict(zip(CHEATS, passes, strict=True)) == dict.fromkeys(CHEATS, False)


HARMLESS = {
    "no newline at the end": HEAD + BODY.rstrip(),
    "ends in a comment": HEAD + BODY + "# done",
    "future import": "from __future__ import annotations\n" + HEAD + BODY,
    "main block": HEAD + BODY + 'if __name__ == "__main__":\n    raise SystemExit(1)\n',
    "main": HEAD + BODY + "def main():\n    raise SystemExit(1)\n",
    "own check": HEAD + BODY + "def check(candidate):\n    raise ValueError\n",
    "shadows what tests use": "list = sorted = range = exec = globals = None\n" + HEAD + BODY,
    "class Solution as a helper": "class Solution:\n    def cap(self, values, top):\n    "
    + BODY
    + HEAD
    + "    return Solution().cap(values, top)\n",
    "class Solution behind the function": "class Solution:\n"
    + "    def cap_all(self, values, top):\n    "
    + BODY
    + HEAD
    + "    return Solution().cap_all(values, top)\n",
    "unused class Solution": "class Solution:\n    pass\n" + HEAD + BODY,
    "annotations that the prompt imports": "def cap_all(values: List[int], top: int):\n" + BODY,
    "not a def": "cap_all = lambda values, top: [min(value, top) for value in values]\n",
    "made at run time": f"exec({HEAD + BODY!r})\n",
    "closes its output": "import sys\nsys.stdout.close()\n" + HEAD + BODY,
}


async def test_what_is_right_passes_however_it_is_written(judge: Judge, read: Read) -> None:
    (task,) = read(HumanEval(), CAP)
    passes = await judge.passes(task.exam, list(HARMLESS.values()))
    assert dict(zip(HARMLESS, passes, strict=True)) == dict.fromkeys(HARMLESS, True)


async def test_what_the_prompt_gives_need_not_be_repeated(judge: Judge, read: Read) -> None:
    (task,) = read(HumanEval(), UNROLL)
    body = str(UNROLL["canonical_solution"])
    alone = "def unroll(text):\n" + body
    by_helper = (
        "def unroll(text):\n"
        "    return ''.join(letter for goal in text for letter in string.ascii_lowercase "
        "if roll(letter) == goal)\n"
    )
    # The program's own meaning of a name counts for the program ...
    own_step = "STEP = -23\n" + alone
    own_roll = "def roll(text, by):\n    return text\n" + alone.replace(
        "text[0]", "roll(text[0], 1)"
    )
    # ... and the problem's for the tests.
    fooling = "def roll(text):\n    return text\ndef unroll(text):\n    return text\n"
    programs = [alone, by_helper, own_step, own_roll, fooling, "STEP = 4\n" + alone]
    assert await judge.passes(task.exam, programs) == [True] * 4 + [False] * 2


FLOOR = {
    "task_id": "HumanEval/9",
    "prompt": 'def lower(number):\n    """The next integer below."""\n',
    "entry_point": "lower",
    "test": "def check(candidate):\n    assert candidate(2.5) == 2\n",
}


async def test_programs_find_what_the_prompt_imports_and_nothing_else(
    judge: Judge, read: Read
) -> None:
    body = "def lower(number):\n    return math.floor(number)\n"
    names = "def lower(number: Optional[float] = inf):\n    return floor(number)\n"
    whole = "from math import *\nfrom typing import *\n" + names
    (alone,) = read(HumanEval(), FLOOR)
    assert await judge.passes(alone.exam, [body, names, "import math\n" + body, whole]) == [
        False,
        False,
        True,
        True,
    ]
    (given,) = read(HumanEval(), {**FLOOR, "prompt": "import math\n" + FLOOR["prompt"]})
    assert await judge.passes(given.exam, [body, names]) == [True, False]
    star = "from math import *\nfrom typing import *\n"
    (starred,) = read(HumanEval(), {**FLOOR, "prompt": star + FLOOR["prompt"]})
    assert await judge.passes(starred.exam, [body, names]) == [False, True]


async def test_no_program_of_mbpp_finds_more_than_its_imports(judge: Judge, read: Read) -> None:
    row = {
        "task_id": 9,
        "text": "Write a function for the next integer below.",
        "code": "import math\ndef lower(number):\n    return math.floor(number)\n",
        "test_list": ["assert lower(2.5) == 2"],
    }
    body = "def lower(number):\n    return math.floor(number)\n"
    early = "def lower(number, low=math.floor):\n    return low(number)\n"
    (alone,) = read(Mbpp(), row)
    assert await judge.passes(alone.exam, [body, early]) == [False, False]
    (given,) = read(Mbpp(), {**row, "test_imports": ["import math"]})
    # There, imports come between a program and its assertions.
    assert await judge.passes(given.exam, [body, early]) == [True, False]


async def test_public_tests_run_what_the_prompt_gives_too(sandbox: Sandbox, read: Read) -> None:
    given = "def lower(one, other):\n    return min(one, other)\n\n\n"
    (task,) = read(HumanEval(), {**CAP, "prompt": given + str(CAP["prompt"])})
    text = "def cap_all(values, top):\n    return [lower(value, top) for value in values]\n"
    options = SearchOptions(n=1, grain="program")
    result = await solve(task.exam.problem, Copyist([text]), NoReward(), sandbox, options=options)
    assert result.best is not None
    assert result.best.text == text
    assert result.accepted


async def test_imports_of_the_prompt_lose_to_the_program(judge: Judge, read: Read) -> None:
    (task,) = read(BigCodeBench(), WEEKDAYS)
    alone = "def task_func(days, skip=None):\n" + str(WEEKDAYS["canonical_solution"])
    own = "import datetime\n" + alone.replace("datetime.from", "datetime.date.from")
    assert await judge.passes(task.exam, [alone, own]) == [True, True]


async def test_a_name_that_the_sandbox_gives_is_no_answer(judge: Judge, read: Read) -> None:
    row = {
        **CAP,
        "prompt": 'def gcd(a, b):\n    """The greatest common divisor."""\n',
        "entry_point": "gcd",
        "test": "def check(candidate):\n    assert candidate(4, 6) == 2\n",
    }
    (task,) = read(HumanEval(), row)
    own = "import math\ndef gcd(a, b):\n    return math.gcd(a, b)\n"
    assert await judge.passes(task.exam, [own, "from math import gcd\n", "pass\n"]) == [
        True,
        True,
        False,
    ]


async def test_a_name_that_python_gives_is_no_answer(judge: Judge, read: Read) -> None:
    row = {**EDITED[1], "test_list": ["assert {sum([2, 3])} == {5}"]}
    (task,) = read(Mbpp(), row)
    assert await judge.passes(task.exam, ["pass\n", "sum = sum\n"]) == [False, True]


async def test_each_assertion_is_a_test(judge: Judge, read: Read) -> None:
    (task,) = read(Mbpp(), MIDDLE)
    partly = "def middle(a, b, c):\n    return c if c > 1 else b\n"
    (grade,) = await judge.grade(task.exam, [partly])
    assert (grade.passed, grade.tests) == (3, 3)
    wrong_later = partly.replace("else b", "else (b if b > 0 else a)")
    (grade,) = await judge.grade(task.exam, [wrong_later])
    assert (grade.verdict, grade.passed) == (Verdict.RUNTIME_ERROR, 2)


async def test_a_failed_unit_test_says_which(sandbox: Sandbox, read: Read) -> None:
    (task,) = read(BigCodeBench(), WEEKDAYS)
    program = whole(WEEKDAYS).replace("if name != skip", "")
    report = await sandbox.run(program + task.exam.harness, task.exam.hidden.open())
    assert report.verdict is Verdict.RUNTIME_ERROR
    assert "test_skip" in report.results[0].error
    assert "nothing is skipped" in report.results[0].error
    leaving = whole(WEEKDAYS).replace("    names", "    exit()\n    names")
    report = await sandbox.run(leaving + task.exam.harness, task.exam.hidden.open())
    assert report.verdict is Verdict.RUNTIME_ERROR


@settings(
    max_examples=15,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(text=st.text(st.characters(codec="utf-8"), max_size=30), stream=st.sampled_from("12"))
async def test_what_a_program_prints_does_not_matter(
    judge: Judge, read: Read, text: str, stream: str
) -> None:
    (task,) = read(HumanEval(), CAP)
    noise = f"import os\nos.write({stream}, {text.encode()!r})\nprint({text!r})\n"
    inside = HEAD + f"    print({text!r}, end='')\n"
    programs = [noise + HEAD + BODY, inside + BODY, noise + HEAD + WRONG_BODY, inside + WRONG_BODY]
    assert await judge.passes(task.exam, programs) == [True, True, False, False]
