import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.extract import extract_program
from tests.chain.programs import PROGRAMS, TEXTS

CODE = "import sys\n\n\ndef main():\n    print(sys.stdin.read())\n\n\nmain()\n"
SHORT = "x = 1\nprint(x)\n"
DOCUMENTED = f'def f():\n    """Use:\n```\n{SHORT}```\n    """\n    return 1\n'

ANSWERS = {
    "one fence": (f"```python\n{CODE}```", CODE),
    "prose around": (f"Sure, here's it:\n\n```python\n{CODE}```\nIt's O(n).\n", CODE),
    "longest, not last": (f"```python\n{CODE}```\nUsage:\n```python\n{SHORT}```\n", CODE),
    "longest that parses": (f"```python\n{SHORT}```\n```python\n{CODE}def broken(\n```", SHORT),
    "output block": (f"```\n{'1 ' * 200}\n```\n```python\n{SHORT}```", SHORT),
    "numbers that parse": (f"```\n[{'1, ' * 200}]\n```\n```py\n{SHORT}```", SHORT),
    "tildes": (f"~~~py\n{CODE}~~~", CODE),
    "long fence": (f"````python\n{CODE}````", CODE),
    "attributes": (f"```{{.python}} title=a.py\n{CODE}```", CODE),
    "open fence": (f"Text\n```python\n{CODE}", CODE),
    "doubled fence": (f"```python\n```python\n{CODE}```\n```", CODE),
    "forgotten fence": (f"```text\nIt's so\n```python\n{CODE}```", CODE),
    "fence in a docstring": (f"```python\n{DOCUMENTED}```\nand\n```python\n{SHORT}```", DOCUMENTED),
    "broken program": (
        "```python\ndef f(:\n    pass\n```\nprints\n```\n3\n```",
        "def f(:\n    pass\n",
    ),
    "in a list": ("1. So:\n   ```python\n   x = f(\n       1)\n   ```\n", "x = f(\n    1)\n"),
    "no fence": (CODE, CODE),
    "no fence, prose": (f"Note: this\nHere's (my answer:\n\n{CODE}\nDone\nIt runs fast.\n", CODE),
    "indented, no fence": (
        "The code:\n\n    def f(x):\n        return x\n\nDone.\n",
        "def f(x):\n    return x\n",
    ),
    "comment above": ("Text\nhere:\n# Solves it.\nx = 1\n", "# Solves it.\nx = 1\n"),
    "carriage returns": ("```python\r\nx = 1\r\nprint(x)\r\n```\r\n", SHORT),
    "only prose": ("I cannot.\nSorry\nReason: unknown\n42\n", ""),
    "nothing": ("", ""),
}


@pytest.mark.parametrize(("answer", "program"), ANSWERS.values(), ids=ANSWERS.keys())
def test_finds_the_program(answer: str, program: str) -> None:
    assert extract_program(answer) == program


@given(PROGRAMS, st.sampled_from(["python", "", "py", "Python3"]))
def test_finds_any_program_in_a_fence(program: tuple[list[tuple[str, str]], str], tag: str) -> None:
    _, source = program
    source = source.rstrip("\n") + "\n"
    answer = f"Let's think.\n\n```{tag}\n{source}```\n\nThat's it."
    assert extract_program(answer).rstrip() == source.rstrip()


@given(TEXTS)
def test_takes_any_text(answer: str) -> None:
    assert isinstance(extract_program(answer), str)
