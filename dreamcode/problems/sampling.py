"""The public tests that stand in a statement, and what is said where they cannot be read."""

import re

from dreamcode.errors import InputError
from dreamcode.problems.announced import count_announced
from dreamcode.problems.literals import is_named, parse_value
from dreamcode.problems.nodes import NODES
from dreamcode.problems.samples import Sample, find_samples
from dreamcode.problems.signature import Signature
from dreamcode.problems.testcases import UnsupportedError, make_test
from dreamcode_sandbox.cases import Test

REMEDY = "write the samples as docs/problems.md shows, or give tests of your own (--tests FILE)"

_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)
_MADE_OF = re.compile(r"^[ \t]+def __init__\(\s*self\s*,\s*[\w*]", re.MULTILINE)
_CALLS = re.compile(
    r"\s*(?:\w+\s*=\s*)?(\[[^][]*\])\s*,?\s*(?:\w+\s*=\s*)?(\[\s*\[.*\]\s*\])\s*", re.DOTALL
)
_DESIGN = (
    "it asks for a class ({}) whose methods are called in turn, which is not supported yet; "
    'state it as a program that reads one call per line ("put 1 1") and prints the answers.'
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
    parts = _CLASS.split(starter_code)
    bodies = dict(zip(parts[1::2], parts[2::2], strict=True))
    if "Solution" in bodies:
        asked = {"Solution"} if _MADE_OF.search(bodies["Solution"]) else set()
    elif re.search(r"^(?:async )?def\b", starter_code, re.MULTILINE):
        asked = set()
    else:
        asked = bodies.keys() - {"Node", *NODES}
    if asked:
        raise InputError(f"{name}: {_DESIGN.format(min(asked))}")


def _designed_class(sample: Sample) -> str:
    """The class whose calls a sample lists, with what they are given and give; "" if none."""
    if (match := _CALLS.fullmatch(sample.input)) is None:
        return ""
    try:
        calls, given, answers = map(parse_value, (match[1], match[2], sample.output))
    except ValueError:
        return ""
    # What makes an object gives nothing.
    fits = isinstance(answers, list) and answers[:1] == [None]
    fits = fits and len(calls) == len(given) == len(answers)
    return calls[0] if fits and all(isinstance(call, str) for call in calls) else ""


def _check_form(sample: Sample, signature: Signature | None, name: str) -> None:
    takes_both = signature is not None and len(signature.parameters or ()) == 2
    if not takes_both and (designed := _designed_class(sample)):
        raise InputError(f"{name}: {_DESIGN.format(designed)}")
    if signature is None and sample.inline and is_named(sample.input):
        raise InputError(
            f"{name}: its samples call a function ({sample.input[:40].strip()}) and it "
            "names none; add `starter_code:` or `function:` to its front matter."
        )
