import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.boundary import normalise_step, program_end, step_end
from dreamcode.chain.parse import parse
from tests.chain.programs import FRAGMENTS, PROGRAMS, TEXTS


@given(PROGRAMS, st.data())
def test_a_stream_is_cut_where_the_finished_program_is(
    program: tuple[list[tuple[str, str]], str], data: st.DataObject
) -> None:
    steps, source = program
    done = data.draw(st.integers(0, len(steps) - 1))
    prefix = "".join(text for _, text in steps[:done])
    rest = source[len(prefix) :]
    expected = len(steps[done][1]) if done + 1 < len(steps) else None
    assert step_end(prefix, rest) == expected
    if expected is not None:
        assert step_end(prefix, rest[:expected]) is None
        known = next(k for k in range(len(rest) + 1) if step_end(prefix, rest[:k]) is not None)
        assert all(step_end(prefix, rest[:k]) == expected for k in range(known, len(rest) + 1))


@given(TEXTS, TEXTS)
def test_any_stream_is_cut_as_parse_cuts_it(prefix: str, continuation: str) -> None:
    prefix += "\n"
    end = step_end(prefix, continuation)
    cuts = set()
    position = 0
    for step in parse(prefix + continuation).steps:
        cuts.add(position)
        position += len(step.source)
    assert end is None or len(prefix) + end in cuts


SOLUTION = "class Solution:\n    def f(self):\n        pass\n\n"
MAIN = "def main():\n    pass\n\n\n"


END = "<END>"


def marked(text: str) -> tuple[str, int | None]:
    """The text without its mark, and where the mark stood."""
    return text.replace(END, ""), text.index(END) if END in text else None


@pytest.mark.parametrize(
    ("prefix", "continuation"),
    [
        ("", "import sys\n\ndef f():\n    pass\n\n"),
        ("", "def f():\n    pass\n\nde"),
        ("", "def f():\n    pass\n\n<END>def "),
        (MAIN, "\n\ndef f():\n    pass\n<END># g\n@d\nasync def g"),
        (MAIN, "def f():\n    pass\nif __name__:\n    main()\n"),
        (MAIN, "def f():\n    pass\n<END>if __name__:\n    main()\ndef g():"),
        (MAIN, 'def f():\n    """\ndef g():\n    '),
        (MAIN, "def f():\n    def g():\n        pass\n    def h():"),
        (SOLUTION, "    def g(self):\n        pass\n\n<END>    # next\n    def "),
        (SOLUTION, "    def g(self):\n        pass\n\n<END>def helper("),
        (SOLUTION, "    def g(self):\n        def deep():\n            pass\n"),
    ],
)
def test_step_end(prefix: str, continuation: str) -> None:
    text, end = marked(continuation)
    assert step_end(prefix, text) == end


@pytest.mark.parametrize(
    "continuation",
    [
        "def f():\n    pass\n",
        "def f():\n    pass\n``",
        "def f():\n    pass\n<END>```",
        "def f():\n    pass\n<END>```\nMore ``` prose",
        'def f():\n    """\n```\n    """\n',
        "def f():\n    x = (1,\n<END>```\n",
        "def f():\n    # ```\n    pass",
    ],
)
def test_program_end(continuation: str) -> None:
    text, end = marked(continuation)
    assert program_end(MAIN, text) == end


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("\n\ndef f():\n    pass \n", "def f():\n    pass\n\n\n"),
        ("    def g(self):\n        pass", "    def g(self):\n        pass\n\n"),
        (
            "    @cache\n    def g(self):\n        pass",
            "    @cache\n    def g(self):\n        pass\n\n",
        ),
        (
            "class Solution:\n    def f(self): pass\n\n\n\n",
            "class Solution:\n    def f(self): pass\n\n",
        ),
        (
            "def f(x):\n    def g(): pass\n    return g",
            "def f(x):\n    def g(): pass\n    return g\n\n\n",
        ),
        ("", ""),
        (" \n", ""),
    ],
)
def test_normal_end_of_a_step(text: str, normal: str) -> None:
    assert normalise_step(text) == normal
    assert normalise_step(text, last=True) == (normal.rstrip() + "\n" if normal else "")


@given(PROGRAMS)
def test_normalised_steps_are_still_the_steps(program: tuple[list[tuple[str, str]], str]) -> None:
    steps, _ = program
    *before, (last_name, last_text) = steps
    normal = [(name, normalise_step(text)) for name, text in before]
    normal.append((last_name, normalise_step(last_text, last=True)))
    joined = parse("".join(text for _, text in normal))
    assert [(step.name, step.source) for step in joined.steps] == normal


@given(st.lists(FRAGMENTS, max_size=20).map("".join))
def test_normalising_twice_changes_nothing(text: str) -> None:
    assert normalise_step(normalise_step(text)) == normalise_step(text)
