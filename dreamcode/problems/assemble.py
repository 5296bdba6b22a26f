"""Puts a problem together from its text, its front matter and the files beside it."""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from dreamcode.errors import InputError
from dreamcode.problems.casefiles import CompareBy, read_list, read_pairs, read_tests
from dreamcode.problems.comparing import compare_tests, make_comparison
from dreamcode.problems.exam import Exam, HiddenTests
from dreamcode.problems.freedom import any_order
from dreamcode.problems.front_matter import FrontMatter, split_front_matter
from dreamcode.problems.limits import make_limits
from dreamcode.problems.nodes import settle_result
from dreamcode.problems.problem import Problem
from dreamcode.problems.sampling import check_starter_code, read_samples
from dreamcode.problems.signature import find_signature
from dreamcode_sandbox.comparison import Comparison


@dataclass(frozen=True, slots=True)
class Material:
    """Everything found about one problem, nothing interpreted yet.

    Attributes:
        name: what to call it in errors, usually a path.
        text: the statement, front matter included.
        folder: what paths in the front matter are relative to.
        given: what is known from elsewhere; the front matter wins over it.
        samples: input files of public tests, their answers beside them.
        secrets: input files of hidden tests, their answers beside them.
        compare_by: how the package compares the answer to an input file; of a folder, what
            holds for the files in it. None where nothing is said.
        has_front_matter: whether the text may begin with any: it can name files.
    """

    name: str
    text: str
    folder: Path
    given: FrontMatter = field(default_factory=FrontMatter)
    samples: tuple[Path, ...] = ()
    secrets: tuple[Path, ...] = ()
    compare_by: CompareBy | None = None
    has_front_matter: bool = True


def assemble(
    material: Material, tests: Path | None = None, comparison: Comparison | None = None
) -> Exam:
    """The problem and its hidden tests.

    Public tests come from the first of these that is there, and from that alone: `tests`,
    the front matter's `tests`, the sample files, the samples in the text. There may be none.
    Answers are compared as `comparison` says, else the front matter, else the package, else as
    a statement wants it that asks a function for a list in any order.

    Raises:
        InputError: something in the material cannot be used.
    """
    name, given = material.name, material.given
    front, statement = FrontMatter(), material.text
    if material.has_front_matter:
        front, statement = split_front_matter(material.text, name)
    if not statement.strip():
        raise InputError(f"{name}: no statement below the front matter; write the problem there.")
    starter_code = front.starter_code or given.starter_code or ""
    try:
        signature = find_signature(starter_code, front.function or given.function)
    except InputError as error:
        raise InputError(f"{name}: {error}") from None
    if tests is None and isinstance(front.tests, str):
        tests = material.folder / front.tests
    if (front.function or given.function) is None:
        check_starter_code(starter_code, name)
    if signature is not None:
        signature = settle_result(signature, f"{starter_code}\n{statement}")
    compare_by = _choose_rule(material, front, statement if signature else "", comparison)
    whole, doubt = compare_by(material.folder), ""
    if tests is not None:
        public = compare_tests(read_tests(tests, signature), whole)
    elif isinstance(front.tests, list):
        public = compare_tests(read_list(front.tests, signature, f"{name}, tests"), whole)
    elif material.samples:
        public = read_pairs(material.samples, signature, compare_by)
    else:
        public, doubt = read_samples(statement, signature, name)
        public = compare_tests(public, whole)
    id_ = front.id or given.id or name
    problem = Problem(
        id=id_,
        title=front.title or given.title or _heading(statement) or id_,
        statement=statement,
        starter_code=starter_code,
        function=signature.name if signature else None,
        public_tests=public,
        limits=make_limits(
            front.time_limit or given.time_limit, front.memory_limit or given.memory_limit
        ),
        comparison=whole,
        doubt=doubt,
    )
    hidden = HiddenTests(partial(read_pairs, material.secrets, signature, compare_by))
    return Exam(problem, hidden)


def _choose_rule(
    material: Material, front: FrontMatter, asked: str, comparison: Comparison | None
) -> CompareBy:
    """How the answer to each input file is compared; `asked`: the statement of a function."""
    checker = None if front.checker is None else material.folder / front.checker
    where = f"{material.name}: "
    own = comparison or make_comparison(front.compare, front.tolerance, checker, where)
    if own is None and material.compare_by is not None:
        return material.compare_by
    own = own or (any_order(asked) if asked else None) or Comparison()
    return lambda _: own


def _heading(statement: str) -> str:
    """The first Markdown heading of the first level; "" if there is none."""
    lines = statement.splitlines()
    return next((line[2:].strip(" #") for line in lines if line.startswith("# ")), "")
