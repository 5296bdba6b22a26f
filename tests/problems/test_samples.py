"""Samples in statements, in the forms contest sites use."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamcode.problems.announced import count_announced
from dreamcode.problems.samples import find_samples

ATCODER = """Add two numbers.

Input

The input is given from Standard Input in the following format:
A B

Output

Print the sum.

Sample Input 1

3 4

Sample Output 1

7

Three and four make seven.
So does the reverse.

Sample Input 2

0 0
#.#

Sample Output 2

0
"""

MARKDOWN = """# Sum

## Input

```
A B
```

## Output

```
A+B
```

### Sample Input 1

```
3 4
```

### Sample Output 1

```
7
```
"""

CODEFORCES_DUMP = (
    "Print every number doubled.\n\nInput\n\nThe first line holds t.\n\nOutput\n\n"
    "Print t numbers.Sample Input 1:\n2\n\n5 6\n\n7\n\n\n\nSample Output 1:\n\n10 12\n14\n\n\n"
    "Note\n\nIn the first case the answer is 10 12."
)

LEETCODE = """Return the sum.

Example 1:

Input: a = 3, b = 4
Output: 7
Explanation:
Output: a number, as said above.

Example 2:


Input: a = 0, b = 0
Output: 0

\x20
Constraints:

0 <= a
"""

FORMS = {
    "headings without fences": (ATCODER, [("3 4\n", "7\n"), ("0 0\n#.#\n", "0\n")]),
    "headings with fences": (MARKDOWN, [("3 4\n", "7\n")]),
    "lost line breaks, doubled lines": (CODEFORCES_DUMP, [("2\n5 6\n7\n", "10 12\n14\n")]),
    "examples with arguments": (LEETCODE, [("a = 3, b = 4\n", "7\n"), ("a = 0, b = 0\n", "0\n")]),
    "bold labels": ("**Sample Input:**\n1\n\n**Sample Output:**\n2\n", [("1\n", "2\n")]),
    "other word order": ("Input Sample 1\n1\n\nOutput Sample 1\n2\n\nDone.", [("1\n", "2\n")]),
    "example, not sample": (
        "### Example Input\n    1\n### Example Output\n    2\n",
        [("1\n", "2\n")],
    ),
    "input and output fences": (
        "Sum.\n\nInput:\n```\n1 2\n```\nOutput:\n```\n3\n```\n",
        [("1 2\n", "3\n")],
    ),
    "format prose beside fences": (
        "## Input\nTwo numbers.\n## Output\nOne.\n## Example\n"
        "Input\n```\n1\n```\nOutput\n```\n2\n```",
        [("1\n", "2\n")],
    ),
    "copied from the site": (
        "Examples\nInputCopy\n1\nx\nOutputCopy\nYES\nInputCopy\n2\ny\nOutputCopy\nNO\nNote\nNone.",
        [("1\nx\n", "YES\n"), ("2\ny\n", "NO\n")],
    ),
    "one fence around an example": (
        '**Example 1:**\n```\nInput: s = "a"\nOutput: true\nExplanation: it is.\n```\n',
        [('s = "a"\n', "true\n")],
    ),
    "bold and code": ("Example 1:\n\n**Input:** `n = 3`\n**Output:** `5`\n", [("n = 3\n", "5\n")]),
    "no example heading": ("Twice.\n\nInput: n = 3\nOutput: 6\n", [("n = 3\n", "6\n")]),
    "several lines of arguments": (
        "Example 1:\n\nInput: a = [1,\n2],\nb = 3\nOutput: 6\n",
        [("a = [1,\n2],\nb = 3\n", "6\n")],
    ),
    "none": (
        "Write a function that greets people.\n\n## Input\n\nA name.\n\n## Output\n\nText.\n",
        [],
    ),
    "blank lines count inside fences": (
        "Sample Input 1\n```\n2\n\nab\n\n```\nSample Output 1\n```\nx\n\ny\n```\n",
        [("2\n\nab\n\n", "x\n\ny\n")],
    ),
    "empty output": (
        "Sample Input 1\n\n5\n\nSample Output 1\n\n\n\nThere may be nothing to print.\n",
        [("5\n", "")],
    ),
    "buttons of a copied page": (
        "Sample Input 1 Copy\n\nCopy\n\n5\n\n"
        "Sample Output 1Copy\n\n  content_copy\n\n  Copied!\n\n8\n",
        [("5\n", "8\n")],
    ),
    "output after a blank line too many": (
        "Sample Input 1\n\n5\n\nSample Output 1\n\n\n8\n",
        [("5\n", "8\n")],
    ),
}


@pytest.mark.parametrize("form", FORMS)
def test_samples_are_found(form: str) -> None:
    statement, wanted = FORMS[form]
    assert [(sample.input, sample.output) for sample in find_samples(statement).samples] == wanted


@pytest.mark.parametrize("form", [name for name, (_, found) in FORMS.items() if found])
def test_as_many_as_announced(form: str) -> None:
    statement, wanted = FORMS[form]
    assert count_announced(statement) in (0, len(wanted))


@pytest.mark.parametrize(
    ("statement", "announced"),
    [
        (ATCODER, 2),
        (MARKDOWN, 1),
        (CODEFORCES_DUMP, 1),
        (LEETCODE, 2),
        ("As in Sample Input 3\nit holds for example 7\n", 0),
        ("Sample Input 1\nSample Input 3\n", 2),
        ("", 0),
    ],
)
def test_announced(statement: str, announced: int) -> None:
    assert count_announced(statement) == announced


def test_a_sample_without_its_partner_is_told_and_the_others_are_read() -> None:
    found = find_samples("Sample Input 1\n1\n\nSample Output 1\n2\n\nSample Input 2\n3\n")
    assert [sample.input for sample in found.samples] == ["1\n"]
    assert found.doubts == ("the sample input 2 has no sample output",)


WORDS = (
    *("Sample ", "Example ", "Input", "Output", "Note", "1", "2", ":", "\n", "\n\n"),
    *("```", " ", "#", "**", "nums = [1]", "true"),
)

LINE = st.text(st.characters(codec="ascii", exclude_characters="\r\n`~", min_codepoint=32))


@given(st.lists(st.tuples(st.lists(LINE), st.lists(LINE)), min_size=1, max_size=4))
def test_whatever_stands_in_fences_comes_back(samples: list[tuple[list[str], list[str]]]) -> None:
    blocks = [
        f"### Sample {side} {number}\n\n```\n" + "".join(f"{line}\n" for line in lines) + "```\n"
        for number, sample in enumerate(samples, start=1)
        for side, lines in zip(("Input", "Output"), sample, strict=True)
        if not any("put" in line.lower() for line in lines)
    ]
    if len(blocks) != 2 * len(samples):
        return
    found = find_samples("Copy.\n\n" + "\n".join(blocks)).samples
    assert [(sample.input, sample.output) for sample in found] == [
        ("".join(f"{line}\n" for line in given), "".join(f"{line}\n" for line in expected))
        for given, expected in samples
    ]


@given(st.text(), st.integers(0, 9))
def test_any_text_around_a_sample_leaves_it_as_it_is(text: str, number: int) -> None:
    around = text.translate(str.maketrans("", "", "`~"))
    if "put" in around.lower():
        return
    sample = f"\n\nSample Input\n```\n{number}\n```\nSample Output\n```\n{number}\n```\n\n"
    found = find_samples(around + sample + around).samples
    assert [(found.input, found.output) for found in found] == [(f"{number}\n", f"{number}\n")]


@given(st.lists(st.sampled_from(WORDS)).map("".join))
def test_any_arrangement_of_labels_is_read_or_doubted_with_a_reason(statement: str) -> None:
    found = find_samples(statement)
    assert len(found.samples) <= statement.lower().count("output")
    assert all(found.doubts)
    assert count_announced(statement) >= 0


def test_long_rows_of_markup_take_no_quadratic_time() -> None:
    row = "# " * 200_000
    assert find_samples(f"{row}\nInput {row}x\n{'*' * 400_000}").samples == ()
