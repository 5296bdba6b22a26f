"""A problem together with the hidden tests that grade its solutions.

Search and selection are handed a `Problem` alone, and may not import this module
(an import rule says so). Only final grading opens hidden tests.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from dreamcode.problems.problem import Problem
from dreamcode_sandbox.cases import Test


@dataclass(frozen=True, slots=True)
class HiddenTests:
    """Tests under seal: nothing is decoded before `open`, so that packed ones stay small.

    Attributes:
        unpack: gives the tests; called at each `open`.
    """

    unpack: Callable[[], tuple[Test, ...]] = field(default=tuple, repr=False)

    def open(self) -> tuple[Test, ...]:
        """The tests, for final grading only.

        Raises:
            InputError: the packed tests cannot be read.
        """
        return self.unpack()


@dataclass(frozen=True, slots=True)
class Exam:
    """A problem and the hidden tests that will grade it.

    Attributes:
        problem: what a solver may know.
        hidden: the hidden tests, under seal.
        harness: code that is put behind a program before it is graded; it defines the
            functions that tests call where a benchmark's tests are programs themselves.
        graded_by_public: whether a program must pass the public tests too. Not where a
            benchmark's own tests are all there is to it, and public ones are examples that
            nobody has checked.
    """

    problem: Problem
    hidden: HiddenTests = field(default_factory=HiddenTests)
    harness: str = ""
    graded_by_public: bool = True
