from dataclasses import replace

import pytest

from dreamcode.choosing import Select
from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.problems import Problem
from dreamcode.results import Grade, Program
from dreamcode.rewards.likelihood import Likelihood, score_draft
from dreamcode.search.ranking import count_votes, find_leaders, rank
from dreamcode.search.selection import merge_duplicates
from dreamcode_sandbox.verdicts import Verdict
from tests.search.programs import (
    DOUBLE,
    GUARD,
    MAIN,
    READ,
    RIGHT,
    RIGHT_RENAMED,
    UNGUARDED,
    WRONG,
)

UNGUARDED_DOUBLE = "def double(n):\n    return 2 * n\n"


def draft(source: str, logprob: float | None = -1.0) -> Draft:
    return Draft((Proposal(source, Ending.PROGRAM, 10, logprob, 10),))


def program(
    name: str,
    copies: int,
    reward: float | None,
    passed: int,
    logprob: float | None = -1.0,
) -> Program:
    verdict = Verdict.ACCEPTED if passed == 3 else Verdict.WRONG_ANSWER
    return Program((name,), copies, logprob, (reward,), reward, Grade(verdict, passed, 3))


def test_programs_that_differ_in_names_and_comments_only_are_one() -> None:
    merged = merge_duplicates(DOUBLE, [draft(RIGHT), draft(WRONG), draft(RIGHT_RENAMED)])
    assert [(first.source, found.copies) for first, found in merged] == [(RIGHT, 2), (WRONG, 1)]


def test_a_program_that_forgot_to_call_main_is_closed() -> None:
    [(_, found)] = merge_duplicates(DOUBLE, [draft(UNGUARDED)])
    assert found.text == UNGUARDED + GUARD
    assert len(found.steps) == 1


def test_functions_that_the_tests_call_keep_their_names() -> None:
    problem = Problem("f", "f", "", function="f")
    programs = ["def f(x):\n    return x\n", "def g(x):\n    return x\n"]
    assert len(merge_duplicates(problem, [draft(text) for text in programs])) == 2


def test_a_policy_that_had_nothing_to_say_is_no_candidate() -> None:
    assert merge_duplicates(DOUBLE, [draft(""), draft("\n\n")]) == []


def recombined(*origins: int) -> Draft:
    steps = (MAIN, READ, UNGUARDED_DOUBLE)
    endings = (Ending.STEP, Ending.STEP, Ending.PROGRAM)
    made = zip(steps, endings, origins, strict=True)
    return Draft(tuple(Proposal(text, end, 1, origin=origin) for text, end, origin in made))


def test_a_program_knows_which_sampled_program_each_function_came_from() -> None:
    [(_, found)] = merge_duplicates(DOUBLE, [recombined(2, 1, 3)])
    assert found.steps[2] == UNGUARDED_DOUBLE + GUARD
    assert found.origins == (2, 1, 3)


@pytest.mark.parametrize("origin", [0, 4])
def test_a_program_of_one_piece_has_no_origins(origin: int) -> None:
    [(_, found)] = merge_duplicates(DOUBLE, [recombined(origin, origin, origin)])
    assert found.origins == ()


def test_tests_decide_first_then_reward_then_copies_then_likelihood() -> None:
    few = program("few", 9, 0.9, 1)
    unlikely = program("unlikely", 1, 0.2, 2)
    likely = program("likely", 1, 0.7, 2)
    likelier = program("likelier", 1, 0.7, 2, -0.5)
    silent = program("silent", 1, 0.7, 2, None)
    common = program("common", 3, 0.7, 2)
    unknown = program("unknown", 9, None, 2, None)
    ranked = rank([few, silent, unknown, unlikely, likely, common, likelier], "reward")
    assert [one.text for one in ranked] == [
        "common", "likelier", "likely", "silent", "unlikely", "unknown", "few",
    ]  # fmt: skip


def alike(one: Program, behaviour: str | None) -> Program:
    return replace(one, behaviour=behaviour)


def test_programs_that_behave_alike_vote_for_each_other() -> None:
    alone = alike(program("alone", 1, 0.9, 3), "a")
    two, other = (alike(program(name, 1, 0.5, 3), "b") for name in ("two", "other"))
    failing = [alike(program(name, 1, 0.8, 3), None) for name in ("fails", "fails too")]
    voted = count_votes([alone, two, other, *failing])
    assert [one.vote for one in voted] == [0.9, 1.0, 1.0, 0.8, 0.8]  # to fail is not to agree
    assert [one.text for one in rank(voted, "vote")][:3] == ["two", "other", "alone"]
    assert [one.text for one in rank(voted, "reward")][:2] == ["alone", "fails"]


def test_copies_vote_too_and_without_rewards_all_weigh_the_same() -> None:
    common = alike(program("common", 3, 0.2, 3), "a")
    likely = alike(program("likely", 1, 0.7, 3), "b")
    assert [one.vote for one in count_votes([common, likely])] == [pytest.approx(0.6), 0.7]
    assert [one.vote for one in count_votes([common, likely], "majority")] == [3, 1]
    unrated = [replace(one, reward=None) for one in (common, likely)]
    assert [one.vote for one in count_votes(unrated)] == [3, 1]


@pytest.mark.parametrize(
    ("select", "first"),
    [("vote", "c"), ("majority", "b"), ("reward", "a"), ("likelihood", "d"), ("tests", "b")],
)
def test_every_choice_goes_by_its_own_evidence_behind_the_tests(select: Select, first: str) -> None:
    failing = replace(program("few", 9, 0.9, 1, -0.01), vote=99)
    programs = [
        failing,
        alike(program("a", 1, 0.6, 3), "one"),
        alike(program("b", 3, 0.1, 3), "two"),
        alike(program("c", 1, 0.5, 3), "three"),
        alike(program("c2", 1, 0.4, 3), "three"),
        alike(program("d", 1, 0.2, 3, -0.1), "four"),
    ]
    voted = count_votes(find_leaders(programs), select)
    assert rank([failing, *voted], select)[0].text == first
    assert rank([failing, *voted], select)[-1].text == "few"


def test_leaders_pass_the_most_tests_and_compile() -> None:
    broken = replace(program("broken", 1, 0.9, 0), public=Grade(Verdict.COMPILE_ERROR, 0, 3))
    assert find_leaders([broken]) == []
    zero = program("zero", 1, 0.9, 0)
    assert find_leaders([broken, zero]) == [zero]
    two = program("two", 1, 0.1, 2)
    assert find_leaders([zero, two, broken]) == [two]


async def test_likelihood_scores_every_prefix_and_admits_what_it_does_not_know() -> None:
    steps = Draft(
        (Proposal("a", Ending.STEP, 2, -2.0, 2), Proposal("b", Ending.PROGRAM, 2, -4.0, 1))
    )
    rewards, unknown = await Likelihood().score(DOUBLE, [steps, draft(RIGHT, None)])
    assert unknown == (None,)
    assert [round(reward, 6) for reward in rewards] == [0.367879, 0.135335]  # e^-1, e^-2
    assert score_draft(Draft()) == ()
