"""When enough programs are written, as a real search with a real sandbox finds out."""

import math
from dataclasses import replace
from pathlib import Path

import pytest

from dreamcode.choosing import Choosing, Select, Stop
from dreamcode.inputs.written import is_generator
from dreamcode.policies.policy import Policy
from dreamcode.problems import Problem
from dreamcode.results import Result, describe_result
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.rewards.none import NoReward
from dreamcode.rewards.reward import RewardModel, StepRewards
from dreamcode.runs.journal import Journal, read_records
from dreamcode.runs.trace import Trace
from dreamcode.search.limits import Limits
from dreamcode.search.search import SearchOptions
from dreamcode.search.search_names import SEARCHES
from dreamcode.search.stopping import chance_ahead
from dreamcode.solver import solve
from dreamcode_sandbox.cases import Sandbox, StdinTest
from tests.policies.copyist import Copyist
from tests.search.planted import Table
from tests.search.programs import DOUBLE, GUARD, MAIN, ONE_STEP, READ, RIGHT, WRONG

UNTESTED = replace(DOUBLE, public_tests=())
SUM = MAIN + READ + "def double(number):\n    return sum([number] * 2)\n" + GUARD
ALWAYS_FOUR = MAIN + READ + "def double(number):\n    return 4 if number == 2 else 10\n" + GUARD
CRASH = MAIN + READ + "def double(number):\n    return number[0]\n" + GUARD


class Rated(Table):
    """Rewards by what the program says, which are chances."""

    calibrated = True

    def __init__(self, rewards: dict[str, float]) -> None:
        super().__init__({})
        self._known = rewards

    async def score(self, problem, drafts):  # type: ignore[no-untyped-def]
        self.scored += [draft.source for draft in drafts]
        return [self._rate(draft.source, len(draft.steps)) for draft in drafts]

    def _rate(self, source: str, steps: int) -> StepRewards:
        reward = next((known for text, known in self._known.items() if text in source), 0.1)
        return (reward,) * steps


async def run(
    sandbox: Sandbox,
    policy: Policy,
    reward: RewardModel,
    problem: Problem = DOUBLE,
    *,
    journal: Journal | None = None,
    limits: Limits = Limits(),
    wave: int | None = 1,
    n: int = 12,
    public_tests: bool = True,
    choosing: Choosing = Choosing(),
) -> Result:
    options = SearchOptions(n=n, wave=wave, grain="program")
    return await solve(
        problem, policy, reward, sandbox, options=options, limits=limits, journal=journal,
        public_tests=public_tests, choosing=choosing,
    )  # fmt: skip


async def test_a_program_that_passes_with_a_high_reward_is_enough(sandbox: Sandbox) -> None:
    policy = Copyist([RIGHT, WRONG, SUM])
    reward = Rated({"2 * number": 0.2, "sum(": 0.6, "number ** 2": 0.9})
    result = await run(sandbox, policy, reward)
    assert (result.stopped, result.allowed) == ("reward", 12)
    assert result.samples == len(policy.requests) < 12
    assert result.best is not None
    assert result.best.text == SUM
    assert result.accepted
    assert not result.independent  # what came decided how many there are


async def test_how_high_is_said(sandbox: Sandbox) -> None:
    async def written(stop_reward: float) -> int:
        reward = Rated({"2 * number": 0.2, "sum(": 0.6, "number ** 2": 0.9})
        choosing = Choosing(stop_reward=stop_reward)
        policy = Copyist([RIGHT, WRONG, SUM])
        return (await run(sandbox, policy, reward, choosing=choosing)).samples

    low, middle, high = [await written(stop_reward) for stop_reward in (0.0, 0.5, 0.7)]
    assert low <= middle < high == 12


async def test_without_tests_the_votes_of_those_that_behave_alike_are_enough(
    sandbox: Sandbox,
) -> None:
    policy = Copyist([RIGHT, SUM, WRONG])
    reward = Rated({"2 * number": 0.5, "sum(": 0.5, "number ** 2": 0.6})
    result = await run(sandbox, policy, reward, public_tests=False)
    assert result.stopped == "votes"
    best = result.best
    assert best is not None
    assert best.vote is not None
    assert best.vote >= 1.5
    assert sum(one.copies for one in result.programs if one.behaviour == best.behaviour) == 3


@pytest.mark.parametrize("reward", [Likelihood(), NoReward()])
async def test_without_calibrated_rewards_two_that_agree_are_enough(
    sandbox: Sandbox, reward: RewardModel
) -> None:
    policy = Copyist([RIGHT, WRONG, SUM, ALWAYS_FOUR])
    result = await run(sandbox, policy, reward)
    assert result.stopped == "agreement"
    assert result.best is not None
    alike = [one for one in result.programs if one.behaviour == result.best.behaviour]
    assert sum(one.copies for one in alike) == 2
    more = await run(sandbox, Copyist([RIGHT, WRONG, SUM, ALWAYS_FOUR]), reward,
                     choosing=Choosing(agree=4))  # fmt: skip
    assert more.samples > result.samples


async def test_what_a_problem_gives_is_there_wherever_programs_run(sandbox: Sandbox) -> None:
    problem = replace(DOUBLE, given="def twice(number):\n    return number * 2\n")
    borrowed = RIGHT.replace("2 * number", "twice(number)")
    result = await run(sandbox, Copyist([borrowed, SUM]), NoReward(), problem)
    assert result.stopped == "agreement"
    assert result.accepted
    again = await run(sandbox, Copyist([borrowed, SUM]), NoReward(), problem, public_tests=False)
    assert (again.stopped, again.samples) == ("lead", 3)
    assert len({one.behaviour for one in again.programs} - {None}) == 1


async def test_to_pass_the_tests_in_different_ways_is_not_to_agree(sandbox: Sandbox) -> None:
    odd = [
        RIGHT.replace("2 * number", f"2 * number if number in (2, 5) else {extra}")
        for extra in range(12)
    ]  # fmt: skip
    result = await run(sandbox, Copyist(odd), NoReward(), n=6)
    found = [one.copies for one in result.programs]
    assert result.stopped is None or max(found) > 1
    assert all(one.public is not None and one.public.accepted for one in result.programs)
    behaviours = [one.behaviour for one in result.programs]
    assert len(set(behaviours)) == len(behaviours)


async def test_without_tests_a_class_must_lead_by_more_than_chance(sandbox: Sandbox) -> None:
    sure = await run(sandbox, Copyist([RIGHT, SUM]), NoReward(), public_tests=False)
    assert (sure.stopped, sure.samples) == ("lead", 3)
    assert sure.ranked
    mixed = await run(sandbox, Copyist([RIGHT, WRONG]), NoReward(), public_tests=False)
    assert mixed.samples > 3


async def test_to_fail_alike_is_not_to_agree(sandbox: Sandbox) -> None:
    crashes = [CRASH.replace("[0]", f"[{place}]") for place in range(30)]
    result = await run(sandbox, Copyist(crashes), NoReward(), n=6, public_tests=False)
    assert result.stopped is None
    assert {one.behaviour for one in result.programs} == {None}


async def test_without_anything_to_compare_on_only_copies_agree(sandbox: Sandbox) -> None:
    result = await run(sandbox, Copyist([RIGHT, SUM, WRONG]), NoReward(), UNTESTED,
                       choosing=Choosing(source="mutated"))  # fmt: skip
    assert {one.behaviour for one in result.programs} == {None}
    assert not result.ranked


async def test_never_writes_all_and_selects_as_it_is_told(sandbox: Sandbox) -> None:
    reward = Rated({"2 * number": 0.3, "sum(": 0.3, "ALWAYS": 0, "== 2": 0.5})

    async def best(select: Select, wave: int | None = None) -> str:
        policy = Copyist([RIGHT, SUM, ALWAYS_FOUR])
        choosing = Choosing(select, "never")
        result = await run(sandbox, policy, reward, wave=wave, choosing=choosing)
        assert (result.samples, result.stopped, result.independent) == (12, None, True)
        assert len(policy.calls) == (12 // wave if wave else 1)
        assert result.best is not None
        return result.best.text

    assert await best("reward") == ALWAYS_FOUR
    assert await best("vote") in (RIGHT, SUM)
    assert await best("vote", wave=2) in (RIGHT, SUM)
    assert await best("majority") in (RIGHT, SUM)


@pytest.mark.parametrize("wave", [1, 2, 5, 100])
async def test_programs_are_written_in_waves(sandbox: Sandbox, wave: int) -> None:
    policy = Copyist([WRONG])
    result = await run(sandbox, policy, Rated({}), wave=wave)
    assert [len(call) for call in policy.calls] == [wave] * (12 // wave) + [12 % wave] * (
        12 % wave > 0
    )
    assert (result.samples, result.stopped) == (12, None)


async def test_a_policy_says_how_many_it_writes_best_at_once(sandbox: Sandbox) -> None:
    class Server(Copyist):
        wave = 4

    policy = Server([RIGHT])
    result = await run(sandbox, policy, Rated({"2 *": 0.9}), wave=None)
    assert (result.samples, [len(call) for call in policy.calls]) == (4, [4])
    assert (await run(sandbox, Copyist([RIGHT]), Rated({"2 *": 0.9}), wave=None)).samples == 1


@pytest.mark.parametrize(
    ("limits", "name"),
    [(Limits(calls=3), "calls"), (Limits(tokens=60), "tokens"), (Limits(seconds=0.0), "seconds")],
)
async def test_a_limit_is_a_normal_end_with_what_there_is(
    sandbox: Sandbox, limits: Limits, name: str
) -> None:
    result = await run(sandbox, Copyist([WRONG]), Rated({}), limits=limits)
    assert result.exhausted == name
    assert result.stopped is None
    assert (result.best is None) == (name == "seconds")
    assert limits.tokens is None or result.spent.completion_tokens <= limits.tokens


@pytest.mark.parametrize("name", ["beam", "diverse-beam"])
async def test_other_searches_go_on_to_their_own_end(sandbox: Sandbox, name: str) -> None:
    search, options = SEARCHES[name], SearchOptions(n=4)
    reward = Rated({"2 * number": 0.9})
    result = await solve(DOUBLE, Copyist([RIGHT, WRONG]), reward, sandbox, search, options)
    assert (result.stopped, result.allowed) == (None, 0)


async def test_a_search_of_ones_own_may_ask_or_not(sandbox: Sandbox) -> None:
    async def asking(problem, policy, reward, options, on_prune, evidence=None):  # type: ignore[no-untyped-def]
        drafts = await SEARCHES["best-of-n"].search(problem, policy, reward, options, on_prune)
        assert await evidence.suffices(drafts, options.n)
        return drafts

    async def plain(problem, policy, reward, options, on_prune):  # type: ignore[no-untyped-def]
        return await SEARCHES["best-of-n"].search(problem, policy, reward, options, on_prune)

    for search, stopped in ((asking, "reward"), (plain, None)):
        reward = Rated({"2 * number": 0.9})
        result = await solve(DOUBLE, Copyist([RIGHT]), reward, sandbox, search, SearchOptions(n=3))
        assert (result.stopped, result.accepted) == (stopped, True)


@pytest.mark.parametrize("public_tests", [True, False])
@pytest.mark.parametrize("stop", ["reward", "agreement"])
async def test_resumed_at_any_record_it_comes_to_the_same_result(
    sandbox: Sandbox, tmp_path: Path, stop: Stop, public_tests: bool
) -> None:
    async def attempt(path: Path) -> tuple[Result, Copyist]:
        policy = Copyist([WRONG, RIGHT, SUM, ALWAYS_FOUR, ONE_STEP])
        reward = Rated({"2 * number": 0.2, "sum(": 0.25, "number ** 2": 0.9, "* 2)": 0.7})
        journal = Journal(path)
        try:
            result = await run(
                sandbox, policy, reward, journal=journal, wave=2,
                public_tests=public_tests, choosing=Choosing(stop=stop, agree=3),
            )  # fmt: skip
        finally:
            journal.close()
        return replace(result, seconds=0.0), policy

    whole, _ = await attempt(tmp_path / "whole.jsonl")
    lines = (tmp_path / "whole.jsonl").read_bytes().splitlines(keepends=True)
    for number in range(len(lines) + 1):
        path = tmp_path / f"cut-{number}.jsonl"
        path.write_bytes(b"".join(lines[:number]))
        again, policy = await attempt(path)
        shown, expected = ({**describe_result(one), "seconds": 0} for one in (again, whole))
        # CPU seconds of what ran once more are others; so are calls, where part of one is there.
        for one in (shown, expected):
            one["spent"] = one["spent"]["completion_tokens"]
        for one in (*shown["programs"], *expected["programs"]):
            one["outcomes"] = [outcome["verdict"] for outcome in one["outcomes"]]
        assert shown == expected
        written = sum(b'"kind": "write"' in line for line in lines[:number])
        assert len(policy.requests) == whole.samples - written
        keys = [line.split(b'"key": "')[1][:32] for line in path.read_bytes().splitlines()]
        assert len(set(keys)) == len(keys) == len(lines)


async def test_a_problem_whose_samples_are_odd_is_solved_all_the_same(sandbox: Sandbox) -> None:
    silent = replace(DOUBLE, public_tests=(StdinTest("", "0\n"), StdinTest("\n", "0\n")))
    zero = "def main():\n    print(0)\n" + GUARD
    result = await run(sandbox, Copyist([zero]), NoReward(), silent)
    assert result.accepted


def test_the_chance_to_be_ahead_is_that_of_a_beta_distribution() -> None:
    beta = pytest.importorskip("scipy.stats").beta
    for first, second in ((0, 0), (1, 0), (3, 0), (5, 1), (7, 7), (40, 30), (3_000, 2_900)):
        expected = float(beta.sf(0.5, first + 1, second + 1))
        assert math.isclose(chance_ahead(first, second), expected, rel_tol=1e-6)


async def test_without_samples_the_policy_writes_a_generator_that_counts_but_is_no_program(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async def attempt() -> tuple[Result, Copyist]:
        policy = Copyist([RIGHT, SUM])  # which prints numbers, as a generator does
        journal = Journal(tmp_path / "journal.jsonl")
        try:
            return await run(sandbox, policy, NoReward(), UNTESTED, journal=journal), policy
        finally:
            journal.close()

    result, policy = await attempt()
    asked = [request for request in policy.requests if is_generator(request.problem.id)]
    assert len(asked) == 1
    assert result.stopped == "lead"
    assert result.ranked
    assert None not in {one.behaviour for one in result.programs}
    trace = Trace()
    for record in read_records(tmp_path / "journal.jsonl")[0]:
        trace.feed(record)
    assert trace.tokens == result.spent.completion_tokens
    assert sum(child.samples for child in trace.root.children) == result.samples
    again, unasked = await attempt()
    assert replace(again, seconds=0) == replace(result, seconds=0)
    assert unasked.requests == []


async def test_a_limit_may_leave_no_room_for_a_generator(sandbox: Sandbox) -> None:
    limits = Limits(calls=2)
    result = await run(sandbox, Copyist([RIGHT]), NoReward(), UNTESTED, limits=limits, n=2)
    assert result.best is not None
    assert {one.behaviour for one in result.programs} <= {None, result.best.behaviour}


async def test_under_a_limit_programs_are_finished_one_by_one(sandbox: Sandbox) -> None:
    result = await solve(
        DOUBLE, Copyist([RIGHT]), Rated({}), sandbox, options=SearchOptions(n=40),
        limits=Limits(tokens=100), choosing=Choosing(stop="never"),
    )  # fmt: skip
    assert result.exhausted == "tokens"
    assert result.best is not None
