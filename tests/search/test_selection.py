from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending, Proposal
from dreamcode.problems import Problem
from dreamcode.rewards.likelihood import Likelihood, score_draft
from dreamcode.search.selection import Candidate, merge_duplicates, rank
from dreamcode_sandbox.cases import Report, TestResult
from dreamcode_sandbox.verdicts import Verdict
from tests.search.programs import DOUBLE, GUARD, RIGHT, RIGHT_RENAMED, UNGUARDED, WRONG


def draft(source: str, logprob: float | None = -1.0) -> Draft:
    return Draft((Proposal(source, Ending.PROGRAM, 10, logprob, 10),))


def report(passed: int, tests: int = 3) -> Report:
    results = tuple(
        TestResult(Verdict.ACCEPTED if index < passed else Verdict.WRONG_ANSWER)
        for index in range(tests)
    )
    verdict = Verdict.ACCEPTED if passed == tests else Verdict.WRONG_ANSWER
    return Report(verdict, results, tests)


def test_programs_that_differ_in_names_and_comments_only_are_one() -> None:
    merged = merge_duplicates(DOUBLE, [draft(RIGHT), draft(WRONG), draft(RIGHT_RENAMED)])
    assert [(first.source, copies) for first, _, copies in merged] == [(RIGHT, 2), (WRONG, 1)]


def test_a_program_that_forgot_to_call_main_is_closed() -> None:
    [(_, program, _)] = merge_duplicates(DOUBLE, [draft(UNGUARDED)])
    assert program == UNGUARDED + GUARD


def test_functions_that_the_tests_call_keep_their_names() -> None:
    problem = Problem("f", "f", "", function="f")
    programs = ["def f(x):\n    return x\n", "def g(x):\n    return x\n"]
    assert len(merge_duplicates(problem, [draft(text) for text in programs])) == 2


def test_a_policy_that_had_nothing_to_say_is_no_candidate() -> None:
    assert merge_duplicates(DOUBLE, [draft(""), draft("\n\n")]) == []


def test_tests_decide_first_then_reward_then_copies_then_likelihood() -> None:
    few = Candidate("few", draft("few"), 9, (0.9,), 0.9, report(1))
    unlikely = Candidate("unlikely", draft("unlikely"), 1, (0.9, 0.2), 0.2, report(2))
    likely = Candidate("likely", draft("likely"), 1, (0.1, 0.7), 0.7, report(2))
    likelier = Candidate("likelier", draft("likelier", -0.5), 1, (0.7,), 0.7, report(2))
    silent = Candidate("silent", draft("silent", None), 1, (0.7,), 0.7, report(2))
    common = Candidate("common", draft("common"), 3, (0.7,), 0.7, report(2))
    unknown = Candidate("unknown", draft("unknown", None), 9, (0.9, None), None, report(2))
    ranked = rank([few, silent, unknown, unlikely, likely, common, likelier])
    assert [candidate.program for candidate in ranked] == [
        "common", "likelier", "likely", "silent", "unlikely", "unknown", "few",
    ]  # fmt: skip


async def test_likelihood_scores_every_prefix_and_admits_what_it_does_not_know() -> None:
    steps = Draft(
        (Proposal("a", Ending.STEP, 2, -2.0, 2), Proposal("b", Ending.PROGRAM, 2, -4.0, 1))
    )
    rewards, unknown = await Likelihood().score(DOUBLE, [steps, draft(RIGHT, None)])
    assert unknown == (None,)
    assert [round(reward, 6) for reward in rewards] == [0.367879, 0.135335]  # e^-1, e^-2
    assert score_draft(Draft()) == ()
