"""Strategies that generate Python programs and program-like text."""

from hypothesis import strategies as st

NAMES = st.sampled_from(["solve", "read_input", "größe", "f", "main", "count_pairs"])
EXPRESSIONS = st.sampled_from(
    [
        "1",
        "[int(x) for x in data]",
        '"def g():\\n"',
        "'#' + \"it's\"",
        "(1 +\n        2)",
        '"""\ndef hidden():\n    pass\n"""',
        "{\n'a': [1,\n2]}",
        'f"{x}"',
        "a + \\\n    b",
        "'été ☃ 😀'",
        "r'\\'",
    ]
)
ABOVE = st.sampled_from(
    [
        "",
        "# about the next function\n",
        "import sys\nfrom math import (\n    gcd,\n    sqrt,\n)\n",
        "MOD = 10**9 + 7\n",
        "@cache\n",
        "@decorate(\n    # why\n    1,\n)\n# between\n@other\n",
        'TABLE = """\ndef no(): pass\n"""\n',
        "class Node:\n    def __init__(self):\n        self.next = None\n\n",
        "if True:\n    def conditional():\n        pass\n",
        "try:\n    import numpy\nexcept ImportError:\n    pass\n",
    ]
)
BLANK = st.sampled_from(["", "\n", "\n\n", "  \n\n", "\n\t\n\n"])
TAIL = st.sampled_from(["", 'if __name__ == "__main__":\n    main()\n', "main()", "# the end\n"])


@st.composite
def function_bodies(draw: st.DrawFn) -> str:
    """An indented body, its statements four columns in."""
    lines = []
    if draw(st.booleans()):
        lines.append(draw(st.sampled_from(['"""One line."""', '"""Two\n\ndef lines():\n    """'])))
    for expression in draw(st.lists(EXPRESSIONS, min_size=1, max_size=3)):
        lines.append(f"x = {expression}")
        if draw(st.integers(0, 4)) == 0:
            lines.append("def nested(y):\n        return y")
    if draw(st.integers(0, 4)) == 0:
        lines[-1:] = ["# a comment in the body", lines[-1]]
    return "".join(f"    {line}\n" for line in lines)


@st.composite
def functions(draw: st.DrawFn) -> tuple[str, str]:
    """A name, and a top-level function with that name."""
    name = draw(NAMES)
    keyword = draw(st.sampled_from(["def", "async def", "def "]))
    return name, f"{keyword} {name}(data, a=(1, 2)):\n{draw(function_bodies())}"


@st.composite
def stdin_programs(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str]:
    """The expected steps (name, text) of a program of top-level functions, and its source."""
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        name, function = draw(functions())
        steps.append((name, draw(ABOVE) + function + draw(BLANK)))
    name, text = steps[-1]
    steps[-1] = (name, text + draw(TAIL))
    return steps, "".join(text for _, text in steps)


@st.composite
def class_programs(draw: st.DrawFn) -> tuple[list[tuple[str, str]], str]:
    """The expected steps of a program with `class Solution`, and its source."""
    indented_above = ABOVE.filter(lambda above: "class Node" not in above)
    steps = []
    for _ in range(draw(st.integers(1, 4))):
        name, function = draw(functions())
        above = draw(indented_above)
        text = "".join(f"    {line}" for line in (above + function).splitlines(keepends=True))
        steps.append((name, text + draw(BLANK)))
    header = draw(ABOVE) + "class Solution(object):\n"
    steps[0] = (steps[0][0], header + steps[0][1])
    name, text = steps[-1]
    steps[-1] = (name, text + draw(TAIL))
    return steps, "".join(text for _, text in steps)


PROGRAMS = st.one_of(stdin_programs(), class_programs())

# Text that is mostly no program, made of what programs are made of.
WORDS = ["def f():", "async def", " def ", "class Solution:", "@d", "else:", "pass", "x = 1"]
MARKS = ["#", '"""', "'''", '"', "'", "\\", "(", ")", "[", "{", "}", ";", "```", "if __name__:"]
SPACES = ["\n", "\n    ", "\r\n", "\r", "\t", "\f", "\x00", "\ufeff", "\x85", "\u2028", "\ud800"]
FRAGMENTS = st.sampled_from([*WORDS, *MARKS, *SPACES, "é", "😀"])
TEXTS = st.one_of(st.text(), st.lists(FRAGMENTS, max_size=40).map("".join))
