"""The search tree, drawn from a journal's records as they come."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from dreamcode.chain.parse import heads
from dreamcode.codec import decode
from dreamcode.inputs.written import is_generator
from dreamcode.policies.draft import cut_into_steps
from dreamcode.policies.policy import Answer, Ending, Proposal
from dreamcode.results import Grade
from dreamcode.rewards.aggregation import Aggregation, aggregate
from dreamcode.rewards.reward import StepRewards
from dreamcode.runs.journal import Record
from dreamcode.search.search import Pruning
from dreamcode.search.selection import finish_program, identify
from dreamcode_sandbox.cases import Report


@dataclass(slots=True)
class Node:
    """One step at its place in the tree; equal texts are one node.

    Attributes:
        source: the program's text up to and including this step.
        name: the step's function.
        samples: how many samples came here.
        likelihood: geometric mean of this step's token probabilities; None if unknown.
        reward: this step's reward; None if nothing scored it.
        chain_reward: the rewards up to this step as one number; None if unknown.
        pruned: why samples that came here were dropped, one reason per sample.
        ending: how the step ended.
        public: what the public tests said of the finished program.
        children: the steps that follow.
    """

    source: str = ""
    name: str = ""
    samples: int = 0
    likelihood: float | None = None
    reward: float | None = None
    chain_reward: float | None = None
    pruned: list[str] = field(default_factory=list)
    ending: Ending = Ending.STEP
    public: Grade | None = None
    children: list["Node"] = field(default_factory=list)

    @property
    def dropped(self) -> str | None:
        """Why nothing grows from here any more; None while a sample is left that may.

        Where samples fell for several reasons it is the last one that tells: all but one of
        those with the same text are duplicates.
        """
        if not self.pruned or len(self.pruned) < self.samples:
            return None
        telling = [reason for reason in self.pruned if reason != Pruning.DUPLICATE]
        return (telling or self.pruned)[-1]


class Trace:
    """The tree of one search and its counters. Feed it records; read its attributes.

    Attributes:
        root: stands for the empty program.
        tokens: completion tokens so far.
        calls: policy calls so far.
        dollars: what they cost, as far as prices are known.
        programs: distinct programs that ran.
    """

    def __init__(self, function: str | None = None) -> None:
        self.root = Node()
        self.tokens = 0
        self.calls = 0
        self.dollars = 0.0
        self.programs = 0
        self._nodes = {"": self.root}
        self._function = function
        self._finished: dict[str, list[Node]] = {}
        self._grades: dict[str, Grade] = {}

    def feed(self, record: Record) -> None:
        """Takes in one journal record; kinds it does not know are left out."""
        asked = record.asked
        if record.kind == "write":
            answer = decode(Answer, record.answer)
            self.tokens += answer.usage.completion_tokens
            self.calls += answer.usage.calls
            self.dollars += answer.usage.dollars or 0.0
            if is_generator(asked.get("problem", "")):
                return
            place = asked["prefix"]
            whole = asked["until"] != "step"
            steps = cut_into_steps(answer.proposal, place) if whole else (answer.proposal,)
            for step in steps:
                self._grow(place, step)
                place += step.text
        elif record.kind == "run":
            self._mark(asked["program"], decode(Report, record.answer))
        elif record.kind == "score":
            self._score(asked["steps"], decode(StepRewards, record.answer), asked["aggregation"])
        elif record.kind == "prune":
            node = self._nodes.get("".join(asked["steps"]))
            if node is not None:
                node.pruned.append(asked["reason"])

    def _grow(self, prefix: str, step: Proposal) -> None:
        parent = self._nodes.setdefault(prefix, Node(prefix))
        source = prefix + step.text
        node = self._nodes.get(source)
        if node is None or node is parent:  # an empty step only ends its parent
            node = self._add(parent, source, step.text)
            node.ending = step.ending
            if step.logprob is not None and step.scored_tokens:
                node.likelihood = math.exp(step.logprob / step.scored_tokens)
        node.samples += 1
        if step.ending is Ending.PROGRAM:
            form = identify(finish_program(source, self._function), self._function)
            self._finished.setdefault(form, []).append(node)
            node.public = self._grades.get(form)

    def _add(self, parent: Node, source: str, text: str) -> Node:
        begun = len(source) - len(text)
        names = (head.name for head in heads(source) if head.line >= begun and head.name)
        node = Node(source, next(names, "…"))
        parent.children.append(node)
        self._nodes.setdefault(source, node)
        return node

    def _mark(self, program: str, report: Report) -> None:
        self.programs += 1
        form = identify(program, self._function)
        grade = self._grades[form] = Grade(report.verdict, report.passed, report.tests)
        for node in self._finished.get(form, ()):
            node.public = grade

    def _score(self, steps: Sequence[str], rewards: StepRewards, aggregation: Aggregation) -> None:
        source = ""
        for length, step in enumerate(steps, start=1):
            source += step
            node = self._nodes.get(source)
            if node is not None:
                node.reward = rewards[length - 1]
                node.chain_reward = aggregate(aggregation, rewards[:length])
