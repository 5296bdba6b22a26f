"""The public tests that stand in a statement, and what is said where they cannot be read."""

from dreamcode.errors import InputError
from dreamcode.problems.announced import count_announced
from dreamcode.problems.literals import is_named
from dreamcode.problems.samples import Sample, find_samples
from dreamcode.problems.signature import Signature
from dreamcode.problems.testcases import UnsupportedError, make_test
from dreamcode_sandbox.cases import Test

REMEDY = "write the samples as docs/problems.md shows, or give tests of your own (--tests FILE)"


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


def _check_form(sample: Sample, signature: Signature | None, name: str) -> None:
    if signature is None and sample.inline and is_named(sample.input):
        raise InputError(
            f"{name}: its samples call a function ({sample.input[:40].strip()}) and it "
            "names none; add `starter_code:` or `function:` to its front matter."
        )
