"""The public tests that stand in a statement, and what is said where they cannot be read."""

import re

from dreamcode.errors import InputError
from dreamcode.problems.announced import count_announced
from dreamcode.problems.literals import is_named
from dreamcode.problems.nodes import NODES
from dreamcode.problems.samples import Sample, find_samples
from dreamcode.problems.signature import Signature
from dreamcode.problems.testcases import UnsupportedError, make_test
from dreamcode_sandbox.cases import Test

REMEDY = "write the samples as docs/problems.md shows, or give tests of your own (--tests FILE)"

_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
_CALLS = re.compile(r'\s*\[\s*"([A-Z]\w*)"(?:\s*,\s*"\w+")*\s*\]\s*,?\s*(?:\w+\s*=\s*)?\[\s*\[')
_DESIGN = (
    "it asks for a class ({}) whose methods are called in turn, which is not supported yet; "
    "state it as a program that reads the calls."
)


def read_samples(
    statement: str, signature: Signature | None, name: str
) -> tuple[tuple[Test, ...], str]:
    """The tests in a statement, and a line about what looks like more of them; "" if nothing does.

    Args:
        statement: the text.
        signature: the function tests call; None for programs that read standard input.
        name: what to call the problem in errors.

    Raises:
        InputError: a sample does not fit the signature.
    """
    found = find_samples(statement)
    doubts = list(found.doubts)
    tests = []
    for number, sample in enumerate(found.samples, start=1):
        _check_form(sample, signature, name)
        try:
            tests.append(make_test(sample.input, sample.output, signature, f"sample {number}"))
        except UnsupportedError as error:
            doubts.append(str(error).rstrip("."))
        except InputError as error:
            raise InputError(f"{name}, {error}") from None
    announced = count_announced(statement)
    if not doubts and announced > len(tests):
        doubts = [f"the statement announces {announced} samples, {len(tests)} were found"]
    return tuple(tests), f"{'; '.join(doubts)}: {REMEDY}" if doubts else ""


def check_starter_code(starter_code: str, name: str) -> None:
    """Nothing where the starter code asks for a program or a function.

    Raises:
        InputError: it asks for a class of its own.
    """
    classes = set(_CLASS.findall(starter_code)) - {"Solution", "Node", *NODES}
    if classes and not re.search(r"^(?:class Solution|(?:async )?def)\b", starter_code, re.M):
        raise InputError(f"{name}: {_DESIGN.format(min(classes))}")


def _check_form(sample: Sample, signature: Signature | None, name: str) -> None:
    if (calls := _CALLS.match(sample.input)) is not None:
        raise InputError(f"{name}: {_DESIGN.format(calls[1])}")
    if signature is None and sample.inline and is_named(sample.input):
        raise InputError(
            f"{name}: its samples call a function ({sample.input[:40].strip()}) and it "
            "names none; add `starter_code:` or `function:` to its front matter."
        )
