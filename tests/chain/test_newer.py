"""Programs in the syntax of later Pythons than the one that runs this."""

import ast

import pytest

from dreamcode.chain.continuation import continuation
from dreamcode.chain.extract import extract_program
from dreamcode.chain.names import close_program, is_complete, missing_helpers
from dreamcode.chain.normal import normal_form
from dreamcode.chain.parse import parse
from dreamcode.chain.syntax import first_error_line, parse_module

GENERIC = """\
def main() -> None:
    print(first(read()))


def first[T: (int, str), *Ts, **P](items: list[T]) -> T:
    return items[0]


def read() -> list[int]:
    return [int(word) for word in input().split()]
"""
NEWER = {
    "generic functions": GENERIC,
    "defaults of type parameters": GENERIC.replace("T: (int, str)", "T = int"),
    "generic class": "class Box[\n    T,\n]:\n    item: T\n\n\nprint(Box())\n",
    "type statement": "type Row[T] = list[T]\ntype Grid = Row[Row[int]]\nprint(input())\n",
    "quotes": 'row = {"a": input()}\nprint(f"{row["a"]:>{len("ab")}} {row["a"]!r}")\n',
    "deeper quotes": 'print(f"{", ".join(f"{x}" "{" for x in input())} {"#"}")\n',
    "backslash": "print(f\"{'\\n'.join(input())}\")\n",
    "lines in a field": "print(f'{\n    input()  # it is read\n}')\n",
    "triple quotes": 'print(f"""{input("""a""")}""")\n',
    "exceptions": "try:\n    print(input())\nexcept EOFError, ValueError:\n    pass\n",
    "exception groups": "try:\n    print(input())\nexcept* EOFError, ValueError:\n    pass\n",
    "template": 'print(t"{input()} {"a"}")\n',
    "raw template": "print(rt'{input()}\\d')\n",
}
# What tree-sitter reads without complaint, and no Python does.
MISTAKES = [
    'print "x"\n',
    "def f():\n",
    "def f():\n    x = 1\n  y = 2\n",
    "def f[T](x):\nreturn x\n",
    "x = 0777\n",
    "async = f'{1}'\n",
    "type X = = int\n",
    "try:\n    f()\nexcept A, B as e:\n    pass\n",
    'print(f"{x["a"]")\n',
]


@pytest.mark.parametrize("program", NEWER.values(), ids=NEWER.keys())
def test_programs_in_newer_syntax_are_programs(program: str) -> None:
    assert parse_module(program) is not None
    assert missing_helpers(program) == []
    assert is_complete(close_program(program))
    assert extract_program(program) == program
    assert extract_program(f"It is so:\n\n{program}\nThat's it (all of it.\n") == program
    assert extract_program(f"So:\n```python\n{program}```\nThat's it.") == program


@pytest.mark.parametrize("program", NEWER.values(), ids=NEWER.keys())
def test_their_normal_form_keeps_what_they_say(program: str) -> None:
    try:
        ast.parse(program)
    except SyntaxError:
        assert normal_form(program) != normal_form(program.replace('"a"', '"b"') + "f()\n")
        changed = program.replace('"a"', '"b"')
        assert (normal_form(changed) == normal_form(program)) is (changed == program)


@pytest.mark.parametrize("program", MISTAKES)
def test_mistakes_are_no_newer_syntax(program: str) -> None:
    assert parse_module(program) is None
    assert first_error_line(program) is not None


def test_newer_programs_are_cut_into_functions() -> None:
    assert [step.name for step in parse(GENERIC).steps] == ["main", "first", "read"]
    tricky = 'def f(d):\n    print(f"{"#"}{d["("]}", "a")\n\n\n# of g\ndef g():\n    pass\n'
    cut = tricky.index("# of g")
    assert [step.source for step in parse(tricky).steps] == [tricky[:cut], tricky[cut:]]


def test_newer_functions_are_continued() -> None:
    steps = [step.source for step in parse(GENERIC).steps]
    assert continuation(steps[0], f"```python\n{GENERIC}```") == "".join(steps[1:])
    assert continuation("".join(steps[:2]), f"Then:\n\n{steps[2]}") == steps[2]
