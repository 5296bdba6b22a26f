"""Tree: wider or deeper, as draws from what is believed of every prefix decide.

AB-MCTS-A of Inoue et al., "Wider or Deeper?" (2025, arXiv 2503.04412), for programs that are
written function by function: a node is a prefix, and what is learned of it is how the programs
turn out that begin with it.
"""

from collections.abc import Sequence
from random import Random

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Policy, derive_seed, wave_of
from dreamcode.problems import Problem
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.search.beliefs import believe
from dreamcode.search.evidence import Evidence
from dreamcode.search.findings import find_out
from dreamcode.search.search import OnPrune, SearchOptions
from dreamcode.search.waves import write_in_waves, write_programs


class Node:
    """A prefix that programs were written from.

    Args:
        draft: the prefix.
        reward: its reward; None if unknown.

    Attributes:
        draft: the prefix.
        belief: how well programs that begin with it turn out.
        wider: how well those do whose next step is new here.
        deeper: how well those do that go on from a child.
        children: the prefixes that are a step longer, by the text of that step.
    """

    def __init__(self, draft: Draft, reward: float | None) -> None:
        self.draft = draft
        self.belief = believe(reward)
        self.wider = believe(reward)
        self.deeper = believe(reward)
        self.children: dict[str, Node] = {}


async def tree(
    problem: Problem,
    policy: Policy,
    reward: RewardModel,
    options: SearchOptions,
    on_prune: OnPrune,
    evidence: Evidence | None = None,
) -> list[Draft]:
    """Writes `options.n` programs at most, each the rest of a prefix; returns them all."""
    root = Node(Draft(), None)
    paths: dict[int, list[Node]] = {}  # from the root to where a program was begun, by number
    written: dict[int, Draft] = {}

    async def learn() -> None:
        """Takes the last wave into account."""
        found = await find_out(problem, reward, evidence, [*written.values()])
        findings = dict(zip(written, found, strict=True))
        for number, path in paths.items():
            finding = findings.get(number)
            outcome = 0.0 if finding is None else finding.outcome  # it came to no program
            back_up(path, outcome)
            if finding is not None:
                hang(path[-1], finding.draft, finding.rewards, outcome)

    async def write(wave: range) -> list[Draft]:
        await learn()
        paths.clear()
        for number in wave:
            random = Random(derive_seed(options.seed, problem.id, "tree", number))
            paths[number] = descend(root, random)
        starts = {number: path[-1].draft for number, path in paths.items()}
        written.clear()
        written.update(await write_programs(problem, policy, options, starts, on_prune))
        return [*written.values()]

    size = options.wave or wave_of(policy)
    return await write_in_waves(options.n, size, write, evidence)


def descend(root: Node, random: Random) -> list[Node]:
    """The nodes from the root to the one that gets a new child, by Thompson sampling."""
    path = [root]
    while (node := path[-1]).children:
        if node.wider.draw(random) >= node.deeper.draw(random):
            break
        path.append(max(node.children.values(), key=lambda one: one.belief.draw(random)))
    return path


def back_up(path: Sequence[Node], outcome: float) -> None:
    """Tells the nodes above a new program how it turned out."""
    for node in path:
        node.belief.learn(outcome)
    for node in path[:-1]:
        node.deeper.learn(outcome)
    path[-1].wider.learn(outcome)


def hang(node: Node, draft: Draft, rewards: StepRewards, outcome: float) -> None:
    """Hangs the prefixes of a new program below the node that it was begun at."""
    for length in range(len(node.draft.proposals) + 1, len(draft.proposals)):
        text = draft.steps[length - 1]
        if text not in node.children:
            node.children[text] = Node(Draft(draft.proposals[:length]), rewards[length - 1])
        node = node.children[text]
        node.belief.learn(outcome)
        node.wider.learn(outcome)
