"""The function in starter code."""

import pytest

from dreamcode.errors import InputError
from dreamcode.problems.fits import fits
from dreamcode.problems.signature import Parameter, Signature, find_signature


def test_unfinished_method() -> None:
    code = "class Solution:\n    def pick(self, nums: List[int], k: int = 1) -> bool:\n        "
    assert find_signature(code) == Signature(
        "pick", (Parameter("nums", "List[int]"), Parameter("k", "int", required=False)), "bool"
    )


def test_header_over_several_lines_and_a_comment() -> None:
    code = "import math\n\ndef area(\n    width,\n    height: 'float',\n):  # both positive\n"
    signature = find_signature(code)
    assert signature == Signature("area", (Parameter("width"), Parameter("height", "'float'")))


def test_body_on_the_same_line() -> None:
    assert find_signature("def twice(n): return 2 * n") == Signature("twice", (Parameter("n"),))


def test_method_comes_before_helper_and_private_functions() -> None:
    code = (
        "def helper(x): ...\n"
        "class Solution:\n"
        "    def __init__(self):\n"
        "    def _inner(self, a):\n"
        "    def solve(self, a):\n"
    )
    signature = find_signature(code)
    assert signature is not None
    assert signature.name == "solve"


def test_named_function_wins() -> None:
    signature = find_signature("def one(a):\n\ndef two(a, b):\n", "two")
    assert signature is not None
    assert signature.parameters == (Parameter("a"), Parameter("b"))


def test_named_function_that_is_not_there() -> None:
    with pytest.raises(InputError, match="'three' is not in the starter code, which defines one"):
        find_signature("def one(a):\n", "three")


def test_name_alone() -> None:
    assert find_signature("", "f") == Signature("f", None)


@pytest.mark.parametrize(
    "code", ["", "import sys\n", "def main():\n    pass\n", "def (:\n", "def f(a"]
)
def test_programs_that_read_standard_input(code: str) -> None:
    assert find_signature(code) is None


@pytest.mark.parametrize(
    ("value", "annotation", "wanted"),
    [
        (3, "int", True),
        (True, "int", False),
        (3, "float", True),
        ("3", "int", False),
        ([1, 2], "List[int]", True),
        ([1, "2"], "list[int]", False),
        ([[1], []], "typing.List[typing.List[int]]", True),
        (None, "Optional[int]", True),
        (None, "int | None", True),
        ("x", "Union[int, str]", True),
        ([], "Optional[int]", False),
        ([1, 2], "Optional[ListNode]", True),
        (None, "TreeNode", True),
        (3, "ListNode", False),
        ({"a": 1}, "Dict[str, int]", True),
        (3, "'int'", True),
        ({}, "Whatever", True),
        (3, "", True),
        (None, "None", True),
        (3, "'any number of words'", True),
        (["x"], "Tuple[int, str]", True),
        ({}, "Dict", True),
        ("x", "bool", False),
        (1, "Annotated[int, 3]", True),
    ],
)
def test_fits(value: object, annotation: str, wanted: bool) -> None:
    assert fits(value, annotation) is wanted
