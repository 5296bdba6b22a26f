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
from dreamcode.rewards.falls import find_fall
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
        aggregate: the rewards up to this step as one number, in words such as "product 0.12";
            "" where it is that of the step, or unknown.
        falls: whether this is the function with which the reward falls, see `find_fall`.
        sample: number of the sampled program that ends here; 0 where that is not known.
        origin: in a program put together from several samples, that which this step's text
            came from; 0 elsewhere.
        recombined: whether the program that ends here was put together from several.
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
    aggregate: str = ""
    falls: bool = False
    sample: int = 0
    origin: int = 0
    recombined: bool = False
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
        reward_model: who gave the rewards; "" while nobody has.
        aggregation: how it makes one number of a chain's rewards.
    """

    def __init__(self, function: str | None = None) -> None:
        self.root = Node()
        self.tokens = 0
        self.calls = 0
        self.dollars = 0.0
        self.programs = 0
        self.reward_model = ""
        self.aggregation: Aggregation = "last"
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
            rewards = decode(StepRewards, record.answer)
            if any(reward is not None for reward in rewards):
                self.reward_model, self.aggregation = asked["model"], asked["aggregation"]
            self._place(asked["steps"], asked.get("origins", ()))
            self._score(asked["steps"], rewards)
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
            self._finish(node)

    def _finish(self, node: Node) -> None:
        """Keeps the node for what the public tests say, or have said, of its program."""
        form = identify(finish_program(node.source, self._function), self._function)
        self._finished.setdefault(form, []).append(node)
        node.public = self._grades.get(form)

    def _place(self, steps: Sequence[str], origins: Sequence[int]) -> None:
        """Adds what no sample wrote: a finished program whose steps are from several."""
        node, source = self.root, ""
        for text, origin in zip(steps, origins, strict=False):
            source += text
            parent, known = node, self._nodes.get(source)
            node = self._add(parent, source, text) if known is None else known
            if known is None:
                node.origin = origin
        if not origins:
            return
        recombined = len(set(origins)) > 1
        if recombined and node.ending is not Ending.PROGRAM:
            node.ending, node.recombined = Ending.PROGRAM, True
            self._finish(node)
        elif not recombined:
            node.sample = node.sample or origins[0]

    def _add(self, parent: Node, source: str, text: str) -> Node:
        node = Node(source, name_step(source, text))
        parent.children.append(node)
        self._nodes.setdefault(source, node)
        return node

    def _mark(self, program: str, report: Report) -> None:
        self.programs += 1
        form = identify(program, self._function)
        grade = self._grades[form] = Grade(report.verdict, report.passed, report.tests)
        for node in self._finished.get(form, ()):
            node.public = grade

    def _score(self, steps: Sequence[str], rewards: StepRewards) -> None:
        fall = find_fall(rewards, self.reward_model)
        source = ""
        for place, step in enumerate(steps):
            source += step
            node = self._nodes.get(source)
            if node is not None:
                node.reward = rewards[place]
                node.aggregate = self._aggregate(rewards[: place + 1])
                node.falls = place == fall

    def _aggregate(self, rewards: StepRewards) -> str:
        whole = aggregate(self.aggregation, rewards)
        if whole is None or self.aggregation == "last":
            return ""
        return f"{self.aggregation} {whole:.2f}"


def name_step(source: str, text: str) -> str:
    """The function that `text`, the end of `source`, begins; "…" where it begins none."""
    begun = len(source) - len(text)
    names = (head.name for head in heads(source) if head.line >= begun and head.name)
    return next(names, "…")
