"""A problem's result with its search tree, as JSON values: what `show --json` and the page hold."""

from dataclasses import asdict
from typing import Any

from dreamcode.policies.policy import Ending
from dreamcode.results import REASONS, Result, describe_result
from dreamcode.rewards.falls import find_fall
from dreamcode.runs.branches import Branch, list_branches
from dreamcode.runs.trace import Node, Trace
from dreamcode.search.limits import describe_limit
from dreamcode.search.selection import finish_program, identify

Json = dict[str, Any]


def describe_problem(result: Result, trace: Trace) -> Json:
    """The result with its search, and with the step of each program where the reward falls.

    Returns:
        See `describe_result` and docs/results.md for `falls`, and for `tree`, the search as
        branches, each with the places of those that follow; the first one is the root's.
    """
    places = _Places(result)
    tree = [_describe_branch(branch, places) for branch in list_branches(trace.root)]
    falls = [find_fall(program.rewards, result.reward_model) for program in result.programs]
    return describe_result(result) | {"falls": falls, "tree": tree}


def list_facts(result: Result) -> list[tuple[str, str]]:
    """What is known of a problem beside its text, in pairs for people."""
    spent, date = result.spent, result.contest_date
    finished = sum(program.copies for program in result.programs)
    graded = any(program.grade for program in result.programs)
    facts = {
        "difficulty": result.difficulty,
        "platform": result.platform,
        "contest": result.contest_id,
        "date": f"{date:%Y-%m-%d}" if date else "",
        "samples": str(result.samples),
        "allowed": str(result.allowed) if result.allowed > result.samples else "",
        "enough, since": REASONS.get(result.stopped or "", ""),
        "failed": str(len(result.failures)) if result.failures else "",
        "finished": str(finished),
        "distinct": str(len(result.programs)),
        "right samples": str(sum(result.graded)) if graded else "",
        "tokens written": f"{spent.completion_tokens:,}" if spent.calls else "",
        "tokens read": f"{spent.prompt_tokens:,}" if spent.calls else "",
        "calls": f"{spent.calls:,}" if spent.calls else "",
        "seconds": f"{result.seconds:,.1f}" if result.seconds else "",
        "limit that was reached": describe_limit(result.exhausted or ""),
        "hint": result.advice,
        "checker": result.fault,
    }
    return [(name, value) for name, value in facts.items() if value]


class _Places:
    """Which of a problem's programs a finished branch became."""

    def __init__(self, result: Result) -> None:
        self._function = result.function
        self._texts = {program.text: place for place, program in enumerate(result.programs)}
        self._forms: dict[str, int] = {}

    def find(self, node: Node) -> int | None:
        """The program's place; None if the branch ended without one."""
        if node.ending is not Ending.PROGRAM:
            return None
        text = finish_program(node.source, self._function)
        if text in self._texts:
            return self._texts[text]
        if not self._forms:  # as a rule there are few copies, and forms take time
            self._forms = {self._identify(own): place for own, place in self._texts.items()}
        return self._forms.get(self._identify(text))

    def _identify(self, text: str) -> str:
        return identify(text, self._function)


def _describe_branch(branch: Branch, places: _Places) -> Json:
    last = branch.nodes[-1] if branch.nodes else None
    return {
        "steps": [
            {
                "name": node.name,
                "text": text,
                "likelihood": node.likelihood,
                "reward": node.reward,
                "falls": node.falls,
                "origin": node.origin,
            }
            for node, text in zip(branch.nodes, branch.texts, strict=True)
        ],
        "samples": last.samples if last else 0,
        "sample": last.sample if last else 0,
        "recombined": last is not None and last.recombined,
        "mark": asdict(branch.mark) if branch.mark else None,
        "program": places.find(last) if last else None,
        "children": list(branch.children),
    }
