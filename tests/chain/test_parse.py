import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.parse import parse
from tests.chain.programs import PROGRAMS, TEXTS


def steps(source: str) -> list[tuple[str, str]]:
    return [(step.name, step.source) for step in parse(source).steps]


@given(TEXTS)
def test_joined_steps_give_back_any_text(source: str) -> None:
    assert parse(source).source == source


@given(PROGRAMS)
def test_cuts_generated_programs_where_they_were_put_together(
    program: tuple[list[tuple[str, str]], str],
) -> None:
    expected, source = program
    assert steps(source) == expected


@given(st.one_of(TEXTS, PROGRAMS.map(lambda program: program[1])), st.data())
def test_truncated_text_has_the_same_first_steps(source: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(source)))
    whole, part = parse(source).steps, parse(source[:cut]).steps
    assert part[:-1] == whole[: max(len(part) - 1, 0)]
    assert len(part) <= len(whole)


@given(st.one_of(TEXTS, PROGRAMS.map(lambda program: program[1])))
def test_every_prefix_parses_to_its_own_steps(source: str) -> None:
    for prefix in parse(source).prefixes():
        assert parse(prefix.source) == prefix


@given(PROGRAMS)
def test_line_ends_and_tabs_change_nothing(program: tuple[list[tuple[str, str]], str]) -> None:
    expected, source = program
    for old, new in (("\n", "\r\n"), ("\n", "\r"), ("    ", "\t")):
        changed = [(name, text.replace(old, new)) for name, text in expected]
        assert steps(source.replace(old, new)) == changed


CASES = {
    "empty": ("", []),
    "no function": ("n = int(input())\nprint(n)\n", [""]),
    "only classes": ("class A:\n    def f(self):\n        pass\n", [""]),
    "prose": ("Here's the (answer\nyou wanted", [""]),
    "one line functions": ("def f(): return 1\ndef g(): return 2\nprint(f())", ["f", "g"]),
    "guarded functions": ("if x:\n    def f():\n        pass\ndef g():\n    pass\n", ["g"]),
    "main block between": (
        "def f():\n    pass\nif __name__:\n    f()\ndef g():\n    pass\n",
        ["f", "g"],
    ),
    "comment inside a body": ("def f():\n    x = 1\n# def g():\n    return x\n", ["f"]),
    "open docstring": ('def f():\n    """Text\ndef g():\n    pass\n', ["f"]),
    "open bracket": ("def f():\n    x = (1,\n\ndef g():\n    pass\n", ["f", "g"]),
    "open string": ("def f():\n    x = 'ab\n\ndef g():\n    pass\n", ["f", "g"]),
    "decorators without function": ("def f():\n    pass\n@cache\n@other(", ["f"]),
    "unfinished header": ("class Solution", [""]),
    "name not yet written": ("def f():\n    pass\ndef ", ["f", ""]),
    "unfinished word": ("def f():\n    pass\ndef", ["f"]),
    "other words": ("def f():\n    pass\ndefault = 1\ndef_ = 2\nclassSolution = 3", ["f"]),
    "form feed": ("def f():\n    pass\n\x0cdef g():\n    pass\n", ["f", "g"]),
    "byte order mark": ("\ufeffdef f():\n    pass\ndef g():\n    pass\n", ["f", "g"]),
    "class, then functions": (
        "class Solution:\n    def f(self):\n        pass\nclass DSU:\n    def find(self):\n"
        "        pass\ndef g():\n    pass\n",
        ["f", "g"],
    ),
    "class in Solution": (
        "class Solution:\n    class Node:\n        def a(self):\n            pass\n"
        "    x = 1\n    def f(self):\n        pass\n",
        ["f"],
    ),
    "another name": ("class Solution2:\n    def f(self):\n        pass\n", [""]),
}


@pytest.mark.parametrize(("source", "names"), CASES.values(), ids=CASES.keys())
def test_finds_the_functions(source: str, names: list[str]) -> None:
    assert [step.name for step in parse(source).steps] == names
    assert parse(source).source == source


def test_each_line_goes_to_its_step() -> None:
    source = textwrap.dedent('''\
        import sys

        # The plan.
        def main():
            """Doc."""
            print(count(1))
            # still main


        LIMIT = 5
        # Counts.

        @cache
        def count(n):
            return n

        if __name__ == "__main__":
            main()
        ''')
    first, second = parse(source).steps
    assert first.source.endswith("# still main\n\n\n")
    assert second.source.startswith("LIMIT = 5\n# Counts.\n")
    assert second.source.endswith("main()\n")
