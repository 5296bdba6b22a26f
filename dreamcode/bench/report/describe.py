"""A problem with its search tree and its programs as JSON values, each text kept once."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from dreamcode.bench.report.branches import Branch, list_branches, mark_grade, mark_report
from dreamcode.bench.report.views import ProblemView, ProgramView
from dreamcode.chain.parse import parse
from dreamcode.policies.policy import Ending
from dreamcode.runs.trace import Node, Trace
from dreamcode.search.selection import finish_program, identify
from dreamcode_sandbox.cases import Report, StdinTest, Test
from dreamcode_sandbox.verdicts import Verdict

Json = dict[str, Any]

SHORT = 400
"""Characters of a test's text that are kept; a page may hold those of a thousand problems."""


def describe_problem(problem: ProblemView, trace: Trace) -> Json:
    """All that a page shows of a problem.

    Returns:
        `id`, `title`, `statement`, `starter_code`, `ranked`; `facts`: pairs of text; `steps`: the
        distinct steps, each with its `name` and `text`, which all else names by their places;
        `tree`: branches (see `list_branches`), each with `steps` as triples of place, score and
        whose score it is, `samples`, `mark`, `program` (the place of that which ends there) and
        `children`; `programs`, best first.
    """
    steps = _Steps()
    branches = list_branches(trace.root)
    places = _Places(problem)
    reports = _find_reports(branches)
    return {
        "id": problem.id,
        "title": problem.title,
        "statement": problem.statement,
        "starter_code": problem.starter_code,
        "ranked": problem.ranked,
        "facts": list_facts(problem),
        "tree": [_describe_branch(branch, steps, places) for branch in branches],
        "programs": [
            _describe_program(program, steps, problem, reports) for program in problem.programs
        ],
        "steps": steps.described,
    }


def list_facts(problem: ProblemView) -> list[tuple[str, str]]:
    """What is known of a problem beside its text, in pairs for people."""
    spent, date = problem.spent, problem.contest_date
    finished = sum(program.copies for program in problem.programs)
    facts = {
        "difficulty": problem.difficulty,
        "platform": problem.platform,
        "contest": problem.contest_id,
        "date": f"{date:%Y-%m-%d}" if date else "",
        "samples": "" if problem.samples is None else str(problem.samples),
        "finished": str(finished),
        "distinct": str(len(problem.programs)),
        "right samples": str(problem.right) if problem.samples is not None else "",
        "tokens written": f"{spent.completion_tokens:,}" if spent else "",
        "tokens read": f"{spent.prompt_tokens:,}" if spent else "",
        "calls": f"{spent.calls:,}" if spent else "",
        "seconds": "" if problem.seconds is None else f"{problem.seconds:,.1f}",
        "budget that ran out": problem.exhausted or "",
    }
    return [(name, value) for name, value in facts.items() if value]


def find_reports(trace: Trace) -> dict[str, Report]:
    """What the public tests said, by the text of the finished steps."""
    return _find_reports(list_branches(trace.root))


def describe_tests(report: Report | None, tests: Sequence[Test]) -> list[Json]:
    """What the public tests did, with their texts where they failed."""
    described = []
    for number, result in enumerate(report.results if report else ()):
        one: Json = {"verdict": result.verdict, "seconds": round(result.cpu_seconds, 3)}
        if result.verdict is not Verdict.ACCEPTED:
            got = result.output or result.error.strip().rpartition("\n")[2]
            one["got"] = _shorten(got)
            if number < len(tests):
                one |= _describe_test(tests[number])
        described.append(one)
    return described


class _Steps:
    """The distinct texts of steps, in order of appearance."""

    def __init__(self) -> None:
        self.described: list[Json] = []
        self._places: dict[str, int] = {}

    def place(self, text: str, name: str | None = None) -> int:
        """Where a step's text stands; it is added if it is new."""
        if text not in self._places:
            self._places[text] = len(self.described)
            if name is None:
                name = next((step.name for step in parse(text).steps if step.name), "…")
            self.described.append({"name": name, "text": text})
        return self._places[text]


class _Places:
    """Which of a problem's programs a finished branch became."""

    def __init__(self, problem: ProblemView) -> None:
        self._function = problem.function
        self._sources = {"".join(own.steps): n for n, own in enumerate(problem.programs)}
        self._programs = problem.programs
        self._forms: dict[str, int] = {}

    def find(self, node: Node) -> int | None:
        """The program's place; None if the branch ended without one."""
        if node.ending is not Ending.PROGRAM:
            return None
        if node.source in self._sources:
            return self._sources[node.source]
        if not self._forms:  # as a rule there are few copies, and forms take time
            self._forms = {self._identify(own.program): n for n, own in enumerate(self._programs)}
        return self._forms.get(self._identify(finish_program(node.source, self._function)))

    def _identify(self, program: str) -> str:
        return identify(program, self._function)


def _find_reports(branches: Sequence[Branch]) -> dict[str, Report]:
    return {node.source: node.report for one in branches for node in one.nodes if node.report}


def _describe_branch(branch: Branch, steps: _Steps, places: _Places) -> Json:
    described = []
    for node, text in zip(branch.nodes, branch.texts, strict=True):
        score = node.likelihood if node.reward is None else node.reward
        whose = "likelihood" if node.reward is None else "reward"
        described.append([steps.place(text, node.name), _short(score), whose])
    last = branch.nodes[-1] if branch.nodes else None
    return {
        "steps": described,
        "samples": last.samples if last else 0,
        "mark": asdict(branch.mark) if branch.mark else None,
        "program": places.find(last) if last else None,
        "children": branch.children,
    }


def _describe_program(
    program: ProgramView, steps: _Steps, problem: ProblemView, reports: Mapping[str, Report]
) -> Json:
    texts = program.steps or tuple(step.source for step in parse(program.program).steps)
    public = program.public
    return {
        # The text only where joining the steps does not give it.
        "text": None if program.program == "".join(texts) else program.program,
        "steps": [steps.place(text) for text in texts],
        "rewards": [_short(reward) for reward in program.rewards],
        "reward": _short(program.reward),
        "copies": program.copies,
        "mean_logprob": _short(program.mean_logprob),
        "public": asdict(mark_report(public, program.public_passed, program.public_tests))
        if public
        else None,
        "hidden": asdict(mark_grade(program.grade)) if program.grade else None,
        "tests": describe_tests(reports.get("".join(texts)), problem.tests),
    }


def _describe_test(test: Test) -> Json:
    if isinstance(test, StdinTest):
        return {"input": _shorten(test.input), "expected": _shorten(test.output)}
    arguments = ", ".join(map(repr, test.arguments))
    call = f"{test.function}({arguments})"
    return {"input": _shorten(call), "expected": _shorten(repr(test.output))}


def _shorten(text: str) -> str:
    text = text.rstrip()
    return text if len(text) <= SHORT else text[: SHORT - 1] + "…"


def _short(value: float | None) -> float | None:
    """Rounded; None where it is no number, for which JSON has no word."""
    return round(value, 4) if value is not None and math.isfinite(value) else None
