import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.chain.boundary import normalise_step
from dreamcode.chain.continuation import continuation
from dreamcode.chain.indentation import indent
from dreamcode.chain.parse import parse
from tests.chain.programs import TEXTS

MAIN = 'import sys\n\n\ndef main():\n    """Plan."""\n    print(double(int(input())))\n\n\n'
DOUBLE = "def double(x):\n    # twice\n    return 2 * x\n"
RUN = '\n\nif __name__ == "__main__":\n    main()\n'

SOLUTION = "class Solution:\n    def solve(self, n):\n        return self.double(n)\n\n"
METHOD = "    def double(self, n):\n        return 2 * n\n"
BARE_METHOD = indent(METHOD, "")
OTHER_STYLE = 'import sys\ndef main():\n  """My plan."""\n  print( double(int(input())) )\n'

ANSWERS = {
    "raw": (MAIN, DOUBLE + RUN, DOUBLE + RUN),
    "raw, prose": (MAIN, f"Next comes:\n\n{DOUBLE}\nDone!\n", DOUBLE),
    "fenced": (MAIN, f"Sure.\n```python\n{DOUBLE}```\n", DOUBLE),
    "closing fence only": (MAIN, f"{DOUBLE}```\nThis doubles it.\n", DOUBLE),
    "restated": (MAIN, f"```python\n{MAIN}{DOUBLE}{RUN}```", DOUBLE + RUN),
    "restated, raw": (MAIN, MAIN + DOUBLE + RUN, DOUBLE + RUN),
    "restated in another style": (MAIN, f"```python\n{OTHER_STYLE}\n{DOUBLE}```", DOUBLE),
    "restated, new import": (
        MAIN,
        f"```\nimport re\n{MAIN}{DOUBLE}```",
        f"import re\n\n\n{DOUBLE}",
    ),
    "new function above": (MAIN, f"```python\n{DOUBLE}\n{MAIN}```", DOUBLE),
    "nothing new": (MAIN, f"```python\n{MAIN}```", ""),
    "only the main block": (MAIN, f"```python\n{MAIN}{RUN}```", RUN.lstrip("\n")),
    "empty block": (MAIN, "```python\n```", ""),
    "prose": (MAIN, "Nothing is missing.", ""),
    "no prefix": ("", f"Here:\n```python\n{MAIN}```\n", MAIN),
    "unfinished": (MAIN, "def double(x):\n    return (2 *", "def double(x):\n    return (2 *"),
    "unfinished, restated": (
        MAIN,
        MAIN + "def double(x):\n    return (2 *",
        "def double(x):\n    return (2 *",
    ),
    "prefix without line end": ("def f(): pass", DOUBLE, "\n\n\n" + DOUBLE),
    "method": (SOLUTION, METHOD, METHOD),
    "method, fenced": (SOLUTION, f"```python\n{METHOD}```", METHOD),
    "method without indentation": (SOLUTION, f"```python\n{BARE_METHOD}```", METHOD),
    "method in its class": (SOLUTION, f"```python\nclass Solution:\n{METHOD}```", METHOD),
    "class restated": (SOLUTION, f"```python\n{SOLUTION}{METHOD}```", METHOD),
    "class in another indentation": (
        SOLUTION,
        "class Solution:\n  @cache\n  def double(self, n):\n    return n\n",
        "    @cache\n    def double(self, n):\n      return n\n",
    ),
    "class with prose, raw": (SOLUTION, f"Here is it:\n\n{METHOD}\nDone.", METHOD),
    "class and usage": (
        SOLUTION,
        f"```\n{SOLUTION}{METHOD}\nprint(Solution().solve(1))\n```",
        METHOD,
    ),
    "static method": (
        SOLUTION,
        "@staticmethod\ndef double(n):\n    return n\n",
        "    @staticmethod\n    def double(n):\n        return n\n",
    ),
    "helper beside the class": (SOLUTION, DOUBLE, DOUBLE),
    "helper below the class": (SOLUTION, f"{SOLUTION}{METHOD}\n{DOUBLE}", f"{METHOD}\n{DOUBLE}"),
    "unfinished method": (
        SOLUTION,
        "def double(self, n):\n    return (",
        "    def double(self, n):\n        return (",
    ),
    "starter only": ("class Solution:\n", f"```\n{BARE_METHOD}```", METHOD),
}


@pytest.mark.parametrize(("prefix", "answer", "added"), ANSWERS.values(), ids=ANSWERS.keys())
def test_finds_what_is_added(prefix: str, answer: str, added: str) -> None:
    found = continuation(prefix, answer)
    assert found.rstrip() == added.rstrip()
    assert (prefix + found).startswith(prefix)


NAMES = st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=5, unique=True)


@given(NAMES, st.data())
def test_every_way_to_answer_adds_the_same_steps(names: list[str], data: st.DataObject) -> None:
    in_class = data.draw(st.booleans())
    margin, first = ("    ", "class Solution:\n") if in_class else ("", "import sys\n\n\n")
    texts = [
        normalise_step(indent(f"def {name}(self):\n    # {name}\n    return [{name!r}]", margin))
        for name in names
    ]
    done = data.draw(st.integers(1, len(texts)))
    prefix, rest = first + "".join(texts[:done]), "".join(texts[done:])
    body = data.draw(st.sampled_from([rest, prefix + rest, first + rest]))
    fence = data.draw(st.booleans())
    answer = f"Well, let's see.\n```python\n{body}```\nDone." if fence else body
    whole = parse(prefix + continuation(prefix, answer)).steps
    assert [step.name for step in whole] == names
    assert [step.source.rstrip() for step in whole[1:]] == [text.rstrip() for text in texts[1:]]


@given(TEXTS, TEXTS)
def test_takes_any_text(prefix: str, answer: str) -> None:
    assert isinstance(continuation(prefix, answer), str)
