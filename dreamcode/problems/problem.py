"""A problem, as whoever solves it may see it."""

from dataclasses import dataclass, field

from dreamcode_sandbox.cases import Limits, Test
from dreamcode_sandbox.comparison import Comparison


@dataclass(frozen=True, slots=True)
class Problem:
    """What a solver may know. Hidden tests are not here: see `dreamcode.problems.exam`.

    Attributes:
        id: short name, stable between runs: file stem, folder name or platform's id.
        title: one line for people.
        statement: the text, front matter removed.
        starter_code: code the answer must begin from; "" for programs that read stdin.
        function: the function or method the tests call; None for programs that read stdin.
        public_tests: the samples anybody can see.
        limits: what one test may use.
        comparison: how answers are compared, where a test says nothing else.
        given: code that the problem provides, run before a program in the program's place.
        doubt: what in the statement looks like samples and could not be read; "" if nothing does.
    """

    id: str
    title: str
    statement: str
    starter_code: str = ""
    function: str | None = None
    public_tests: tuple[Test, ...] = ()
    limits: Limits = field(default_factory=Limits)
    comparison: Comparison = Comparison()
    given: str = ""
    doubt: str = ""
