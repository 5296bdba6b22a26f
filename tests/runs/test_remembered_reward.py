"""Rewards from the journal are those that were given, and only for what was asked."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from dreamcode.policies.draft import Draft
from dreamcode.policies.policy import Ending
from dreamcode.problems import Problem
from dreamcode.rewards.checkpoint import PrmConfig
from dreamcode.rewards.hf import load_hf
from dreamcode.rewards.likelihood import Likelihood
from dreamcode.rewards.reward import StepRewards
from dreamcode.runs.journal import Journal, Record
from dreamcode.runs.remembered import RememberedReward
from tests.rewards.checkpoints import PROBLEMS, draft, prefix, save, tiny_model, variants

torch.set_num_threads(1)
PROBLEM = PROBLEMS[0]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return save(tmp_path / "model", tiny_model(), PrmConfig(aggregation="min"))


def open_journal(tmp_path: Path) -> tuple[Journal, list[Record]]:
    journal = Journal(tmp_path / "journal.jsonl")
    heard: list[Record] = []
    journal.listen(heard.append)
    return journal, heard


async def score(
    model_folder: Path, journal: Journal, drafts: Sequence[Draft], problem: Problem = PROBLEM
) -> tuple[list[StepRewards], int]:
    """The rewards, and the tokens that a fresh model needed for them."""
    model = load_hf(str(model_folder))
    found = await RememberedReward(model, journal).score(problem, drafts)
    return found, model.work.tokens


async def test_a_resumed_run_scores_nothing_twice(tmp_path: Path, folder: Path) -> None:
    journal, heard = open_journal(tmp_path)
    drafts = [*variants(), draft()]  # the first and the last are the same
    first, tokens = await score(folder, journal, drafts)
    assert tokens > 0
    assert len(heard) == len(variants())
    record = heard[0]
    assert record.kind == "score"
    assert record.asked["model"] == f"hf/{folder}"
    assert record.asked["steps"] == list(draft().steps)
    assert record.answer == list(first[0])
    assert record.asked["aggregation"] == "min"
    journal.close()

    journal, _ = open_journal(tmp_path)
    again, tokens = await score(folder, journal, drafts)
    assert tokens == 0
    assert again == first
    mixed, tokens = await score(folder, journal, [draft(), prefix(draft(), 1)])
    assert tokens > 0
    assert mixed[0] == first[0]
    assert mixed[1] == pytest.approx(first[0][:1], abs=1e-5)


async def test_other_questions_are_asked_anew(tmp_path: Path, folder: Path) -> None:
    journal, _ = open_journal(tmp_path)
    await score(folder, journal, [draft()])
    last = draft().proposals[-1]
    unfinished = Draft((*draft().proposals[:-1], replace(last, ending=Ending.LENGTH)))
    other = replace(PROBLEM, statement=PROBLEM.statement + "Now.")
    for drafts, problem in [
        ([unfinished], PROBLEM),
        ([draft()], other),
        ([draft()], replace(PROBLEM, id="else")),
        ([draft()], replace(PROBLEM, starter_code="x")),
    ]:
        assert (await score(folder, journal, drafts, problem))[1] > 0
    model = tiny_model()
    with torch.no_grad():
        model.score.bias += 1
    save(folder, model, PrmConfig(aggregation="min"))
    assert (await score(folder, journal, [draft()]))[1] > 0


async def test_likelihood_depends_on_what_the_policy_said(tmp_path: Path) -> None:
    journal, heard = open_journal(tmp_path)
    reward = RememberedReward(Likelihood(), journal)
    [step] = draft("main()\n").proposals
    sure = Draft((replace(step, logprob=-1.0, scored_tokens=2),))
    unsure = Draft((replace(step, logprob=-4.0, scored_tokens=2),))
    found = await reward.score(PROBLEM, [sure, unsure, Draft((step,))])
    assert found == await Likelihood().score(PROBLEM, [sure, unsure, Draft((step,))])
    assert len({str(rewards) for rewards in found}) == 3
    assert len(heard) == 3


async def test_records_tell_where_a_recombined_program_comes_from(tmp_path: Path) -> None:
    journal, heard = open_journal(tmp_path)
    reward = RememberedReward(Likelihood(), journal)
    whole = draft()
    first, *rest = whole.proposals
    recombined = Draft((replace(first, origin=2), *(replace(one, origin=1) for one in rest)))
    await reward.score(PROBLEM, [recombined])
    assert heard[0].asked["origins"] == [2, *[1] * len(rest)]
    await reward.score(PROBLEM, [whole])  # which is the same question
    assert heard[1] == heard[0]
    await reward.score(PROBLEM, [prefix(recombined, 2)])
    assert "origins" not in heard[2].asked
